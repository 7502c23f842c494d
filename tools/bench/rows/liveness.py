"""How long the main thread waits for the GIL while eight threads render."""

from __future__ import annotations

from hosts import Facts, run_host

from rows.row import MIDDLE, SHARED, Row, threads

# name, flags, goal
WAYS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("tile", (), "20 ms or less"),
    ("turnstile off", ("--turnstile", "off"), ""),
    ("call", ("--attach", "call"), ""),
    ("row", ("--attach", "row"), ""),
    ("thread", ("--attach", "thread"), ""),
    ("fresh", ("--attach", "fresh"), ""),
)


def rows(facts: Facts) -> list[Row]:
    """One row a way; none without a GIL."""
    if facts.free_threaded:
        return []
    what = "main thread's wait, p99, 8 render threads, drops: {}"
    return [Row(f"wait {name}", what.format(name), goal, unit="ms") for name, _, goal in WAYS]


def measure(facts: Facts) -> dict[str, float]:
    """Milliseconds, each way in turn."""
    found = {}
    for name, flags, _ in WAYS:
        # Long enough for some hundred waits: the 99th percentile of fewer is their maximum.
        size = MIDDLE if name == "fresh" else ("--size", "640x640", "--samples", "1")
        beat = (*threads(8), *size, "--heartbeat", "5")
        run = run_host(facts, "bench_drops.py", *SHARED, *beat, *flags)
        found[f"wait {name}"] = run["frame"].get("beat_p99_ns", 0) / 1e6
    return found
