"""Figures of a log of entries."""

from __future__ import annotations

from pynodes.model.event import Entered
from pynodes.replay.stats import main_wait, summarise


def entry(n: int, kind: str = "draw", **keys: object) -> Entered:
    return Entered(**{"n": n, "kind": kind, "who": "a.py", "took": 1000, **keys})  # type: ignore[arg-type]


def test_entries_are_summed_by_kind_and_name() -> None:
    found = list(
        summarise(
            [
                entry(0, took=1000),
                entry(1, "link", result="error", expected=True),
                entry(2, took=3000, wait=500, result="exit"),
                entry(3, took=8000, times=4, thread=2),
            ]
        )
    )

    draw, link = found
    assert (draw.kind, draw.times, draw.main, draw.errors) == ("draw", 6, 2, 0)
    assert draw.took_p50_s == 2e-6  # four calls of 2000 ns among six
    assert draw.took_p99_s == 3e-6
    assert draw.wait_max_s == 5e-7
    assert draw.results == {"exit": 1}
    assert (link.errors, link.expected) == (1, 1)


def test_main_wait_counts_outermost_entries_of_the_main_thread() -> None:
    waits = [entry(i, wait=i * 10) for i in range(100)]
    waits += [entry(200, wait=99999, thread=3), entry(201, wait=99999, depth=1)]

    found = main_wait(waits)

    assert (found.times, found.max_s, found.longest) == (100, 990e-9, "draw a.py")
    assert found.p50_s == 490e-9
    assert found.p99_s == 980e-9


def test_nothing_has_no_waits() -> None:
    assert main_wait([]).times == 0
