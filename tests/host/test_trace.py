"""The host's timeline: valid whatever the engine and the end, bounded, and marked when cut."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from host_runner import RunHost, StartHost, find_host
from host_scenes import flat_scene, node_scene
from trace_rules import problems

from pynodes.trace import chrome
from pynodes.trace.timeline import Trace

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "16")
WHITE = "self.output.Color = (1, 1, 1, 1)"
TILES = 6


def loaded(path: Path) -> Trace:
    """The host's file, which must be JSON as it stands and keep the rules."""
    events = json.loads(path.read_text())
    assert list(problems(events)) == []
    trace = chrome.load(path)
    assert trace.torn.count == 0
    return trace


def of(trace: Trace, name: str) -> list[dict[str, Any]]:
    return [span.args for span in trace.spans if span.name == name]


def test_timeline_of_every_engine_has_all_threads(
    run_host: RunHost, tmp_path: Path, engine: str
) -> None:
    path = tmp_path / "t.json"
    run_host(*SMALL, "-t", "2", "--engine", engine, "--frames", "1,2", "--trace", str(path),
             "--out", "f_#.npy", scene=flat_scene(WHITE))  # fmt: skip
    trace = loaded(path)
    frames = {frame for _, frame in trace.frames}
    assert frames == {1, 2}
    assert Counter(args["tile"] for args in of(trace, "tile")).keys() == set(range(TILES))
    assert sum(args["calls"] for args in of(trace, "tile")) == 2 * 48 * 32 * 2
    assert sum(args["calls"] for args in of(trace, "node")) == 2 * 48 * 32 * 2
    assert len(of(trace, "wait to attach")) == len(of(trace, "attached")) > 0
    names = {trace.label(thread) for thread in trace.threads()}
    if engine == "process":
        assert {"worker 0", "worker 1"} <= set(trace.processes.values())
    else:
        assert {"main", "render-0", "render-1"} <= names


@pytest.mark.parametrize("attach", ["fresh", "call", "row", "tile", "thread"])
@pytest.mark.parametrize("calls", [(), ("--trace-calls",)])
def test_timeline_of_every_policy_nests(
    run_host: RunHost, tmp_path: Path, attach: str, calls: tuple[str, ...]
) -> None:
    path = tmp_path / "t.json"
    run = run_host(
        *SMALL, "-t", "2", "--engine", "shared", "--attach", attach, "--trace", str(path), *calls,
        scene=node_scene(WHITE),
    )  # fmt: skip
    trace = loaded(path)
    assert len(of(trace, "call")) == (run.one("frame")["node_calls"] if calls else 0)
    assert any(
        stretch.state == ("calls" if attach in ("fresh", "call") and not calls else "python")
        for thread, stretches in trace.all_stretches().items()
        if trace.is_render_thread(thread)
        for stretch in stretches
    )


def test_timeline_agrees_with_the_figures(run_host: RunHost, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    run = run_host(*SMALL, "-t", "2", "--engine", "shared", "--trace", str(path),
                   scene=flat_scene(WHITE))  # fmt: skip
    trace = loaded(path)
    for event in run.of("thread"):
        spans = [span for span in trace.spans if span.thread.tid == event["thread"] + 1]
        waited = sum(span.duration for span in spans if span.name == "wait to attach")
        assert waited * 1e3 == pytest.approx(event["wait_ns"], abs=10)
        tiles = sum(span.duration for span in spans if span.name == "tile")
        parts = event["native_ns"] + event["python_ns"] + event["wait_ns"]
        assert tiles * 1e3 == pytest.approx(parts, abs=50)


def test_picture_is_the_same_when_traced(run_host: RunHost, tmp_path: Path) -> None:
    scene = node_scene("self.output.Color = (self.shi.random(), 0, 0, 1)")
    plain = run_host(*SMALL, "-t", "2", scene=scene).pixels()
    traced = run_host(*SMALL, "-t", "2", "--trace", str(tmp_path / "t.json"), "--trace-calls",
                      scene=scene).pixels()  # fmt: skip
    assert traced.tobytes() == plain.tobytes()


def test_spans_without_room_are_left_out_and_reported(run_host: RunHost, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    run = run_host("--size", "128x128", "--samples", "1", "--tile", "1", "-t", "1",
                   "--trace", str(path), scene=flat_scene(WHITE))  # fmt: skip
    (warning,) = run.of("warning")
    assert "spans are not in the trace" in warning["what"] and warning["help"]
    left_out = int(warning["what"].split()[0])
    assert loaded(path).left_out == left_out > 0


def test_killed_host_leaves_the_frames_it_had(start_host: StartHost, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    running = start_host(
        *SMALL, "-t", "2", "--frames", "1..1000", "--trace", str(path), "--out", "f_####.npy",
        scene=flat_scene(WHITE),
    )  # fmt: skip
    running.wait_for("frame", 3)
    running.send(signal.SIGKILL)
    running.end()
    trace = chrome.load(path)
    assert len(of(trace, "render")) >= 1
    events, _ = chrome.read_events(path)
    assert list(problems({"traceEvents": chrome.finished(events)})) == []


def test_full_disk_cuts_the_timeline_not_the_render(run_host: RunHost) -> None:
    run = run_host(*SMALL, "-t", "2", "--trace", "/dev/full", scene=flat_scene(WHITE))
    (warning,) = run.of("warning")
    assert "No space left" in warning["what"]
    assert run.one("frame")["tiles_done"] == TILES


@pytest.mark.parametrize("engine", ["shared", "process"])
def test_place_that_cannot_be_written_is_refused(run_host: RunHost, engine: str) -> None:
    run = run_host(*SMALL, "--engine", engine, "-t", "2", "--trace", "/nowhere/t.json",
                   scene=flat_scene(WHITE), status=13)  # fmt: skip
    assert "/nowhere/t.json" in run.one("error")["what"]


def test_calls_without_a_trace_are_refused(run_host: RunHost) -> None:
    run = run_host("--trace-calls", scene=flat_scene(WHITE), status=2)
    assert "--trace FILE.json" in run.one("error")["help"]


# --- through the command ---


def render(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "dots.py").write_text(node_scene(WHITE))
    root = str(Path(chrome.__file__).parents[2])
    return subprocess.run(
        [sys.executable, "-m", "pynodes", "render", "dots.py", "--size", "48x32", *arguments],
        cwd=folder,
        env={**os.environ, "PYNODES_HOST": str(find_host()), "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_command_writes_a_valid_timeline_and_nothing_else(tmp_path: Path) -> None:
    done = render(tmp_path, "-t", "2", "--trace", "out.json", "--trace-calls", "--json")

    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["trace"] == "out.json"
    assert len(record["per_thread"]) == 2
    document = json.loads((tmp_path / "out.json").read_text())
    assert list(problems(document)) == []
    names = Counter(event["name"] for event in document["traceEvents"])
    assert names["Probe()"] == record["node_calls"] and names["render threads"] > 0
    assert document["otherData"]["scene"] == "dots.py"
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix != ".pyc") == [
        "dots.png", "dots.py", "out.json",
    ]  # fmt: skip


def test_command_draws_a_timeline(tmp_path: Path) -> None:
    done = render(tmp_path, "-t", "2", "--trace", "out.svg")

    assert done.returncode == 0, done.stderr
    assert "trace  out.svg" in done.stdout
    assert (tmp_path / "out.svg").read_text().startswith("<svg ")


@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("out.txt", 3, ".json or .svg"),
        ("no/out.json", 3, "nothing can be written in no"),
        (".", 2, "is a folder"),
    ],
)
def test_command_refuses_a_bad_place_before_it_renders(
    tmp_path: Path, name: str, status: int, said: str
) -> None:
    done = render(tmp_path, "--trace", name)

    assert done.returncode == status, done.stderr
    assert said in done.stderr
    assert not (tmp_path / "dots.png").exists()


def test_command_keeps_the_timeline_of_a_host_that_died(tmp_path: Path) -> None:
    (tmp_path / "die.py").write_text(
        flat_scene("if self.shi.frame == 2: os._exit(3)\n" + WHITE, imports="import os")
    )
    done = subprocess.run(
        [sys.executable, "-m", "pynodes", "render", "die.py", "--size", "16x16", "--frames", "1..3",
         "-o", "d_#.png", "--engine", "shared", "--trace", "out.json"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYNODES_HOST": str(find_host()),
            "PYTHONPATH": str(Path(chrome.__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )  # fmt: skip

    assert done.returncode == 4, done.stderr
    assert "the timeline goes as far as" in done.stderr
    document = json.loads((tmp_path / "out.json").read_text())
    assert list(problems(document)) == []
    assert [e["args"]["frame"] for e in document["traceEvents"] if e["name"] == "render"] == [1]
