"""Run all cases on several Pythons, and keep what was measured."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pynodes import files, outputs
from pynodes.errands.errand import Bench, Errand, Office, Place, Spot
from pynodes.errors import CannotStartError, needed
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import Case, Program, load_cases
from pynodes.repro.check import RunOutcome, Setting, Tally, runner
from pynodes.repro.page import Row, page, unexplained


@dataclass(frozen=True)
class Work(Errand[list[Tally]]):
    """One case to be run on one Python, so often in each setting."""

    label: str
    program: Program
    case: Case
    wanted: tuple[tuple[Setting, int], ...]

    def do(self, bench: Bench) -> list[Tally]:
        return self.measure()

    def measure(self) -> list[Tally]:
        with runner(self.program) as at:
            tallies = [at.tally(self.case, setting, many) for setting, many in self.wanted]
        return [tally for tally in tallies if tally is not None]

    def without_workers(self, died: Sequence[str]) -> list[Tally]:
        """What is seen when all who ran it died: a crash, once, with their names."""
        text = f"{len(died)} workers died while they ran it: {', '.join(died)}"
        seen = [RunOutcome(Verdict.CRASH, text, 0.0)]
        expectation = self.case.expect(self.program.python)
        assert expectation is not None
        return [
            Tally(self.case, self.program, setting, expectation, seen) for setting, _ in self.wanted
        ]

    @property
    def in_settings(self) -> Iterator[Work]:
        """The same, one setting at a time."""
        for each in self.wanted:
            yield Work(self.label, self.program, self.case, (each,))


class _All(Office):
    """Hands out all pieces of work, one setting of a case at a time."""

    def __init__(self, lanes: Sequence[Sequence[Work]]) -> None:
        works = (work for lane in lanes for work in lane)
        self._left = deque(each for work in works for each in work.in_settings)

    def next(self, spot: Spot) -> Work | None:
        return self._left.popleft() if self._left else None


def measured_at(lanes: Sequence[Sequence[Work]], place: Place) -> Iterator[list[Tally]]:
    """The result of each piece of work, in each setting, as it comes from a place."""
    for done in place.carry_out(_All(lanes)):
        work = done.errand
        assert isinstance(work, Work)
        yield work.without_workers(done.died) if done.result is None else done.result


def measured(lanes: Sequence[Sequence[Work]], jobs: int) -> Iterator[list[Tally]]:
    """The result of each piece of work as it arrives: a lane in its order, `jobs` lanes at once."""
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
        try:
            if self._path is None or not files.kind_of(self._path):
                return {}
            found = json.loads(files.read(self._path, files.DOCUMENT))
            return {key: {Verdict(v): int(n) for v, n in found[key].items()} for key in found}
        except (OSError, ValueError, LookupError, AttributeError, TypeError) as error:
            raise CannotStartError(
                f"the results in {self._path} are not understood: {error}",
                help="name another file, or remove this one",
            ) from None

    def get(self, case: Case, program: Program, setting: Setting, runs: int) -> Tally | None:
        """The tally of an earlier matrix, when it has that many runs."""
        verdicts = self._found.get(self._key(case, program, setting), {})
        expectation = case.expect(program.python)
        if expectation is None or sum(verdicts.values()) < runs:
            return None
        outcomes = [RunOutcome(Verdict(v), "", 0.0) for v, n in verdicts.items() for _ in range(n)]
        return Tally(case, program, setting, expectation, outcomes)

    def put(self, tally: Tally) -> None:
        key = self._key(tally.case, tally.program, tally.setting)
        own = {str(verdict): n for verdict, n in tally.counts.items()}
        if self._path is None:
            self._found[key] = own
            return
        help = "name another file"
        with needed(f"cannot write {self._path}", help=help), _locked(self._path.parent):
            self._found = {**self._read(), key: own}
            outputs.write(self._path, [json.dumps(self._found, indent=1)])

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


class Matrix:
    """All cases on some programs, each so often in each setting.

    Args:
        results: what is known already, and where what is measured is kept.
        shown: called with each tally, known or measured.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        settings: Sequence[tuple[Setting, int]],
        results: Results,
        shown: Callable[[Tally], None],
    ) -> None:
        self._programs = sorted(programs, key=lambda program: program.python)
        self._results = results
        self._shown = shown
        self._rows: dict[str, Row] = {}
        self._lanes = [list(self._work(program, settings)) for program in self._programs]
        self._left = {
            program.python: sum(len(work.wanted) for work in lane)
            for program, lane in zip(self._programs, self._lanes, strict=True)
        }

    def _work(self, program: Program, settings: Sequence[tuple[Setting, int]]) -> Iterator[Work]:
        """What is not known yet of one program."""
        for case in load_cases(program).values():
            self._rows.setdefault(case.name, Row(case))
            wanted = []
            for setting, many in settings:
                tally = self._results.get(case, program, setting, many)
                if tally is not None:
                    self._keep(tally)
                elif case.runs and case.expect(program.python) is not None:
                    wanted.append((setting, many))
            if wanted:
                label = f"{case.name} on Python {program.python.label}"
                yield Work(label, program, case, tuple(wanted))

    def _keep(self, tally: Tally) -> None:
        row = self._rows[tally.case.name]
        seen = row.fixed if tally.setting.fixed else row.broken
        seen[tally.program.python.label] = tally
        self._shown(tally)

    @property
    def is_complete(self) -> bool:
        """All is known already."""
        return not any(self._left.values())

    def run(self, jobs: int, place: Place | None = None) -> Iterator[None]:
        """Measure what is missing, `jobs` Pythons at once or all at a place; stops by whenever one
        is complete."""
        found = measured(self._lanes, jobs) if place is None else measured_at(self._lanes, place)
        for tallies in found:
            for tally in tallies:
                self._results.put(tally)
                self._keep(tally)
            python = tallies[0].program.python
            self._left[python] -= len(tallies)
            if not self._left[python]:
                yield

    def page(self, command: str) -> str:
        """The page of the Pythons that are complete by now."""
        done = [program.python for program in self._programs if not self._left[program.python]]
        return page(list(self._rows.values()), done, time.strftime("%-d %B %Y"), command)

    @property
    def is_well(self) -> bool:
        """All is as expected, and explained where Pythons differ."""
        seen = [seen for row in self._rows.values() for seen in (row.broken, row.fixed)]
        as_expected = all(tally.as_expected for of_row in seen for tally in of_row.values())
        return as_expected and not unexplained(list(self._rows.values()))
