"""What a sweep is about to run: every combination of the values of its axes, once, in one order.

What is measured, scenes or a command, makes the plan: `scene_plan`, `command_plan`.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pynodes.errors import BadValueError
from pynodes.store.model import CellDraft, SweepDraft, label
from pynodes.store.store import Store

MAX_CELLS = 100_000


@dataclass(frozen=True, slots=True)
class PlannedCell:
    """A cell that is to be measured."""

    draft: CellDraft

    @property
    def key(self) -> str:
        return self.draft.key

    @property
    def label(self) -> str:
        return label(self.draft.settings)


Planned = TypeVar("Planned", bound=PlannedCell)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A combination that cannot be, with the reason."""

    settings: Mapping[str, Any]
    why: str


@dataclass(frozen=True, slots=True)
class SweepPlan(Generic[Planned]):
    """All cells of a sweep. The order of a round is another each time, but always the same."""

    draft: SweepDraft
    cells: tuple[Planned, ...]
    left_out: tuple[LeftOut, ...]
    pin: tuple[int, ...]

    def in_round(self, number: int) -> list[Planned]:
        """The first round goes by the plan, the others are shuffled.

        So whatever changes slowly meanwhile hits all cells alike, and no cell always runs after the
        same other one.
        """
        cells = list(self.cells)
        if number > 1:
            random.Random(f"{self.draft.key} {number}").shuffle(cells)
        return cells


def combinations(axes: Sequence[tuple[str, Sequence[Any]]]) -> Iterator[dict[str, Any]]:
    """Every combination of the values of axes, by their names; the last vary fastest.

    Raises:
        BadValueError: there are too many.
    """
    total = math.prod(len(values) for _, values in axes)
    if total > MAX_CELLS:
        raise BadValueError(
            f"these axes make {total:,} cells", help=f"{MAX_CELLS:,} at most: leave some values out"
        )
    names = [name for name, _ in axes]
    for values in itertools.product(*(values for _, values in axes)):
        yield dict(zip(names, values, strict=True))


def key_of(value: Any) -> str:
    """A checksum of plain values."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def runs(plan: SweepPlan[Planned], repeat: int) -> Iterator[tuple[int, Planned]]:
    """All measured runs in their order: round by round."""
    for number in range(1, repeat + 1):
        for cell in plan.in_round(number):
            yield number, cell


def stored_runs(plan: SweepPlan[Planned], database: Path) -> dict[str, list[float]]:
    """Seconds of the measured runs that are stored, by cell; empty without such a sweep or file."""
    if not database.exists():
        return {}
    with Store.open(database) as store:
        number = store.newest_of(plan.draft.key)
        cells = store.sweep(number).cells if number is not None else ()
        return {cell.key: [sample.wall_s for sample in cell.measured] for cell in cells}
