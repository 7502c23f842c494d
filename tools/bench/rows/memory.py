"""Memory that each further render thread takes."""

from __future__ import annotations

from hosts import Facts, mib, run_host

from rows.row import ISOLATED, SHARED, Row, threads

FLAGS = ("--size", "512x512", "--samples", "4")


def rows(facts: Facts) -> list[Row]:
    """One row an engine that this Python has."""
    shared = Row("memory shared", "memory per further render thread, shared", "1 MiB", unit="MiB")
    isolated = Row("memory isolated", "the same, isolated", "15 MiB", unit="MiB")
    return [shared, isolated] if facts.minor >= 12 else [shared]


def measure(facts: Facts) -> dict[str, float]:
    """The peak of nine threads over that of one, divided by eight."""
    found = {}
    engines = [("shared", SHARED)] + ([("isolated", ISOLATED)] if facts.minor >= 12 else [])
    for name, engine in engines:
        one, nine = (
            mib(run_host(facts, "bench_tilings.py", *engine, *threads(n), *FLAGS)) for n in (1, 9)
        )
        found[f"memory {name}"] = (nine - one) / 8
    return found
