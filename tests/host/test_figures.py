"""What each render thread measures of itself, and what a run does of its start and end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from host_runner import HostRun, RunHost
from host_scenes import flat_scene, node_scene

from pynodes.model.figures import FIGURES, Fold, Shown, table_differences

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "8")
SHARED = ("--engine", "shared")
COLORFUL = "self.output.Color = (abs(self.input.Coords[0]), self.shi.random(), 0, 1)"
OF_THREADS = [row for row in FIGURES if row.wire and row.shown & Shown.THREAD]
SUMS = [row.wire for row in OF_THREADS if row.fold is Fold.SUM]


def threads_of(run: HostRun, frame: int = 1) -> list[dict[str, Any]]:
    return [event for event in run.of("thread") if event["frame"] == frame]


def test_every_thread_reports_once_a_frame_and_the_frame_sums_up(
    run_host: RunHost, engine: str
) -> None:
    run = run_host(
        *SMALL, "-t", "3", "--engine", engine, "--frames", "1,2", "--out", "f_#.npy",
        scene=node_scene(COLORFUL),
    )  # fmt: skip
    for frame in run.of("frame"):
        events = threads_of(run, frame["frame"])
        numbers = sorted(event["thread"] for event in events)
        # A worker that comes when all tiles are gone has nothing to report.
        assert numbers == [0, 1, 2] or (engine == "process" and set(numbers) <= {0, 1, 2})
        for name in SUMS:
            assert sum(event[name] for event in events) == frame[name], name
        assert max(event["wait_max_ns"] for event in events) == frame["wait_max_ns"]
        assert run.events.index(events[-1]) < run.events.index(frame)


def test_figures_of_a_thread_add_up(run_host: RunHost) -> None:
    run = run_host(*SMALL, *SHARED, "-t", "2", scene=flat_scene(COLORFUL))
    tiles = run.of("tile")
    at_work = [event for event in threads_of(run) if event["at"] > 0]
    assert at_work
    for event in at_work:
        parts = event["native_ns"] + event["python_ns"] + event["wait_ns"]
        assert 0 < parts <= event["wall_ns"]
        assert min(event[name] for name in ("native_ns", "python_ns", "wait_ns")) >= 0
        assert 0 < event["cpu_ns"] <= event["wall_ns"] * 1.05
        assert (
            event["wait_p50_ns"] <= event["wait_p99_ns"] <= event["wait_max_ns"] <= event["wait_ns"]
        )
        assert 0 < event["waits"] >= event["tiles_done"] - 1
    assert min(event["at"] for event in at_work) <= min(tile["at"] for tile in tiles)


def test_one_thread_takes_the_gil_from_nobody(run_host: RunHost) -> None:
    run = run_host(*SMALL, *SHARED, "-t", "1", scene=flat_scene(COLORFUL))
    assert run.one("thread")["handovers"] == 0
    assert run.one("frame")["handovers"] == 0


TAKE_TURNS = """
with Probe.lock:
    Probe.inside.add(threading.get_ident())
    Probe.lock.notify_all()
    # The first two threads meet: each must have been let in while the other was inside.
    assert Probe.lock.wait_for(lambda: len(Probe.inside) >= 2, 60)
self.output.Color = (1, 1, 1, 1)
"""
MEETING = {
    "imports": "import threading",
    "init": "Probe.lock = Probe.__dict__.get('lock') or threading.Condition()\n"
    "Probe.inside = Probe.__dict__.get('inside') or set()",
}


@pytest.mark.parametrize("attach", ["call", "row", "tile"])
def test_gil_that_changed_hands_is_counted(
    run_host: RunHost, attach: str, free_threaded: bool
) -> None:
    """Two threads that meet inside a call have each attached; one of them after the other."""
    if free_threaded:
        pytest.skip("threads of a free-threaded Python share no GIL, and no class")
    run = run_host(
        *SMALL, *SHARED, "-t", "2", "--attach", attach, scene=flat_scene(TAKE_TURNS, **MEETING)
    )
    events = threads_of(run)
    assert all(event["tiles_done"] > 0 for event in events)
    assert sum(event["handovers"] for event in events) >= 1
    assert all(event["handovers"] <= event["node_calls"] for event in events)


def test_interpreters_of_their_own_hand_nothing_over(run_host: RunHost, has_own_gil: bool) -> None:
    if not has_own_gil:
        pytest.skip("engine isolated needs Python 3.12 or later")
    run = run_host(*SMALL, "--engine", "isolated", "-t", "3", scene=flat_scene(COLORFUL))
    assert run.one("frame")["handovers"] == 0


@pytest.mark.parametrize(
    ("attach", "share"), [("tile", 1), ("row", 1), ("call", 17), ("fresh", 17)]
)
def test_attachments_that_are_timed_are_counted(run_host: RunHost, attach: str, share: int) -> None:
    run = run_host(
        "--size", "34x34", "--samples", "1", "--tile", "34", *SHARED, "-t", "1",
        "--attach", attach, scene=flat_scene(COLORFUL),
    )  # fmt: skip
    attachments = {"tile": 1, "row": 34, "call": 34 * 34, "fresh": 34 * 34}[attach]
    assert run.one("thread")["waits"] == attachments // share


def test_thread_with_nothing_to_do_reports_zeros(run_host: RunHost) -> None:
    scene = flat_scene(COLORFUL)
    run = run_host("--size", "1x1", "--samples", "1", *SHARED, "-t", "4", scene=scene)
    idle = [event for event in threads_of(run) if event["tiles_done"] == 0]
    assert len(threads_of(run)) == 4 and idle
    for event in idle:
        assert event["node_calls"] == event["python_ns"] == event["wait_max_ns"] == 0


def test_time_in_python_is_nobody_elses(run_host: RunHost, free_threaded: bool) -> None:
    """A call that never lets go of the GIL: threads are in Python one after the other, or wait."""
    if free_threaded:
        pytest.skip("threads of a free-threaded Python do not wait for each other")
    hold = """
end = time.perf_counter() + 0.03
while time.perf_counter() < end:
    pass
self.output.Color = (1, 1, 1, 1)
"""
    longest = 0
    for _ in range(5):  # the second thread may come when the first one has done it all
        run = run_host(
            "--size", "2x4", "--samples", "1", "--tile", "2", *SHARED, "-t", "2",
            "--turnstile", "off", "--switch-interval", "10",
            scene=flat_scene(hold, imports="import time"),
        )  # fmt: skip
        frame = run.one("frame")
        assert 8 * 30_000_000 <= frame["python_ns"] <= frame["render_ns"]
        longest = max(event["wait_max_ns"] for event in threads_of(run))
        assert frame["wait_max_ns"] == longest
        if longest >= 25_000_000:
            break
    assert longest >= 25_000_000


@pytest.mark.parametrize("engine", ["shared", "process"])
def test_start_and_stop_are_timed(run_host: RunHost, engine: str) -> None:
    run = run_host(*SMALL, "-t", "2", "--engine", engine, scene=flat_scene(COLORFUL))
    bye = run.one("bye")
    first = min(tile["at"] for tile in run.of("tile"))
    assert 0 < bye["start_ns"] <= first
    assert 0 < bye["stop_ns"] < bye["wall_ns"]
    assert bye["start_ns"] + bye["stop_ns"] < bye["wall_ns"]


def test_scene_that_never_was_ready_has_no_start(run_host: RunHost) -> None:
    run = run_host(*SMALL, "-t", "2", scene="1 / 0", status=10)
    assert run.one("bye")["start_ns"] == 0
    assert run.of("thread") == []


def test_host_has_the_figures_of_the_package(run_host: RunHost) -> None:
    assert table_differences(json.loads(run_host("--describe").stdout)) == []
