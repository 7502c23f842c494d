"""Engine process: workers."""

from __future__ import annotations

from hosts import Facts, run_host, seconds

from rows.row import HUGE, PROCESS, Row, threads


def rows(facts: Facts) -> list[Row]:
    """Two workers over one."""
    what = "process -t 2 over -t 1, tilings, start-up included"
    return [Row("process -t 2", what, "1.8 or more")]


def measure(facts: Facts) -> dict[str, float]:
    """One worker, then two."""
    one, two = (
        seconds(run_host(facts, "bench_tilings.py", *PROCESS, *threads(n), *HUGE)) for n in (1, 2)
    )
    return {"process -t 2": one / two}
