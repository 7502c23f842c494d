"""Engine isolated: a GIL per thread."""

from __future__ import annotations

from floors import control_ratio
from hosts import Facts, run_host, seconds

from rows.row import HUGE, ISOLATED, SHARED, Row, threads

SCENE = "bench_tilings.py"


def rows(facts: Facts) -> list[Row]:
    """None before 3.12, which has one GIL for all interpreters."""
    if facts.minor < 12:
        return []
    of_control = "the same over what a plain C loop scales"
    return [
        Row("isolated -t 1", "isolated -t 1 over shared -t 1, throughput, tilings", "0.95 or more"),
        Row("isolated -t 2", "isolated -t 2 over -t 1"),
        Row("isolated -t 2 of control", of_control, "0.92 or more"),
        Row("isolated -t 8", "isolated -t 8 over -t 2, second frame", "no loss"),
        Row("isolated -t 8 first", "the same, interpreters made in it"),
    ]


def two_frames(facts: Facts, n: int) -> list[float]:
    """Seconds of a frame that makes the interpreters, and of one that has them."""
    run = run_host(facts, SCENE, *ISOLATED, *threads(n), *HUGE, "--frames", "1..2")
    return [float(frame["render_ns"]) / 1e9 for frame in run["frames"]]


def measure(facts: Facts) -> dict[str, float]:
    """One thread both ways, then two and eight."""
    control = control_ratio()
    shared = seconds(run_host(facts, SCENE, *SHARED, *threads(1), *HUGE))
    one = seconds(run_host(facts, SCENE, *ISOLATED, *threads(1), *HUGE))
    two, eight = two_frames(facts, 2), two_frames(facts, 8)
    return {
        "isolated -t 1": shared / one,
        "isolated -t 2": one / two[0],
        "isolated -t 2 of control": one / two[0] / control,
        "isolated -t 8": two[1] / eight[1],
        "isolated -t 8 first": two[0] / eight[0],
    }
