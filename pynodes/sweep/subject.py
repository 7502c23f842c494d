"""What a sweep measures, as the work on its plan sees it: `scene_runs` renders, `command_runs` runs
any program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple

from pynodes.errands.errand import Bench
from pynodes.model.verdict import Verdict
from pynodes.store.model import RunDraft
from pynodes.sweep.plan import Planned


class InterruptedSweep(Exception):  # noqa: N818 - not an error
    """Someone asked for the end; all that was finished is stored."""


class ReferenceMade(NamedTuple):
    """What cells are held against: checksums one a frame, a picture of the first, records.

    `cost` is what it says of how long cells will take, if anything.
    """

    verdict: Verdict
    sums: tuple[str | None, ...]
    image: Path | None
    records: tuple[Mapping[str, Any], ...]
    cost: Any = None


class Subject(ABC, Generic[Planned]):
    """One kind of thing that is measured. Its runs are judged here, and stored by who asked."""

    @abstractmethod
    def reference(self, cell: Planned, name: str) -> ReferenceMade:
        """Make what a cell is held against, and keep it at hand; `name` is for its files.

        Raises:
            InterruptedSweep: someone asked for the end.
            PynodesError: nothing can be run at all.
        """

    @abstractmethod
    def run(
        self,
        cell: Planned,
        name: str,
        expected: ReferenceMade | None,
        *,
        keep_wrong: bool,
        traced: bool = False,
    ) -> RunDraft:
        """One run of a cell, held against its reference; its `round` is not known yet.

        Args:
            expected: the reference, made by this or by another subject of the same maker.
            keep_wrong: what came out is kept when it is wrong.
            traced: a timeline is kept with its evidence, which takes time; of scenes alone.
        Raises as `reference`.
        """


class SubjectMaker(ABC, Generic[Planned]):
    """Makes subjects, here or on another machine: a value that can be pickled and compared."""

    @abstractmethod
    def subject(self, bench: Bench) -> Subject[Planned]:
        """Raises `CannotStartError` where nothing can be measured."""

    @abstractmethod
    def changed(self, cell: Planned) -> tuple[str, str]:
        """The error of a sweep that is gone on with and whose reference is another one: what, and
        where."""

    def seconds(self, cell: Planned, cost: Any, cores: int) -> float | None:
        """How long a run of a cell may take by what its reference cost, if that is known."""
        return None
