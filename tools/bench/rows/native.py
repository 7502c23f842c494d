"""A scene without Python nodes, over what this machine's cores give a plain C loop."""

from __future__ import annotations

from floors import control_ratio
from hosts import Facts, run_host, seconds

from rows.row import Row, threads


def rows(facts: Facts) -> list[Row]:
    """Two threads over one; the loop as well."""
    of_control = "the same over what a plain C loop scales"
    return [
        Row("native -t 2", "no Python node, -t 2 over -t 1"),
        Row("native -t 2 of control", of_control, "0.95 or more"),
        Row("control", "the plain C loop, two threads over one"),
    ]


def measure(facts: Facts) -> dict[str, float]:
    """The loop, then one thread and two."""
    control = control_ratio()
    one, two = (
        seconds(run_host(facts, "bench_native.py", *threads(n), "--size", "768x768"))
        for n in (1, 2)
    )
    scaled = one / two
    return {"native -t 2": scaled, "native -t 2 of control": scaled / control, "control": control}
