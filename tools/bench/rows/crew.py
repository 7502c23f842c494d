"""What further render threads bring, engine shared."""

from __future__ import annotations

from hosts import Facts, run_host, seconds

from rows.row import DEFAULT, HUGE, SHARED, Row, threads

COUNTS = (2, 4, 16, 64)


def rows(facts: Facts) -> list[Row]:
    """One row a number of threads, and one for tiles with little work."""
    goal = "1.8 or more at -t 2" if facts.free_threaded else "0.95 or more"
    what = "shared -t {} over -t 1, throughput, tilings"
    return [
        *(Row(f"shared -t {n}", what.format(n), goal) for n in COUNTS),
        Row("shared thin -t 4", "the same, -t 4, at one sample a pixel"),
    ]


def measure(facts: Facts) -> dict[str, float]:
    """One thread, then each number of them."""

    def took(n: int, *size: str) -> float:
        return seconds(run_host(facts, "bench_tilings.py", *SHARED, *threads(n), *size))

    base = took(1, *DEFAULT)
    found = {f"shared -t {n}": base / took(n, *DEFAULT) for n in COUNTS}
    found["shared thin -t 4"] = took(1, *HUGE) / took(4, *HUGE)
    return found
