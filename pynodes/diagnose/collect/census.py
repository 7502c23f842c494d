"""Which programs ran under the witness, with which Python, and how each ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pynodes import printable
from pynodes.diagnose.collect.mapped import MappedFile, View
from pynodes.diagnose.collect.python_state import version_name

_BETWEEN = "\x1f"  # words of a command


@dataclass
class Program:
    """A program that ran, with the children of fork that went on with it.

    Attributes:
        python: the version; empty where none was loaded.
        saw_python: Python was started; or one was loaded whose calls are not seen.
        is_seen: its calls come through the witness; not those of a Python that is linked in.
        threads: those that called Python, `attachments` those of all of them, as far as seen.
        status: None for one that did not end by exit, or was ended.
        pids: of itself and those children.
    """

    pid: int
    command: list[str]
    python: str = ""
    saw_python: bool = False
    threads: int = 0
    attachments: int = 0
    is_seen: bool = True
    status: int | None = None
    signal: str = ""
    pids: set[int] = field(default_factory=set)

    @property
    def name(self) -> str:
        """Its command line, as it would be typed."""
        return printable.command(self.command)

    def as_dict(self) -> dict[str, Any]:
        return {
            "pid": self.pid,
            "command": self.command,
            "python": self.python or None,
            "saw_python": self.saw_python,
            "threads": self.threads,
            "attachments": self.attachments,
            "calls_seen": self.is_seen,
            "status": self.status,
            "signal": self.signal or None,
        }


def programs_of(file: MappedFile) -> list[Program]:
    """Those that the witness was loaded into, in the order of their starts.

    One that ran another program in its place (`exec`) and had no Python is left out.
    """
    page = file.page()
    if page is None:
        return []
    found: dict[int, Program] = {}
    latest: dict[int, int] = {}  # by process
    living = _of_living_threads(page)
    for number, entry in enumerate(page.parts("programs", page.number("begun")), 1):
        pid, of = entry.number("pid"), entry.number("of")
        if not pid:
            continue
        if of in found and of < number:
            found[number] = found[of]
        elif not of:
            before = latest.get(pid, 0)
            if before and found[before].status is None and not found[before].saw_python:
                del found[before]  # it became this one
            latest[pid] = number
            found[number] = Program(pid, _command(entry))
        else:
            continue
        _add(found[number], entry, pid)
        found[number].attachments += living.get(number, 0)
    return list({id(each): each for each in found.values()}.values())


def _of_living_threads(page: View) -> dict[int, int]:
    """How often those attached that were alive at the end, by the number of their program."""
    counts: dict[int, int] = {}
    for slot in page.parts("slots", page.number("used")):
        number = slot.number("program")
        counts[number] = counts.get(number, 0) + slot.number("attaches")
    return counts


def _command(entry: View) -> list[str]:
    return entry.text("command", errors="surrogateescape").split(_BETWEEN)


def _add(program: Program, entry: View, pid: int) -> None:
    program.pids.add(pid)
    version = entry.number("version")
    is_past = bool(version) and not entry.number("sees") and not entry.number("started")
    program.is_seen = program.is_seen and not is_past
    program.saw_python = program.saw_python or bool(entry.number("started")) or is_past
    if version:
        program.python = program.python or version_name(version)
    program.threads += entry.number("threads")
    program.attachments += entry.number("attaches")
    if entry.number("ended") and pid == program.pid:
        program.status = entry.number("status") & 0xFF
