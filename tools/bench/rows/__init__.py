"""The rows of the benchmark's table, one module a group of rows.

A group has `rows(facts)`: its rows for one Python, none where it cannot run there; and
`measure(facts)`: one round of runs, a figure for each row's name. A new group is a module here and
its name in GROUPS.
"""

from __future__ import annotations

from typing import Protocol

from hosts import Facts

from rows import (
    attach,
    crew,
    driver,
    free_threaded,
    garbage,
    isolated,
    liveness,
    memory,
    native,
    process,
    start_up,
    trace,
)
from rows.row import Row


class Group(Protocol):
    """What each module here has."""

    def rows(self, facts: Facts) -> list[Row]:
        """The group's rows for this Python, in order; empty where it cannot run."""

    def measure(self, facts: Facts) -> dict[str, float]:
        """One round: a figure by row name. Raises HostError when a run fails."""


# In the order of the table.
GROUPS: tuple[Group, ...] = (
    driver,
    crew,
    attach,
    isolated,
    process,
    free_threaded,
    native,
    liveness,
    garbage,
    trace,
    memory,
    start_up,
)
