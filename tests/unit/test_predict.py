"""What more cores would bring: threads, cores and a GIL, played event by event."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from stored_sweeps import Run, StoreIt, scales, store_once

from pynodes.predict.crew import Rules, Visit, play
from pynodes.predict.forecast import as_json, forecasts
from pynodes.predict.work import MOST_VISITS, Frame, cut, even_tiles, strips_of
from pynodes.report.chapter import chapter
from pynodes.report.page import build

ENGINES: dict[str, list[Any]] = {"threads": [1, 2, 4], "engine": ["shared", "isolated"]}
ONE_GIL = Rules(cores=64, shares_gil=True)
NO_GIL = Rules(cores=64, shares_gil=False)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoreIt:
    return store_once(tmp_path_factory)


def tiles(number: int, native_s: float, python_s: float, **more: Any) -> list[tuple[Visit]]:
    return [(Visit(native_s, python_s, **more),)] * number


def frame(visits: float, native_s: float = 0.4, python_s: float = 0.8) -> Frame:
    return Frame(native_s, python_s, 0.0, even_tiles(16), 32, visits, calls=visits)


# --- threads, cores, the GIL ---


def test_one_thread_takes_the_sum_of_its_work_and_never_waits() -> None:
    played = play(tiles(10, 0.002, 0.003), 1, ONE_GIL)

    assert played.frame_s == pytest.approx(0.05)
    assert played.wait_s == played.core_s == 0


def test_threads_without_a_common_gil_share_the_work() -> None:
    assert play(tiles(64, 0.002, 0.003), 8, NO_GIL).frame_s == pytest.approx(8 * 0.005)


@pytest.mark.parametrize("threads", [2, 3, 4, 8])
@pytest.mark.parametrize("native", [0.0, 0.0003, 0.001])
def test_busy_gil_is_as_the_formula_says(threads: int, native: float) -> None:
    number, python, n = 64, 0.001, threads
    formula = n * (native + number * python) - python * n * (n - 1) / 2
    formula -= number * (native + python)

    played = play(tiles(number, native, python), threads, ONE_GIL)

    assert played.frame_s == pytest.approx(native + number * python)
    assert played.wait_s == pytest.approx(formula)
    # who leaves Python and wants it again at once has it before the one it woke
    assert played.handovers == (number - 1 if native else n - 1)


def test_more_threads_than_cores_are_no_faster_and_wait_for_a_core() -> None:
    rules = Rules(cores=2, shares_gil=False)

    played = play(tiles(80, 0.002, 0.003), 8, rules)

    assert played.frame_s == pytest.approx(0.2, rel=0.02)
    assert played.core_s == pytest.approx(6 * 0.2, rel=0.1)


def test_thread_in_python_is_forced_off_after_each_switch_interval() -> None:
    rules = Rules(cores=64, shares_gil=True, has_turnstile=False)

    played = play(tiles(2, 0.0, 0.1), 2, rules)

    assert played.frame_s == pytest.approx(0.2)
    assert played.handovers == pytest.approx(0.2 / rules.switch_interval_s, abs=2)


def test_switches_that_cost_more_than_their_interval_still_come_to_an_end() -> None:
    rules = Rules(
        cores=2, shares_gil=True, has_turnstile=False, switch_interval_s=1e-4, handover_s=1e-3,
        wake_s=2e-5,
    )  # fmt: skip

    played = play(tiles(4, 0.0, 0.01), 2, rules)

    assert 0.04 < played.frame_s < 0.2


def test_one_that_often_leaves_python_waits_an_interval_each_time() -> None:
    """The convoy: short visits beside a busy thread, which has the GIL back at once."""
    short = [tuple(Visit(0.0, 0.00001, 0.00001, calls=1) for _ in range(20))]
    rules = Rules(cores=64, shares_gil=True, has_turnstile=False)

    alone = play(short, 1, rules).frame_s
    beside = play([*tiles(1, 0.0, 0.5), *short], 2, rules)

    assert alone < 0.001
    assert beside.wait_s > 20 * rules.switch_interval_s


def test_turnstile_lets_one_more_in_when_calls_sleep_long() -> None:
    asleep = tiles(4, 0.0, 0.0001, asleep_s=0.05, calls=1)
    quick = tiles(40, 0.0, 0.0001, asleep_s=0.0005, calls=1)

    assert play(asleep, 4, ONE_GIL).frame_s < 0.5 * 4 * 0.05
    assert play(quick, 4, ONE_GIL).frame_s == pytest.approx(40 * 0.0006, rel=0.05)


def test_each_handover_takes_time_from_all() -> None:
    rules = Rules(cores=64, shares_gil=True, handover_s=0.001, wake_s=0.0005)

    played = play(tiles(20, 0.0, 0.01), 2, rules)

    assert played.frame_s >= 20 * 0.01 + played.handovers * 0.001
    assert played.handovers > 0


def test_no_more_threads_begin_at_once_than_may() -> None:
    rules = Rules(cores=64, shares_gil=False, begin_s=0.1, begins_at_once=2)

    played = play(tiles(80, 0.0, 0.01), 8, rules)

    assert played.begin_s < 8 * 0.1  # who comes last finds no tile and makes nothing
    assert played.frame_s > 0.1 + 80 * 0.01 / 8


def test_busy_cores_slow_each_other_as_they_were_measured_to() -> None:
    rules = Rules(cores=2, shares_gil=False, slowdown=lambda busy: 1.25)

    assert play(tiles(80, 0.0, 0.01), 2, rules).frame_s == pytest.approx(0.5)


# --- a frame's work ---


def test_last_tiles_are_cut_into_strips_as_the_host_does() -> None:
    assert strips_of(80, 32, 1) == (0, 1)
    assert strips_of(80, 32, 4) == (4, 4)
    assert strips_of(80, 32, 200) == (80, 12)
    assert strips_of(4, 32, 1000) == (4, 32)


@pytest.mark.parametrize("threads", [1, 3, 40])
def test_no_work_is_lost_in_cutting(threads: int) -> None:
    made = cut(frame(visits=48), threads)

    assert sum(visit.native_s for tile in made.tiles for visit in tile) == pytest.approx(0.4)
    assert sum(visit.python_s for tile in made.tiles for visit in tile) == pytest.approx(0.8)


def test_frame_of_very_many_visits_is_played_in_part() -> None:
    made = cut(frame(visits=20 * MOST_VISITS), 2)

    assert made.part == pytest.approx(1 / 20)
    assert sum(map(len, made.tiles)) == pytest.approx(MOST_VISITS, rel=0.01)
    assert sum(visit.python_s for tile in made.tiles for visit in tile) == pytest.approx(0.8 / 20)


def test_larger_frame_has_as_many_tiles_of_the_same_cost() -> None:
    larger = frame(visits=16).times(10)

    assert len(larger.tiles) == 160
    assert larger.python_s == pytest.approx(8.0)
    assert sum(python for _, python in larger.tiles) == pytest.approx(1.0)


# --- of a stored sweep ---


def measured(settings: Mapping[str, Any], chance: Random) -> Run:
    """As `scales`, with what else is measured."""
    run = scales(settings, chance)
    threads = settings["threads"]
    run.cpu_s = run.native_s + run.python_s
    run.more = {
        "tiles": 64,
        "tile": 32,
        "waits": 64,
        "gil": True,
        "per_thread": [{"wall_s": run.render_s - 0.02}] * threads,
    }
    return run


def of_run(settings: Mapping[str, Any], chance: Random) -> Run:
    run = measured(settings, chance)
    run.more |= {"python_cpu_s": run.python_s, "handovers": 60 if settings["threads"] > 1 else 0}
    return run


def test_forecast_is_near_what_was_measured_and_knows_which_engine_scales(stored: StoreIt) -> None:
    shared, isolated = forecasts(stored(ENGINES, of_run), (1, 2, 64))

    assert shared.way.shares_gil
    assert not isolated.way.shares_gil
    assert shared.worst < 0.15
    assert isolated.worst < 0.15
    assert shared.points[0].frame_s / shared.points[2].frame_s < 1.6
    assert isolated.points[0].frame_s / isolated.points[2].frame_s > 10
    assert shared.points[2].share.limit == "waiting for the interpreter"


def test_forecast_says_what_was_used_for_it_and_what_it_takes_for_granted(stored: StoreIt) -> None:
    shared, isolated = forecasts(stored(ENGINES, of_run), (64,))

    assert [check.calibrates for check in shared.checks] == [True, True, False]
    assert [check.calibrates for check in isolated.checks] == [True, True, False]
    assert any("tiles cost the same" in what for what in isolated.way.assumed)


def test_cores_beyond_those_measured_give_two_figures(stored: StoreIt) -> None:
    def slowed(settings: Mapping[str, Any], chance: Random) -> Run:
        run = of_run(settings, chance)
        if settings["threads"] > 1:
            run.cpu_s = (run.cpu_s or 0.0) * 1.1
            run.more |= {"python_cpu_s": run.python_s * 1.1}
        return run

    _, isolated = forecasts(stored(ENGINES, slowed), (2, 64))
    here, there = isolated.points

    assert here.slowest_s == here.frame_s
    assert there.slowest_s > 2 * there.frame_s


def test_sweep_without_a_cell_of_one_thread_has_no_forecast(stored: StoreIt) -> None:
    assert not list(forecasts(stored({"threads": [2, 4]}, of_run), (8,)))


@pytest.mark.parametrize(
    "odd",
    [
        {"tiles": 0, "waits": 0, "tile": 0, "per_thread": []},
        {"tiles": 10**18, "node_calls": 10**18, "vcsw": 10**18},
        {"per_thread": [{"wall_s": 1e15}], "switch_interval": 1e-300, "handovers": 10**18},
    ],
)
def test_record_that_anybody_wrote_gives_a_forecast_or_none(
    stored: StoreIt, odd: dict[str, Any]
) -> None:
    def strange(settings: Mapping[str, Any], chance: Random) -> Run:
        run = of_run(settings, chance)
        run.more |= odd
        return run

    for each in forecasts(stored({"threads": [1, 2]}, strange, rounds=1), (8,)):
        assert each.points[0].frame_s > 0


def test_page_says_what_engines_would_do_on_more_cores(stored: StoreIt) -> None:
    html = build([chapter(stored(ENGINES, of_run))], made_by="pynodes", when=datetime.now(UTC))

    card = html[html.index("On more cores: predicted, not measured") :]
    assert card.index("64 cores") < card.index("256 cores")
    assert re.search("off by up to [0-9]+ %", card)


def test_json_has_checks_points_and_what_is_not_known(stored: StoreIt) -> None:
    sweep = stored(ENGINES, of_run)

    found = as_json(sweep, list(forecasts(sweep, (1, 8))))

    assert found["cores_here"] == 2
    assert [way["engine"] for way in found["ways"]] == ["shared", "isolated"]
    assert [point["cores"] for point in found["ways"][0]["points"]] == [1, 8]
    assert found["unknown"]
