"""Carry a plan out: what is not stored yet is run, judged, held against its reference and stored.

Each run is stored before the next begins, so whatever ends this process takes one run at most. A
run that goes wrong is a result like any other.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic

from pynodes.errors import PynodesError
from pynodes.machine import moment_facts
from pynodes.model.verdict import WRONG, Verdict
from pynodes.store.model import Reference
from pynodes.store.store import Store
from pynodes.sweep.estimate import Estimate
from pynodes.sweep.listener import SweepListener
from pynodes.sweep.plan import Planned, SweepPlan, runs
from pynodes.sweep.subject import InterruptedSweep, ReferenceMade, Subject
from pynodes.sweep.work_folder import WorkFolder, at_work, others_at_work

# What ends like this once ends like this again, and takes long: it is not repeated.
_NOT_REPEATED = frozenset({Verdict.CANNOT_START, Verdict.HANG})


class ReferenceChangedError(PynodesError):
    """The reference of a sweep that is gone on with is not what it was."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much to run; `traces` a run more of each cell that keeps a timeline."""

    repeat: int = 5
    warmup: int = 1
    traces: bool = False


@dataclass(slots=True)
class SweepResult:
    """What a sweep gave: its number in the store, and runs made now, by verdict."""

    sweep: int
    made: int = 0
    others: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)


def run_sweep(
    plan: SweepPlan[Planned],
    subject: Callable[[WorkFolder], Subject[Planned]],
    database: Path,
    limits: Limits,
    listener: SweepListener,
    *,
    command: str,
    fresh: bool = False,
) -> SweepResult:
    """Run what is missing of a plan.

    Args:
        subject: what makes its runs, in the folder of the sweep.

    Raises:
        InterruptedSweep: Ctrl-C or another request to end.
        PynodesError: the store, a program or the place for what comes out is not usable.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store.create(database))
        sweep = store.begin_sweep(plan.draft, fresh=fresh)
        result = SweepResult(sweep)
        folder = store.folder_of(sweep)
        work_folder = stack.enter_context(at_work(folder, str(sweep)))
        numbers = store.put_cells(sweep, (cell.draft for cell in plan.cells))
        done = {cell.key: store.rounds_of(numbers[cell.key]) for cell in plan.cells}
        todo = [
            (number, cell)
            for number, cell in runs(plan, limits.repeat)
            if number not in done[cell.key] and not _is_settled(done[cell.key])
        ]
        untraced = _without_timeline(store, sweep, plan) if limits.traces else []
        if not todo and not untraced:
            return result
        runner = subject(work_folder)
        result.others = others_at_work(folder)
        facts = {**moment_facts(), "others": result.others}
        session = store.begin_session(sweep, command, facts)
        work = _Work(store, runner, limits, listener, result, session, numbers, done)
        try:
            work.all(todo, untraced)
        except (InterruptedSweep, KeyboardInterrupt):
            store.end_session(session, "interrupted")
            raise InterruptedSweep from None
        except PynodesError as error:
            with suppress(PynodesError):  # when it is the store that failed
                store.end_session(session, error.what)
            raise
        store.end_session(session, "done")
        return result


@dataclass(slots=True)
class _Work(Generic[Planned]):
    """One start of a sweep."""

    store: Store
    subject: Subject[Planned]
    limits: Limits
    listener: SweepListener
    result: SweepResult
    session: int
    numbers: Mapping[str, int]
    done: dict[str, dict[int, Verdict]]
    before: Mapping[str, Reference] = field(default_factory=dict)
    estimate: Estimate = field(default_factory=Estimate)
    shown: set[str] = field(default_factory=set)  # cells of which something wrong is kept
    count: int = 0
    left: Counter[str] = field(default_factory=Counter)

    def all(self, todo: Sequence[tuple[int, Planned]], untraced: Sequence[Planned]) -> None:
        self._remember()
        wanted: dict[str, Planned] = {}
        for cell in [*(cell for _, cell in todo), *untraced]:
            if cell.draft.reference:
                wanted.setdefault(cell.draft.reference, cell)
        warm = {cell.key: self.limits.warmup for _, cell in todo}
        cells = {cell.key: cell for _, cell in todo}
        self.left.update(cell.key for _, cell in todo)
        self.left.update(warm)
        self.left.update(cell.key for cell in untraced)
        total = len(todo) + sum(warm.values()) + len(wanted) + len(untraced)
        stored = sum(len(rounds) for rounds in self.done.values())
        self.listener.begins(total, stored)
        for cell in wanted.values():
            self._make_reference(cell)
        for key, seconds in self.subject.expected(cells.values()):
            self.estimate.expect(key, seconds)
        for number, cell in todo:
            for each in [0] * warm.pop(cell.key, 0) + [number]:
                if _is_settled(self.done[cell.key]):
                    self.count += 1
                    self.left[cell.key] = 0
                else:
                    self._measure(cell, each)
        for cell in untraced:
            if not _is_settled(self.done[cell.key]):
                self._measure(cell, 0, traced=True)

    def _remember(self) -> None:
        """What earlier starts have stored: times, pictures that are kept."""
        stored = self.store.sweep(self.result.sweep)
        self.before = stored.references
        for cell in stored.cells:
            for sample in cell.samples:
                self.estimate.learn(cell.key, sample.wall_s)
                if sample.verdict in WRONG and (sample.difference or sample.evidence):
                    self.shown.add(cell.key)

    def _make_reference(self, cell: Planned) -> None:
        """Make what the cells are held against, and see whether it is what it was."""
        key = cell.draft.reference
        what = f"reference of {cell.label}"
        self._begin(what)
        made = self.subject.reference(cell, f"reference-{key}")
        before = self.before.get(key)
        if before is not None and before.verdict is made.verdict is Verdict.OK:
            was = tuple(record.get("sha256") for record in before.records)
            if was != made.sums:
                made = self._made_again(cell, made, f"{what}, again")
        sha256 = ",".join(map(str, made.sums)) if all(made.sums) else None
        self.store.put_reference(
            self.result.sweep, key, made.verdict, sha256, made.image, made.records
        )

    def _made_again(self, cell: Planned, made: ReferenceMade, what: str) -> ReferenceMade:
        """One more reference, which differs each time; an error when it is the same again, for
        then something has changed since the sweep began."""
        self.count -= 1
        self._begin(what)
        again = self.subject.reference(cell, f"reference-{cell.draft.reference}-again")
        if again.sums == made.sums:
            raise ReferenceChangedError(
                *self.subject.changed(cell),
                "something that it is made of has changed: measure anew with --fresh",
            )
        return again

    def _measure(self, cell: Planned, number: int, *, traced: bool = False) -> None:
        """One run of one cell, until it is stored."""
        kind = "traced" if traced else "warm-up"
        round_name = f"round-{number}" if number else f"{kind}-{secrets.token_hex(3)}"
        what = cell.label + ("" if number else f", {kind}")
        self._begin(what)
        name = f"cell-{cell.draft.position}-{round_name}"
        wrong_too = cell.key not in self.shown
        sample = self.subject.run(cell, name, keep_wrong=wrong_too, traced=traced)
        if sample.verdict in WRONG:
            self.shown.add(cell.key)
        if sample.verdict in _NOT_REPEATED:
            number = number or 1  # a warm-up that ends like this is the run, and the only one
        sample = replace(sample, round=number)
        self.store.put_sample(self.numbers[cell.key], self.session, sample)
        if number:
            self.done[cell.key][number] = sample.verdict
        self.left[cell.key] -= 1
        self.estimate.learn(cell.key, sample.wall_s)
        self.result.made += 1
        self.result.verdicts[sample.verdict] += 1
        self.listener.run_ended(what, sample)

    def _begin(self, what: str) -> None:
        self.count += 1
        self.listener.run_begins(self.count, what, self.estimate.of_runs(self.left))


def _without_timeline(store: Store, sweep: int, plan: SweepPlan[Planned]) -> list[Planned]:
    """The cells of the plan that have none yet."""
    traced = {cell.key for cell in store.sweep(sweep).cells if cell.timeline is not None}
    return [cell for cell in plan.cells if cell.key not in traced]


def _is_settled(rounds: Mapping[int, Verdict]) -> bool:
    return any(verdict in _NOT_REPEATED for verdict in rounds.values())
