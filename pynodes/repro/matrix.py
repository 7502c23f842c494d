"""All cases on several Pythons, as a page of the documentation."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import platform
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill

from pynodes.errors import CannotStartError
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import Case, Program, PythonBuild
from pynodes.repro.check import Setting, Sight, Tally, bench
from pynodes.words import plural

HEAD = """# Faults

Known mistakes in embedding Python, each with its cure. `pynodes repro show CASE` shows the wrong
lines, `pynodes repro run CASE` runs it, `pynodes repro export CASE DIR` makes a C file of it that
depends on nothing but CPython. The cases are in [host/fault](../host/fault), one wrong order or
pairing of calls a file; `pynodes-host` contains none of them.

By itself a case runs as `pynodes-fault CASE [--fixed] [-t N] [--stress]`, also under gdb or a
sanitizer; `--core` lets a crash leave a core file, `--help` tells the rest. CASE may be the number
of a case, counted from 1 in the order of `--list`: then nothing in the command line tells which.
"""


@dataclass(slots=True)
class Row:
    """One case: what was seen on each Python, broken and fixed."""

    case: Case
    broken: dict[str, Tally] = field(default_factory=dict)
    fixed: dict[str, Tally] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether Pythons showed different verdicts."""
        return len({frozenset(tally.counts) for tally in self.broken.values()}) > 1


@dataclass(frozen=True, slots=True)
class Work:
    """One case to be run on one Python, so often in each setting."""

    program: Program
    case: Case
    wanted: tuple[tuple[Setting, int], ...]

    def measure(self) -> list[Tally]:
        with bench(self.program) as at:
            tallies = [at.tally(self.case, setting, many) for setting, many in self.wanted]
        return [tally for tally in tallies if tally is not None]


def measured(lanes: Sequence[Sequence[Work]], jobs: int) -> Iterator[list[Tally]]:
    """What each piece of work came to, as it comes: a lane in its order, `jobs` lanes at once."""
    if jobs == 1:
        yield from (work.measure() for lane in lanes for work in lane)
        return
    waiting = iter([iter(lane) for lane in lanes])
    running: dict[Future[list[Tally]], Iterator[Work]] = {}
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))

    def begin(lane: Iterator[Work] | None) -> None:
        while lane is not None:
            work = next(lane, None)
            if work is not None:
                running[pool.submit(work.measure)] = lane
                return
            lane = next(waiting, None)

    try:
        for _ in range(jobs):
            begin(next(waiting, None))
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                lane = running.pop(future)
                yield future.result()
                begin(lane)
    finally:
        pool.shutdown(cancel_futures=True)


class Results:
    """What was measured, in a file, so that a long matrix can be broken off and gone on with.

    An entry counts for one case on one Python, broken or fixed, at the table's present expectation.
    Several matrices may share the file: each adds what it has measured to what stands there.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._found = self._read()

    def _read(self) -> dict[str, dict[str, int]]:
        if self._path is None or not self._path.exists():
            return {}
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
            return {key: {Verdict(v): int(n) for v, n in found[key].items()} for key in found}
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise CannotStartError(
                f"the results in {self._path} are not understood: {error}",
                mend="name another file, or remove this one",
            ) from None

    def get(self, case: Case, program: Program, setting: Setting, runs: int) -> Tally | None:
        """The tally of an earlier matrix, when it has that many runs."""
        verdicts = self._found.get(self._key(case, program, setting), {})
        expectation = case.expect(program.python)
        if expectation is None or sum(verdicts.values()) < runs:
            return None
        sights = [Sight(Verdict(v), "", 0.0) for v, n in verdicts.items() for _ in range(n)]
        return Tally(case, program, setting, expectation, sights)

    def put(self, tally: Tally) -> None:
        key = self._key(tally.case, tally.program, tally.setting)
        own = {str(verdict): n for verdict, n in tally.counts.items()}
        if self._path is None:
            self._found[key] = own
            return
        try:
            with _locked(self._path.parent):
                self._found = {**self._read(), key: own}
                fresh = self._path.with_name(f".{self._path.name}.{os.getpid()}")
                fresh.write_text(json.dumps(self._found, indent=1), encoding="utf-8")
                fresh.replace(self._path)
        except OSError as error:
            raise CannotStartError(
                f"cannot write {self._path}: {error.strerror or error}", mend="name another file"
            ) from None

    @staticmethod
    def _key(case: Case, program: Program, setting: Setting) -> str:
        way = "fixed" if setting.fixed else "broken"
        return f"{case.name} {program.python.version} {way}"


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone in a folder, among those that ask."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def unexplained(rows: Sequence[Row]) -> list[str]:
    """Cases that differ between Pythons and do not say why."""
    return [row.case.name for row in rows if row.differs and not row.case.note]


def page(rows: Sequence[Row], pythons: Sequence[PythonBuild], date: str, command: str) -> str:
    """The page, from head to end."""
    lines = [*_measured(rows, pythons, date, command), "", *_groups(rows)]
    return "\n".join([HEAD, *map(_wrapped, lines)]).rstrip() + "\n"


def _wrapped(line: str) -> str:
    """Prose at the width of the other pages; tables as they are."""
    indent = "  " if line.startswith("- ") else ""
    if line.startswith("|") or not line:
        return line
    return fill(line, 100, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def _measured(
    rows: Sequence[Row], pythons: Sequence[PythonBuild], date: str, command: str
) -> Iterator[str]:
    labels = [python.label for python in pythons]
    yield "## Seen"
    yield ""
    yield (
        f"Measured on {date}, on {plural(len(os.sched_getaffinity(0)), 'core')}"
        f" ({platform.machine()}), with Python {', '.join(python.version for python in pythons)},"
        " 4 threads, 48x32 pixels. A cell gives the verdicts of the broken way with their number of"
        " runs; `fixed` counts the runs of the right way that were `ok`, of all Pythons. A hang is"
        " found by evidence: for a second every thread waits for another one. A `leak` too: before"
        " Python ends the program counts thread states, nodes and exceptions, and more of them are"
        " left than by the right way."
    )
    yield ""
    yield f"Runs of each case: {_runs(rows, labels)}."
    yield ""
    yield f"This page was written by `{command}`."
    yield ""
    yield f"| case | {' | '.join(labels)} | fixed | where Pythons differ |"
    yield "|---|" + "---|" * (len(labels) + 2)
    for row in rows:
        cells = [_cell(row.broken.get(label)) for label in labels]
        good = sum(tally.hits for tally in row.fixed.values())
        runs = sum(tally.runs for tally in row.fixed.values())
        line = f"| [{row.case.name}](#{row.case.name}) | {' | '.join(cells)} | {good}/{runs}"
        yield f"{line} | {row.case.note if row.differs else ''} |"
    unexpected = [
        f"{row.case.name} on {label}"
        for row in rows
        for label, tally in [*row.broken.items(), *row.fixed.items()]
        if not tally.as_expected
    ]
    yield ""
    yield (
        f"Not as expected: {', '.join(dict.fromkeys(unexpected))}."
        if unexpected
        else "Everything was as expected."
    )
    if unexplained(rows):
        yield ""
        yield f"Not yet explained where they differ: {', '.join(unexplained(rows))}."


def _runs(rows: Sequence[Row], labels: Sequence[str]) -> str:
    """How often the broken way was run on each Python, and the right one."""
    return ", ".join(
        f"{label}: {_span(row.broken.get(label) for row in rows)} broken"
        f" and {_span(row.fixed.get(label) for row in rows)} right"
        for label in labels
    )


def _span(tallies: Iterable[Tally | None]) -> str:
    runs = [tally.runs for tally in tallies if tally is not None]
    low, high = min(runs, default=0), max(runs, default=0)
    return str(low) if low == high else f"{low} to {high}"


def _cell(tally: Tally | None) -> str:
    if tally is None:
        return "-"
    return ", ".join(f"{verdict} {n}" for verdict, n in tally.counts.most_common())


def _groups(rows: Sequence[Row]) -> Iterator[str]:
    for group in dict.fromkeys(row.case.group for row in rows):
        yield f"## {group.replace('-', ' ').capitalize()}"
        yield ""
        for row in rows:
            if row.case.group == group:
                yield from _case(row)


def _case(row: Row) -> Iterator[str]:
    case = row.case
    yield f"### {case.name}"
    yield ""
    yield case.story
    yield ""
    yield f"- Met in: {case.origin}."
    yield f"- Cure: {case.cure}."
    if case.note and not row.differs:
        yield f"- Where Pythons differ, or may: {case.note}"
    if case.says:
        yield f"- A right run says: `{case.says}`"
    yield f"- Source: [{case.source_name}](../host/fault/{case.source_name})"
    yield ""
