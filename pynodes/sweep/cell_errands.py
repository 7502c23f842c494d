"""Runs of a sweep as errands: what is held against, and what is measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pynodes.errands.errand import Bench, Errand
from pynodes.model.verdict import Verdict
from pynodes.store.model import RunDraft, now
from pynodes.sweep.plan import PlannedCell
from pynodes.sweep.subject import InterruptedSweep, ReferenceMade, Subject, SubjectMaker

_SUBJECT = "subject of a sweep"


@dataclass(frozen=True)
class MakeReference(Errand[ReferenceMade]):
    """The reference of a cell; `first` is what came of it before, when it is made again."""

    label: str
    maker: SubjectMaker[Any]
    cell: PlannedCell
    name: str
    first: ReferenceMade | None = None

    def do(self, bench: Bench) -> ReferenceMade:
        with _interruptible():
            return _subject(bench, self.maker).reference(self.cell, self.name)

    def without_workers(self, died: Sequence[str]) -> ReferenceMade:
        """What it is when all who made it died."""
        return ReferenceMade(Verdict.CRASH, (None,), None, ())


@dataclass(frozen=True)
class MeasureCell(Errand[RunDraft]):
    """One run of a cell; round 0 is a warm-up."""

    label: str
    maker: SubjectMaker[Any]
    cell: PlannedCell
    name: str
    round: int
    expected: ReferenceMade | None
    keep_wrong: bool
    traced: bool = False

    def do(self, bench: Bench) -> RunDraft:
        with _interruptible():
            subject = _subject(bench, self.maker)
            kept = {"keep_wrong": self.keep_wrong, "traced": self.traced}
            return subject.run(self.cell, self.name, self.expected, **kept)

    def without_workers(self, died: Sequence[str]) -> RunDraft:
        """What it is when all who made it died: a crash, with their names."""
        text = f"{len(died)} workers died while they made it: {', '.join(died)}"
        return RunDraft(self.round, now(), Verdict.CRASH, text, 0.0, "", ())


@contextmanager
def _interruptible() -> Iterator[None]:
    try:
        yield
    except InterruptedSweep:
        raise KeyboardInterrupt from None


def _subject(bench: Bench, maker: SubjectMaker[Any]) -> Subject[Any]:
    """That of a maker, made once: it keeps what its runs are held against."""
    made_by, subject = bench.things.get(_SUBJECT, (None, None))
    if subject is None or made_by != maker:
        subject = maker.subject(bench)
        bench.things[_SUBJECT] = maker, subject
    found: Subject[Any] = subject
    return found
