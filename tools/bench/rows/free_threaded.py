"""A node that allocates much, without a GIL."""

from __future__ import annotations

from hosts import Facts, run_host, seconds

from rows.row import MIDDLE, SHARED, Row, threads


def rows(facts: Facts) -> list[Row]:
    """None with a GIL."""
    if not facts.free_threaded:
        return []
    return [Row("free drops -t 2", "free-threaded shared -t 2 over -t 1, drops", "1.8 or more")]


def measure(facts: Facts) -> dict[str, float]:
    """One thread, then two."""
    one, two = (
        seconds(run_host(facts, "bench_drops.py", *SHARED, *threads(n), *MIDDLE)) for n in (1, 2)
    )
    return {"free drops -t 2": one / two}
