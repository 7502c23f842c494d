"""What a diagnosis is in one status and one line: for those who look at nothing else."""

from __future__ import annotations

import signal
from enum import IntEnum
from typing import NamedTuple

from pynodes.diagnose.report import Report
from pynodes.errors import EXIT_CANNOT_START
from pynodes.model.verdict import Verdict
from pynodes.words import plural


class Status(IntEnum):
    """Exit statuses of our own; a program that fails by itself has its own."""

    GOOD = 0
    FINDING = 1
    NOT_SEEN = EXIT_CANNOT_START
    CRASH = 4
    LIMIT = 5
    NO_PYTHON = 6


# What each is for, in the order in which they are decided; docs/diagnose.md has the table.
MEANINGS = (
    ("1", "a finding that is not known"),
    ("4", "no finding, and the program or a child of it crashed"),
    ("5", "no finding, and it did not end: at `--limit`, or because it had stopped moving"),
    ("its own", "no finding, and the program failed: its status, 128 and more after a signal"),
    ("3", "nothing could be seen: no process, no core file, no witness in the program"),
    ("6", "no Python was seen"),
    ("0", "nothing to say, and the program ended well"),
    ("2", "the command line is wrong"),
    ("130", "interrupted"),
)


class Result(NamedTuple):
    """The exit status, `text` for the last line, and a word for machines."""

    status: int
    word: str
    text: str
    help: str = ""


def result_of(report: Report) -> Result:
    """A finding, or else how it ended."""
    ending = ending_of(report)
    if not report.findings:
        return ending
    failed = f"; the program's own status is {report.status}" if report.status else ""
    return Result(Status.FINDING, "finding", plural(len(report.findings), "finding") + failed)


def ending_of(report: Report) -> Result:
    """How it ended, findings apart."""
    known = f"; {plural(len(report.known), 'known finding')}" if report.known else ""
    nothing = f"no {'new ' if known else ''}finding{known}"
    if report.verdict is Verdict.CRASH:
        return Result(Status.CRASH, "crash", f"{report.text}; {nothing}")
    if report.verdict is Verdict.HANG:
        return Result(Status.LIMIT, "limit", f"{report.text}; {nothing}")
    if report.status:
        return Result(report.status, "failed", f"the program's own status; {nothing}")
    if report.is_run and report.signal is not None:
        number = 128 + signal.Signals[report.signal]
        return Result(number, "failed", f"{report.text}; {nothing}")
    if not report.collected:
        return Result(Status.NOT_SEEN, "not-seen", report.text)
    by_wish = report.has_unwatched_python and not report.wants_witness
    if not (report.saw_python or by_wish):
        return _without_python(report)
    ended = "the program ended well" if report.is_run else report.subject.looked
    return Result(Status.GOOD, "good", f"{nothing}; {ended}")


def _without_python(report: Report) -> Result:
    if report.has_unwatched_python or (report.is_run and not report.is_watched):
        ran = "Python ran in it" if report.has_unwatched_python else "no Python was seen in it"
        help = "that needs the witness, which setuid and static programs do not load"
        return Result(Status.NOT_SEEN, "not-seen", f"it could not be watched, and {ran}", help)
    help = report.subject.without_python
    return Result(Status.NO_PYTHON, "no-python", "no Python was seen", help)
