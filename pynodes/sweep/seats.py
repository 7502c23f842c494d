"""What of a sweep is on each machine: a sweep of its own in the store, with a folder.

A plan is one sweep for each machine, so that only runs of one machine are compared. All sweeps of a
plan are gone on with together: a run that one of them has is made nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Self

from pynodes.errands.errand import Spot
from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.store.model import Machine, Reference, RunDraft
from pynodes.store.store import Store
from pynodes.sweep.plan import Planned, SweepPlan
from pynodes.sweep.subject import ReferenceMade
from pynodes.sweep.work_folder import WorkFolder, at_work, others_at_work


@dataclass(slots=True)
class Seat:
    """A sweep on one machine, while this process is at work on it."""

    store: Store
    sweep: int
    folder: WorkFolder
    numbers: Mapping[str, int]
    session: int
    others: int

    def put_reference(self, key: str, made: ReferenceMade) -> None:
        sha256 = ",".join(map(str, made.sums)) if all(made.sums) else None
        self.store.put_reference(
            self.sweep, key, made.verdict, sha256, made.image, list(made.records)
        )

    def put_run(self, cell: str, run: RunDraft) -> None:
        self.store.put_sample(self.numbers[cell], self.session, run)


class Seats(Generic[Planned]):
    """Those of one start, each taken when its machine is given something to do.

    Args:
        fresh: begin anew, beside what is stored.
    """

    def __init__(
        self, plan: SweepPlan[Planned], database: Path, command: str, *, fresh: bool
    ) -> None:
        self._plan = plan
        self._database = database
        self._command = command
        self._fresh = fresh
        self._stack = ExitStack()
        self._seats: dict[str, Seat] = {}
        self._sweeps: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.store = self._stack.enter_context(Store.create(self._database))
        return self

    def __exit__(self, *raised: Any) -> None:
        self._stack.close()

    @property
    def taken(self) -> Collection[Seat]:
        return self._seats.values()

    @property
    def sweeps(self) -> list[int]:
        """The sweeps of this start, or those that it found complete."""
        taken = [seat.sweep for seat in self._seats.values()]
        return taken or sorted(self._sweeps.values())

    def known(self, machines: Collection[str]) -> dict[str, dict[str, dict[int, Verdict]]]:
        """The rounds that are stored of each cell, by the keys of machines."""
        known: dict[str, dict[str, dict[int, Verdict]]] = {}
        for machine, sweep in ({} if self._fresh else of_plan(self.store, self._plan)).items():
            if machine in machines or not machines:
                self._sweeps[machine] = sweep
                numbers = self.store.put_cells(sweep, (cell.draft for cell in self._plan.cells))
                known[machine] = {key: self.store.rounds_of(n) for key, n in numbers.items()}
        return known

    def earlier(self) -> tuple[Mapping[str, Reference], list[tuple[str, Any]]]:
        """References and runs of earlier starts, a run with the key of its cell."""
        references: dict[str, Reference] = {}
        runs = []
        for sweep in self._sweeps.values():
            stored = self.store.sweep(sweep)
            references |= stored.references
            runs += [(cell.key, run) for cell in stored.cells for run in cell.samples]
        return references, runs

    def traced(self) -> set[str]:
        """The keys of cells that have a timeline."""
        stored = (self.store.sweep(sweep) for sweep in self._sweeps.values())
        return {cell.key for sweep in stored for cell in sweep.cells if cell.timeline is not None}

    def at(self, spot: Spot) -> Seat:
        """The seat on a machine.

        Raises:
            PynodesError: another process is at work on it, or there is no room.
        """
        if spot.key not in self._seats:
            self._seats[spot.key] = self._take(spot)
        return self._seats[spot.key]

    def _take(self, spot: Spot) -> Seat:
        draft = self._plan.draft_on(Machine(spot.key, spot.name, spot.facts))
        sweep = self.store.begin_sweep(draft, fresh=self._fresh)
        folder = self.store.folder_of(sweep)
        work = self._stack.enter_context(at_work(folder, str(sweep)))
        numbers = self.store.put_cells(sweep, (cell.draft for cell in self._plan.cells))
        others = others_at_work(folder) - len(self._seats)
        facts = {**spot.moment, "others": others}
        session = self.store.begin_session(sweep, self._command, facts)
        return Seat(self.store, sweep, work, numbers, session, others)

    def end(self, how: str) -> None:
        """All sweeps of this start have ended so."""
        for seat in self._seats.values():
            with suppress(PynodesError):  # when it is the store that failed
                self.store.end_session(seat.session, how)


def of_plan(store: Store, plan: SweepPlan[Planned]) -> dict[str, int]:
    """The newest sweep of a plan on each machine that the file knows, by the machine's key."""
    found = {}
    for machine in store.machines():
        sweep = store.newest_of(plan.draft_on(machine).key)
        if sweep is not None:
            found[machine.key] = sweep
    return found


def stored_runs(
    plan: SweepPlan[Planned], database: Path, *, anywhere: bool
) -> dict[str, list[float]]:
    """Seconds of the measured runs that are stored, by cell; empty without such a sweep or file.

    Args:
        anywhere: also those of other machines than the plan's.
    """
    found: dict[str, list[float]] = {}
    if database.exists():
        with Store.open(database) as store:
            for machine, number in of_plan(store, plan).items():
                if anywhere or machine == plan.draft.machine.key:
                    for cell in store.sweep(number).cells:
                        walls = (run.wall_s for run in cell.measured)
                        found.setdefault(cell.key, []).extend(walls)
    return found
