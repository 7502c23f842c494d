"""What a sweep measures, as the work on its plan sees it: `scene_runs` renders, `command_runs` runs
any program."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, NamedTuple

from pynodes.model.verdict import Verdict
from pynodes.store.model import RunDraft
from pynodes.sweep.plan import Planned


class InterruptedSweep(Exception):  # noqa: N818 - not an error
    """Someone asked for the end; all that was finished is stored."""


class ReferenceMade(NamedTuple):
    """What cells are held against: checksums one a frame, a picture of the first, records."""

    verdict: Verdict
    sums: tuple[str | None, ...]
    image: Path | None
    records: tuple[Mapping[str, Any], ...]


class Subject(ABC, Generic[Planned]):
    """One kind of thing that is measured. Its runs are judged here, and stored by who asked."""

    @abstractmethod
    def changed(self, cell: Planned) -> tuple[str, str]:
        """The error of a sweep that is gone on with and whose reference is another one: what, and
        where."""

    @abstractmethod
    def reference(self, cell: Planned, name: str) -> ReferenceMade:
        """Make what a cell is held against, and keep it at hand; `name` is for its files.

        Raises:
            InterruptedSweep: someone asked for the end.
            PynodesError: nothing can be run at all.
        """

    @abstractmethod
    def run(self, cell: Planned, name: str, *, keep_wrong: bool, traced: bool = False) -> RunDraft:
        """One run of a cell, held against its reference; its `round` is not known yet.

        Args:
            keep_wrong: what came out is kept when it is wrong.
            traced: a timeline is kept with its evidence, which takes time; of scenes alone.
        Raises as `reference`.
        """

    def expected(self, cells: Iterable[Planned]) -> Iterator[tuple[str, float]]:
        """By the keys of cells, how long their runs may take, as far as the references say."""
        return iter(())
