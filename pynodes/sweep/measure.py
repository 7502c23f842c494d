"""Carry a plan out: what is not stored yet is run, judged, held against its reference and stored.

What is to be run is handed out as errands, to this process or to machines of a cluster; what they
bring back is stored at once, here. So whatever ends this process takes the runs in hand at most. A
run that goes wrong is a result like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from pynodes.errands.errand import Bench, Place, Spot, this_machine
from pynodes.errands.here import Here
from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.sweep.handed_out import Limits, Runs
from pynodes.sweep.listener import SweepListener
from pynodes.sweep.plan import Planned, SweepPlan
from pynodes.sweep.seats import Seats
from pynodes.sweep.subject import InterruptedSweep, SubjectMaker


@dataclass(slots=True)
class SweepResult:
    """What a sweep gave: its number in the store on each machine, and runs made now, by verdict."""

    sweeps: list[int] = field(default_factory=list)
    made: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)


def run_sweep(
    plan: SweepPlan[Planned],
    maker: SubjectMaker[Planned],
    database: Path,
    limits: Limits,
    listener: SweepListener,
    *,
    command: str,
    fresh: bool = False,
    place: Callable[[], AbstractContextManager[Place]] | None = None,
) -> SweepResult:
    """Run what is missing of a plan.

    Args:
        maker: what makes its runs.
        place: where they are made, entered when there is something to do; None: here.

    Raises:
        InterruptedSweep: Ctrl-C or another request to end.
        PynodesError: the store, a program or the place for what comes out is not usable.
    """
    machine = plan.draft.machine
    with Seats(plan, database, command, fresh=fresh) as seats:
        known = seats.known([machine.key] if place is None else [])
        work = Runs(plan, maker, seats, limits, listener, known)
        if work.is_empty:
            return SweepResult(seats.sweeps)
        try:
            if place is None:
                spot = this_machine()._replace(key=machine.key, name=machine.name)
                entered: AbstractContextManager[Place] = nullcontext(_here(seats, spot, listener))
            else:
                entered = place()
            with entered as at:
                work.begin()
                for done in at.carry_out(work):
                    work.take(done)
        except (InterruptedSweep, KeyboardInterrupt):
            seats.end("interrupted")
            raise InterruptedSweep from None
        except PynodesError as error:
            seats.end(error.what)
            raise
        seats.end("done")
        return SweepResult(seats.sweeps, work.made, work.verdicts)


def _here(seats: Seats[Planned], spot: Spot, listener: SweepListener) -> Place:
    """This process, at work in the folder of the sweep."""
    folder = seats.at(spot).folder
    return Here(spot, Bench(folder.path, folder.scratch, listener))
