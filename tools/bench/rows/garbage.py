"""Pauses of the garbage collector, and what gc.freeze() changes."""

from __future__ import annotations

import json

from hosts import Facts, run_host

from rows.row import MIDDLE, SHARED, Row, threads


def rows(facts: Facts) -> list[Row]:
    """The longest pause and the share of all, without and with gc.freeze()."""
    share = "the same, share of the render's time"
    longest = "garbage collection, 2 threads that litter: longest pause"
    frozen = "longest pause with gc.freeze() after the scene is built"
    return [
        Row("gc longest", longest, unit="ms"),
        Row("gc share", share, unit="%"),
        Row("gc longest frozen", frozen, unit="ms"),
        Row("gc share frozen", share, unit="%"),
    ]


def measure(facts: Facts) -> dict[str, float]:
    """The scene prints what the collector took in its last line."""
    found = {}
    for name, freeze in (("", "0"), (" frozen", "1")):
        flags = (*SHARED, *threads(2), *MIDDLE, "-D", f"freeze={freeze}")
        run = run_host(facts, "bench_garbage.py", *flags)
        printed = json.loads(run["stdout"].splitlines()[-1])
        found[f"gc longest{name}"] = printed["longest_ms"]
        found[f"gc share{name}"] = 100.0 * printed["total_ms"] * 1e6 / run["frame"]["render_ns"]
    return found
