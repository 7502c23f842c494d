"""The runs of a sweep, handed out to machines, and stored as they come back."""

from __future__ import annotations

import secrets
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Generic

from pynodes.errands.errand import Done, Errand, Office, Spot
from pynodes.errors import PynodesError, needed
from pynodes.machine import usable_cores
from pynodes.model.verdict import WRONG, Verdict
from pynodes.store.model import RunDraft
from pynodes.sweep.cell_errands import MakeReference, MeasureCell
from pynodes.sweep.estimate import Estimate
from pynodes.sweep.listener import SweepListener
from pynodes.sweep.plan import Planned, SweepPlan, runs
from pynodes.sweep.seats import Seat, Seats
from pynodes.sweep.subject import ReferenceMade, SubjectMaker

# What ends like this once ends like this again, and takes long: it is not repeated.
_NOT_REPEATED = frozenset({Verdict.CANNOT_START, Verdict.HANG})


class ReferenceChangedError(PynodesError):
    """The reference of a sweep that is gone on with is not what it was."""


class Spread(StrEnum):
    """What stays together on one machine of several: whole rounds, or all repeats of a cell."""

    REPEATS = "repeats"
    CELLS = "cells"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much to run, and what of it stays on one machine.

    `traces` is a run more of each cell that keeps a timeline.
    """

    repeat: int = 5
    warmup: int = 1
    traces: bool = False
    spread: Spread = Spread.REPEATS


class Runs(Office, Generic[Planned]):
    """Those of one start.

    Args:
        known: the rounds that are stored of each cell, by the keys of machines.
    """

    def __init__(
        self,
        plan: SweepPlan[Planned],
        maker: SubjectMaker[Planned],
        seats: Seats[Planned],
        limits: Limits,
        listener: SweepListener,
        known: Mapping[str, Mapping[str, Mapping[int, Verdict]]],
    ) -> None:
        self.made = 0
        self.verdicts: Counter[Verdict] = Counter()
        self._maker = maker
        self._seats = seats
        self._limits = limits
        self._listener = listener
        self._done: dict[str, dict[int, Verdict]] = {cell.key: {} for cell in plan.cells}
        for of_machine in known.values():
            for key, rounds in of_machine.items():
                self._done.setdefault(key, {}).update(rounds)
        # What stays together, and who has taken it.
        self._together: dict[Any, deque[tuple[int, Planned]]] = {}
        self._taken: dict[Any, str] = {}
        for number, cell in runs(plan, limits.repeat):
            rounds = self._done[cell.key]
            if number not in rounds and not _is_settled(rounds):
                what = self._piece(number, cell)
                self._together.setdefault(what, deque()).append((number, cell))
        for machine, of_machine in known.items():
            for key, rounds in of_machine.items():
                for number in rounds:
                    self._taken[number if limits.spread is Spread.REPEATS else key] = machine
        traced = seats.traced() if limits.traces else {cell.key for cell in plan.cells}
        self._untraced = deque(cell for cell in plan.cells if cell.key not in traced)
        self._ahead: dict[str, deque[tuple[int, Planned]]] = {}  # by machine: begun with a warm-up
        self._warm: set[tuple[str, str]] = set()
        self._wanted: dict[str, Planned] = {}
        self._made: dict[str, ReferenceMade] = {}
        self._again: deque[MakeReference] = deque()
        self._shown: set[str] = set()  # cells of which something wrong is kept
        self._estimate = Estimate()
        self._left: Counter[str] = Counter()
        self._count = 0

    @property
    def is_empty(self) -> bool:
        """All of it is stored."""
        return not self._together and not self._untraced

    def begin(self) -> None:
        """Remember what earlier starts have stored, and say how much there is to do."""
        references, stored = self._seats.earlier()
        self._before = references
        for key, run in stored:
            self._estimate.learn(key, run.wall_s)
            if run.verdict in WRONG and (run.difference or run.evidence):
                self._shown.add(key)
        todo = [each for queue in self._together.values() for each in queue]
        for cell in [*(cell for _, cell in todo), *self._untraced]:
            if cell.draft.reference:
                self._wanted.setdefault(cell.draft.reference, cell)
        self._left.update(cell.key for _, cell in todo)
        warm = {cell.key: self._limits.warmup for _, cell in todo}
        self._left.update(warm)
        self._left.update(cell.key for cell in self._untraced)
        total = len(todo) + sum(warm.values()) + len(self._wanted) + len(self._untraced)
        self._cells = {cell.key: cell for _, cell in todo}
        self._references_left = set(self._wanted)
        self._listener.begins(total, sum(len(rounds) for rounds in self._done.values()))

    # --- handing out ---

    def next(self, spot: Spot) -> Errand[Any] | None:
        errand = self._next_reference() or self._next_run(spot) or self._next_traced()
        if errand is not None:
            self._take_seat(spot)
            self._count += 1
            self._listener.run_begins(
                self._count, errand.label, self._estimate.of_runs(self._left), spot.name
            )
        return errand

    def _take_seat(self, spot: Spot) -> None:
        before = len(self._seats.taken)
        seat = self._seats.at(spot)
        if len(self._seats.taken) > before:
            for key, made in self._made.items():
                seat.put_reference(key, made._replace(image=None))

    def lost(self, spot: Spot) -> None:
        for number, cell in self._ahead.pop(spot.key, ()):
            if number:
                piece = self._together.setdefault(self._piece(number, cell), deque())
                piece.appendleft((number, cell))
        self._warm = {(machine, key) for machine, key in self._warm if machine != spot.key}
        self._taken = {what: who for what, who in self._taken.items() if who != spot.key}

    def _next_reference(self) -> MakeReference | None:
        if self._again:
            return self._again.popleft()
        key = next((key for key in self._wanted if key in self._references_left), None)
        if key is None:
            return None
        self._references_left.discard(key)
        cell = self._wanted[key]
        return MakeReference(f"reference of {cell.label}", self._maker, cell, f"reference-{key}")

    def _next_run(self, spot: Spot) -> MeasureCell | None:
        while (found := self._next_of(spot)) is not None:
            number, cell = found
            if _is_settled(self._done[cell.key]):
                self._count += 1
                self._left[cell.key] = 0
                continue
            return self._measure(cell, number, "warm-up")
        return None

    def _next_traced(self) -> MeasureCell | None:
        """A run for a timeline, once there are no others that could be had."""
        while self._untraced and not self._together:
            cell = self._untraced[0]
            if cell.draft.reference and cell.draft.reference not in self._made:
                return None
            self._untraced.popleft()
            if not _is_settled(self._done[cell.key]):
                return self._measure(cell, 0, "traced")
        return None

    def _measure(self, cell: Planned, number: int, kind: str) -> MeasureCell:
        """A run of a cell; `kind` says which one it is when it does not count."""
        name = f"round-{number}" if number else f"{kind}-{secrets.token_hex(3)}"
        return MeasureCell(
            cell.label + ("" if number else f", {kind}"),
            self._maker,
            cell,
            f"cell-{cell.draft.position}-{name}",
            number,
            self._made.get(cell.draft.reference),
            cell.key not in self._shown,
            kind == "traced",
        )

    def _next_of(self, spot: Spot) -> tuple[int, Planned] | None:
        """The next run of a machine; what is held against comes first, wherever it is made."""
        ahead = self._ahead.setdefault(spot.key, deque())
        if not ahead:
            piece = self._piece_of(spot)
            if piece is None:
                return None
            queue = self._together[piece]
            number, cell = queue[0]
            if cell.draft.reference and cell.draft.reference not in self._made:
                return None
            self._taken[piece] = spot.key
            queue.popleft()
            if not queue:
                del self._together[piece]
            if (spot.key, cell.key) not in self._warm:
                self._warm.add((spot.key, cell.key))
                ahead.extend([(0, cell)] * self._limits.warmup)
            ahead.append((number, cell))
        return ahead.popleft()

    def _piece_of(self, spot: Spot) -> Any:
        """What the machine has begun, else what nobody has; None: others do the rest."""
        own = (what for what in self._together if self._taken.get(what) == spot.key)
        free = (what for what in self._together if what not in self._taken)
        return next(own, next(free, None))

    def _piece(self, number: int, cell: Planned) -> Any:
        return number if self._limits.spread is Spread.REPEATS else cell.key

    # --- taking back ---

    def take(self, done: Done) -> None:
        """Store what came of an errand. Raises `PynodesError`."""
        self._take_seat(done.spot)
        seat, errand = self._seats.at(done.spot), done.errand
        with needed("what was found cannot be kept", seat.folder.path, "make room on the disk"):
            result = done.settled(seat.folder.path)
        if isinstance(errand, MakeReference):
            made = errand.without_workers(done.died) if result is None else result
            self._take_reference(errand, made, seat)
        elif isinstance(errand, MeasureCell):
            run = errand.without_workers(done.died) if result is None else result
            self._take_run(errand, run, seat, done.spot)

    def _take_reference(self, errand: MakeReference, made: ReferenceMade, seat: Seat) -> None:
        """Keep what cells are held against, once it is seen whether it is what it was."""
        key = errand.cell.draft.reference
        first, before = errand.first, self._before.get(key)
        if first is not None and made.sums == first.sums:
            raise ReferenceChangedError(
                *self._maker.changed(self._wanted[key]),
                "something that it is made of has changed: measure anew with --fresh",
            )
        if first is None and before and before.verdict is made.verdict is Verdict.OK:
            was = tuple(record.get("sha256") for record in before.records)
            if was != made.sums:  # it may be another one each time
                self._count -= 1
                again = replace(
                    errand, label=f"{errand.label}, again", name=f"{errand.name}-again", first=made
                )
                self._again.append(again)
                return
        self._made[key] = made
        for each in self._seats.taken:
            each.put_reference(key, made if each is seat else made._replace(image=None))
        cores = usable_cores()
        for cell in self._of_reference(key):
            seconds = self._maker.seconds(cell, made.cost, cores)
            if seconds is not None:
                self._estimate.expect(cell.key, seconds)

    def _of_reference(self, key: str) -> Iterator[Planned]:
        return (cell for cell in self._cells.values() if cell.draft.reference == key)

    def _take_run(self, errand: MeasureCell, run: RunDraft, seat: Seat, spot: Spot) -> None:
        cell, number = errand.cell, errand.round
        if run.verdict in WRONG:
            self._shown.add(cell.key)
        if run.verdict in _NOT_REPEATED:
            number = number or 1  # a warm-up that ends like this is the run, and the only one
        run = replace(run, round=number)
        seat.put_run(cell.key, run)
        if number:
            self._done[cell.key][number] = run.verdict
        self._left[cell.key] -= 1
        self._estimate.learn(cell.key, run.wall_s)
        self.made += 1
        self.verdicts[run.verdict] += 1
        self._listener.run_ended(errand.label, run, spot.name)


def _is_settled(rounds: Mapping[int, Verdict]) -> bool:
    return any(verdict in _NOT_REPEATED for verdict in rounds.values())
