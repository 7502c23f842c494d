"""A node call by the host, over one by a driver in Python and by a bare loop in C."""

from __future__ import annotations

from floors import run_driver
from hosts import Facts, per_call, run_host

from rows.row import BIG, MIDDLE, SHARED, Row, threads

# name, module, class, output, size of the driver's picture, flags of the host, goal
CASES = (
    ("empty", "bench_empty", "Empty", "Color", 512, BIG, "0.45 or less"),
    ("tilings", "bench_tilings", "CheapTilings", "Color", 384, BIG, "0.70 or less"),
    ("drops", "bench_drops", "Drops", "Height", 96, MIDDLE, "1.0 or less"),
)


def rows(facts: Facts) -> list[Row]:
    """Three rows a case."""
    over = "shared -t 1, {}: time per call over a pure Python driver's"
    bare = "the same over a bare loop in C that only calls ({})"
    return [
        *(Row(f"{case} against driver", over.format(case), goal) for case, *_, goal in CASES),
        *(Row(f"{case} against C loop", bare.format(case)) for case, *_ in CASES),
        *(Row(f"{case} ns", f"the same, nanoseconds ({case})", unit="ns") for case, *_ in CASES),
    ]


def measure(facts: Facts) -> dict[str, float]:
    """Driver, loop and host in turn for each case."""
    found: dict[str, float] = {}
    for case, module, cls, output, size, flags, _ in CASES:
        drive, loop = run_driver(facts, module, cls, output, size)
        ours = per_call(run_host(facts, module + ".py", *SHARED, *threads(1), *flags))
        found[f"{case} against driver"] = ours / drive
        found[f"{case} against C loop"] = ours / loop
        found[f"{case} ns"] = ours
    return found
