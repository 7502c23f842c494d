"""What a timeline costs."""

from __future__ import annotations

import tempfile

from hosts import Facts, run_host, seconds

from rows.row import MIDDLE, SHARED, Row, threads


def rows(facts: Facts) -> list[Row]:
    """With and without single calls, two attach policies, one thread and four."""
    return [
        Row(
            f"trace {calls}{attach} -t {n}",
            f"render time with --trace{' --trace-calls' if calls else ''} over without,"
            f" tilings, --attach {attach}, -t {n}",
            "" if calls or attach == "call" else "1.05 or less",
        )
        for n in (1, 4)
        for attach in ("tile", "call")
        for calls in ("", "calls ")
    ]


def measure(facts: Facts) -> dict[str, float]:
    """Plain, traced, and traced with calls, in turn."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        traced = ("--trace", f"{folder}/trace.json")
        for n in (1, 4):
            for attach in ("tile", "call"):
                flags = (*SHARED, *threads(n), *MIDDLE, "--attach", attach)
                plain, with_trace, calls = (
                    seconds(run_host(facts, "bench_tilings.py", *flags, *more))
                    for more in ((), traced, (*traced, "--trace-calls"))
                )
                found[f"trace {attach} -t {n}"] = with_trace / plain
                found[f"trace calls {attach} -t {n}"] = calls / plain
    return found
