"""What it costs to attach anew for each call, over once a tile."""

from __future__ import annotations

from hosts import Facts, per_call, run_host

from rows.row import SHARED, SMALL, Row, threads


def rows(facts: Facts) -> list[Row]:
    """The policies `fresh` and `call`, with one thread and with four."""
    return [
        Row("fresh -t 1", "attached time per call, empty: fresh over tile, -t 1", "about 40"),
        Row("fresh -t 4", "the same, -t 4", "about 80"),
        Row("call -t 1", "call over tile, -t 1"),
        Row("call -t 4", "the same, -t 4"),
    ]


def measure(facts: Facts) -> dict[str, float]:
    """The three policies in turn."""
    found = {}
    for n in (1, 4):
        tile, fresh, call = (
            per_call(
                run_host(facts, "bench_empty.py", *SHARED, "--attach", how, *threads(n), *SMALL)
            )
            for how in ("tile", "fresh", "call")
        )
        found[f"fresh -t {n}"] = fresh / tile
        found[f"call -t {n}"] = call / tile
    return found
