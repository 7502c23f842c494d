"""tools/bench/theory.py: what it plays out is what its formula says."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools" / "bench"


@pytest.fixture(scope="module")
def theory() -> Any:
    before = sys.path[:]  # the tools put in more than this
    sys.path.insert(0, str(TOOLS))
    try:
        return import_module("theory")
    finally:
        sys.path[:] = before


def test_one_thread_never_waits(theory: Any) -> None:
    spent = theory.play(1, [1.0] * 10, native=2.0, python=3.0)

    assert spent == theory.Spent(wait=0.0, python=30.0, native=20.0, wall=50.0)


@pytest.mark.parametrize("threads", [2, 3, 4, 8])
@pytest.mark.parametrize("native", [0.0, 0.3, 1.0])
def test_busy_gil_is_as_the_formula_says(theory: Any, threads: int, native: float) -> None:
    tiles = 64

    spent = theory.play(threads, [1.0] * tiles, native, python=1.0)

    assert spent.wait == pytest.approx(theory.closed_form(threads, tiles, native, 1.0))
    assert spent.wall == pytest.approx(native + tiles)


def test_idle_gil_is_waited_for_at_the_start_only(theory: Any) -> None:
    """Two threads with more native work than Python fall out of step once."""
    spent = theory.play(2, [1.0] * 100, native=5.0, python=1.0)

    assert spent.wait == pytest.approx(1.0)


def test_strips_change_nothing_but_the_end(theory: Any) -> None:
    costs = theory.tile_costs(64, 4)

    assert sum(costs) == pytest.approx(64) and len(costs) == 64 - 4 + 16
    assert theory.tile_costs(64, 1) == [1.0] * 64
    spent = theory.play(4, costs, native=0.5, python=1.0)
    assert spent.wait == pytest.approx(theory.closed_form(4, 64, 0.5, 1.0), rel=0.05)


def test_calibration_shares_cpu_time_out(theory: Any) -> None:
    spent = theory.Spent(wait=0.0, python=3.0, native=1.0, wall=4.0)

    native, python = theory.calibrated(theory.Measured(spent, cpu=2.0, tiles=10))

    assert (native, python) == (pytest.approx(0.05), pytest.approx(0.15))
