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
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pynodes.errors import BadValueError
from pynodes.store.model import CellDraft, Machine, SweepDraft, label

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
    """All cells of a sweep. The order of a round is another each time, but always the same.

    `made_of` is all that later starts must share to go on with it, besides the machine: the key
    is over both.
    """

    draft: SweepDraft
    made_of: Mapping[str, Any]
    cells: tuple[Planned, ...]
    left_out: tuple[LeftOut, ...]
    pin: tuple[int, ...]

    def draft_on(self, machine: Machine) -> SweepDraft:
        """The same sweep on another machine, which is stored as one of its own."""
        if machine.key == self.draft.machine.key:
            return self.draft
        name = self.draft.name
        return replace(
            self.draft,
            key=key_on(self.made_of, machine.key),
            machine=machine,
            name=None if name is None else f"{name}-{machine.name}",
        )

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


def key_on(made_of: Mapping[str, Any], machine: str) -> str:
    """The key of a sweep on a machine."""
    return key_of({**made_of, "machine": machine})


def runs(plan: SweepPlan[Planned], repeat: int) -> Iterator[tuple[int, Planned]]:
    """All measured runs in their order: round by round."""
    for number in range(1, repeat + 1):
        for cell in plan.in_round(number):
            yield number, cell
