"""What is stored of a plan already, for a plan that is only looked at."""

from __future__ import annotations

from pathlib import Path

from pynodes.store.store import Store
from pynodes.sweep.plan import SweepPlan


def stored_runs(plan: SweepPlan, database: Path) -> dict[str, list[float]]:
    """Seconds of the measured runs by cell; empty when there is no such sweep (or no file)."""
    if not database.exists():
        return {}
    with Store.open(database) as store:
        number = store.newest_of(plan.draft.key)
        if number is None:
            return {}
        return {
            cell.key: [sample.wall_s for sample in cell.measured]
            for cell in store.sweep(number).cells
        }
