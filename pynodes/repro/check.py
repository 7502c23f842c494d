"""Run a case, name what was seen, and compare that with what is expected."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pynodes import printable
from pynodes.diagnose.guard import guarded_folder
from pynodes.host.follow import run
from pynodes.host.judge import judge
from pynodes.host.seen import Seen
from pynodes.model.job import Job
from pynodes.model.verdict import Verdict
from pynodes.process.stall import StallWatch
from pynodes.repro.catalog import Case, Expectation, Program

LIMIT_S = 20.0
UNTIL_SEEN_MAX = 40

_DUMP_S = 0.3
_STRESS = re.compile(rb"^stress: (.+)$", re.MULTILINE)
_LEFT = re.compile(rb"^left: (.+)$", re.MULTILINE)
_FATAL = re.compile(rb"Fatal Python error: (?!Fatal )(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Setting:
    """How a case is run; the odds of most faults depend on it."""

    threads: int = 4
    fixed: bool = False
    stress: bool = False
    size: str = "48x32"
    order: str = "hilbert"
    limit_s: float = LIMIT_S

    def arguments(self) -> list[str]:
        words = ["-t", str(self.threads), "--size", self.size, "--order", self.order]
        words += ["--fixed"] * self.fixed + ["--stress"] * self.stress
        return words


@dataclass(frozen=True, slots=True)
class RightRun:
    """What the right way makes and leaves: its picture, and counts by name (see `left_of`)."""

    picture: bytes
    left: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One run: its verdict, why, and what the program said."""

    verdict: Verdict
    text: str
    seconds: float
    tail: bytes = b""


def interval(hits: int, runs: int) -> tuple[float, float]:
    """Wilson's interval (95 %) for the rate of something seen `hits` times in `runs`."""
    if runs == 0:
        return 0.0, 1.0
    z = 1.959964
    rate = hits / runs
    centre = rate + z * z / (2 * runs)
    spread = z * math.sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs))
    scale = 1 + z * z / runs
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@dataclass(slots=True)
class Tally:
    """The runs of one case on one Python."""

    case: Case
    program: Program
    setting: Setting
    expectation: Expectation
    outcomes: list[RunOutcome] = field(default_factory=list)

    @property
    def runs(self) -> int:
        return len(self.outcomes)

    @property
    def counts(self) -> Counter[Verdict]:
        return Counter(outcome.verdict for outcome in self.outcomes)

    @property
    def hits(self) -> int:
        """Runs with a verdict that was expected."""
        wanted = (Verdict.OK,) if self.setting.fixed else self.expectation.verdicts
        return sum(self.counts[verdict] for verdict in wanted)

    @property
    def seen(self) -> str:
        """`crash 3, ok 1`."""
        return ", ".join(f"{verdict} {n}" for verdict, n in self.counts.most_common())

    @property
    def command(self) -> str:
        """The command line of a run, to paste."""
        return printable.command(command_of(self.case, self.program, self.setting))

    @property
    def rate(self) -> tuple[float, float]:
        return interval(self.hits, self.runs)

    @property
    def as_expected(self) -> bool:
        """Every run when it shows always; else at least one, and none that shows anything else."""
        if self.setting.fixed or self.expectation.always:
            return self.hits == self.runs > 0
        return self.hits > 0 and self.hits + self.counts[Verdict.OK] == self.runs

    @property
    def stress(self) -> str:
        """What the program said it does to raise the odds; empty when it said nothing."""
        said = (_STRESS.search(outcome.tail) for outcome in self.outcomes)
        return next((found[1].decode("utf-8", "replace") for found in said if found), "")

    @property
    def first_bad(self) -> RunOutcome | None:
        return next(
            (outcome for outcome in self.outcomes if outcome.verdict is not Verdict.OK), None
        )


class Runner:
    """Runs cases on one program, and keeps the reference pictures while it lasts."""

    def __init__(self, program: Program, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._references: dict[tuple[str, str], RightRun] = {}

    def tally(
        self, case: Case, setting: Setting, times: int, *, until_seen: bool = False
    ) -> Tally | None:
        """Run a case several times; None when it does not exist on this Python.

        With `until_seen` the runs end with the first that is not `ok` (`times` is the most).
        """
        expectation = case.expect(self._program.python)
        if expectation is None or not case.runs:
            return None
        tally = Tally(case, self._program, setting, expectation)
        for _ in range(times):
            outcome = self.run_once(case, setting)
            tally.outcomes.append(outcome)
            if until_seen and outcome.verdict is not Verdict.OK:
                break
        return tally

    def run_once(self, case: Case, setting: Setting) -> RunOutcome:
        """Run a case once and name what was seen. A Ctrl-C ends it: KeyboardInterrupt."""
        reference = self._reference(case, setting)
        if isinstance(reference, RunOutcome):
            return reference
        seen, picture = self._run(case, setting)
        return _name(case, setting, seen, picture, reference)

    def _reference(self, case: Case, setting: Setting) -> RightRun | RunOutcome:
        """The run of the right way on one thread; no picture for a case that makes none.

        When that does not end well there is nothing to compare with: then a outcome that says so.
        """
        key = (case.name, setting.size)
        if key not in self._references:
            alone = replace(setting, threads=1, fixed=True, stress=False, order="scanline")
            seen, picture = self._run(case, alone)
            found = RightRun(picture, left_of(seen.tail))
            outcome = _name(case, alone, seen, picture, found)
            if outcome.verdict is not Verdict.OK:
                text = f"the right way on one thread ended as {outcome.verdict}: {outcome.text}"
                return replace(outcome, verdict=Verdict.CANNOT_START, text=text)
            self._references[key] = found
        return self._references[key]

    def _run(self, case: Case, setting: Setting) -> tuple[Seen, bytes]:
        out = self._folder / "picture.npy"
        out.unlink(missing_ok=True)
        seen = run(
            [*command_of(case, self._program, setting), "--out", str(out)],
            limit_s=setting.limit_s,
            watch=StallWatch(),
            dump_s=_DUMP_S,
        )
        if seen.interrupts or seen.ended_by is not None:
            raise KeyboardInterrupt
        return seen, out.read_bytes() if out.exists() else b""


def command_of(case: Case, program: Program, setting: Setting) -> list[str]:
    return [str(program.path), case.name, *setting.arguments()]


@contextmanager
def runner(program: Program) -> Iterator[Runner]:
    """A runner with a folder for pictures that goes away with it, as do all programs it started."""
    with guarded_folder() as (folder, guard):
        os.environ |= guard.program  # which programs hand on to what they fork
        try:
            yield Runner(program, folder)
        finally:
            for name in guard.program:
                del os.environ[name]


def left_of(tail: bytes) -> dict[str, int]:
    """What a run said it left undropped before Python's end, by name; empty when it did not count.

    It says `left: thread states 1, nodes 0`: the counts of all that lives then, so that some of it
    is right. What a right run leaves is what to compare with.
    """
    found = _LEFT.findall(tail)
    if not found:
        return {}
    pairs = (
        part.strip().rpartition(" ") for part in found[-1].decode("utf-8", "replace").split(",")
    )
    return {name: int(number) for name, _, number in pairs if number.isdecimal()}


def _name(
    case: Case, setting: Setting, seen: Seen, picture: bytes, reference: RightRun
) -> RunOutcome:
    """The verdict on a run: how it ended, then what it said, the pixels, and what it left."""
    judged = judge(seen, Job(Path(case.name), threads=setting.threads, engine="shared"))
    verdict, text = judged.verdict, judged.text
    fatal = _FATAL.search(seen.tail)
    if fatal is not None:
        text = fatal[1].decode("utf-8", "replace")
    if verdict is Verdict.OK and case.says and case.says.encode() not in seen.tail:
        verdict, text = Verdict.WRONG_MESSAGE, f"it never said: {case.says}"
    elif verdict is Verdict.OK and picture != reference.picture:
        verdict, text = Verdict.WRONG_IMAGE, _difference(picture, reference.picture)
    elif verdict is Verdict.OK and (more := _more(left_of(seen.tail), reference.left)):
        verdict, text = Verdict.LEAK, more
    elif verdict is Verdict.NODE_ERROR and seen.errors:
        text = seen.errors[-1].what
    return RunOutcome(verdict, text, seen.wall_ns / 1e9, seen.tail)


def _more(left: Mapping[str, int], right: Mapping[str, int]) -> str:
    """What a run left more of than a right one; empty when nothing."""
    more = [
        f"{name} left: {number}, a right run leaves {right.get(name, 0)}"
        for name, number in left.items()
        if number > right.get(name, 0)
    ]
    return "; ".join(more)


def _difference(picture: bytes, reference: bytes) -> str:
    """How many pixels differ; both are NPY files of four floats a pixel."""
    if len(picture) != len(reference):
        return "no picture, or one of another size"
    head = 10 + int.from_bytes(reference[8:10], "little")  # NPY 1.0: magic, version, this length
    places = range(head, len(reference), 16)
    wrong = sum(picture[at : at + 16] != reference[at : at + 16] for at in places)
    total = len(places)
    return f"{wrong} of {total} pixels differ from the right picture"
