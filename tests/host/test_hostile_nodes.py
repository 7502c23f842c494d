"""Nodes and scripts that do what they should not: nothing may crash, hang, or go on in secret."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from host_runner import RunHost, StartHost, find_host
from host_scenes import flat_scene

SMALL = ("--size", "24x16", "--samples", "1", "--tile", "8", "-t", "3")
SERIES = (*SMALL, "--frames", "1..2", "--out", "f_#.npy")  # so that what a node did is met again
WHITE = "self.output.Color = (1, 1, 1, 1)"


def once(body: str) -> str:
    """A call that does the body at one pixel, and is white otherwise."""
    inner = "\n".join("    " + line for line in body.strip("\n").splitlines())
    return f"{WHITE}\nif self.shi.pixel == (9, 5):\n{inner}\n"


# --- sys.modules, garbage, tracing, signals ---


LOSE = """
for name in list(sys.modules):
    if name.startswith(("pynodes", "_pynodes")):
        {how}
"""


@pytest.mark.parametrize(
    "how",
    ["del sys.modules[name]", "sys.modules[name] = sys.modules['_io']", "sys.modules[name] = None"],
)
def test_modules_taken_from_the_host_are_an_error_and_no_crash(
    run_host: RunHost, engine: str, how: str
) -> None:
    scene = flat_scene(once(LOSE.format(how=how)), imports="import sys")
    run = run_host(*SERIES, "--engine", engine, scene=scene, status=None)
    assert run.status in (0, 10), str(run)
    # A thread that only begins finds them gone; one that has its nodes goes on.
    assert run.status == 0 or len(run.of("error")) == 1
    assert run.one("bye")["code"] == run.status


@pytest.mark.parametrize(
    "body",
    [
        "gc.collect(); gc.freeze(); gc.set_threshold(1)",
        "sys.settrace(lambda *a: None); threading.settrace(lambda *a: None)",
        "getattr(threading, 'settrace_all_threads', sys.settrace)(lambda *a: None)",
        "asyncio.run(asyncio.sleep(0.001))",
        "sys.stdout = sys.stderr = None",
        "weakref.finalize(self, print, 'gone')",
        "_thread.start_new_thread(time.sleep, (0.05,))",
    ],
)
def test_odd_but_lawful_things_change_nothing(run_host: RunHost, engine: str, body: str) -> None:
    imports = "import _thread, asyncio, gc, sys, threading, time, weakref"
    scene = flat_scene(once(body), imports=imports)
    run = run_host(*SERIES, "--engine", engine, scene=scene)
    assert all(frame["tiles_done"] == 6 for frame in run.of("frame"))


def test_faulthandler_switched_off_leaves_the_hosts_own_last_event(
    start_host: StartHost,
) -> None:
    call = "import ctypes, faulthandler\nfaulthandler.disable()\nctypes.string_at(0)"
    run = start_host(*SMALL, "-t", "1", scene=flat_scene(call)).end()
    assert run.status == -11
    assert run.one("crash")["signal"] == 11


def test_signal_handlers_are_refused_to_nodes_and_taken_back_from_scripts(
    start_host: StartHost, tmp_path: Path
) -> None:
    refused = "signal.signal(signal.SIGINT, signal.SIG_IGN)"
    run = start_host(*SMALL, scene=flat_scene(refused, imports="import signal")).end()
    assert run.status == 11
    assert "signal only works in main thread" in run.first_error()["what"]

    # A copy of the script that a render thread runs cannot; the main thread's run can.
    taken = """
import pathlib, signal, threading, time
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, lambda *a: None)
"""
    hold = f"pathlib.Path({str(tmp_path / 'there')!r}).touch()\ntime.sleep(0.02)\n{WHITE}"
    host = start_host(
        "--size",
        "256x256",
        "--tile",
        "4",
        "-t",
        "2",
        "--engine",
        "shared",
        scene=taken + flat_scene(hold),
    )
    end = time.monotonic() + 30
    while not (tmp_path / "there").exists():
        assert time.monotonic() < end
        time.sleep(0.005)
    host.send(signal.SIGINT)
    assert host.end().status == 14, "Ctrl-C still works"


# --- the end of nodes ---


@pytest.mark.parametrize(
    "body", ["raise ValueError('late')", "sys.exit(4)", "gc.collect()", "self.input.Coords"]
)
def test_del_of_a_node_cannot_stop_the_run(run_host: RunHost, engine: str, body: str) -> None:
    scene = flat_scene(WHITE, imports="import gc, sys").replace(
        "    def __call__", f"    def __del__(self):\n        {body}\n\n    def __call__"
    )
    run = run_host(*SERIES, "--engine", engine, scene=scene)
    assert all(frame["tiles_done"] == 6 for frame in run.of("frame"))


# --- os.fork ---


@pytest.mark.parametrize("after", ["pass", "raise ValueError(child)", "sys.exit(7)"])
def test_child_of_a_fork_does_not_go_on_rendering(
    run_host: RunHost, after: str, tmp_path: Path
) -> None:
    body = f"""
child = os.fork()
if child == 0:
    {after}
else:
    with open({str(tmp_path / "children")!r}, "a") as children:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=children)
"""
    scene = flat_scene(once(body), imports="import os, sys")
    run = run_host(*SERIES, "--engine", "shared", scene=scene)
    assert (tmp_path / "children").read_text().split() == ["1", "1"], (
        "one child a frame, ended by the host"
    )
    assert "came back from the node" in run.stderr
    assert len(run.of("tile")) == 12 and len(run.of("bye")) == 1


def test_fork_is_refused_in_an_interpreter_of_its_own(run_host: RunHost, has_own_gil: bool) -> None:
    if not has_own_gil:
        pytest.skip("engine isolated needs Python 3.12 or later")
    scene = flat_scene(once("os.fork()"), imports="import os")
    run = run_host(*SMALL, "--engine", "isolated", scene=scene, status=11)
    assert "fork" in run.one("error")["what"]


def test_child_of_a_fork_in_the_script_ends_there(run_host: RunHost) -> None:
    run = run_host(
        *SERIES, "--engine", "shared", scene="import os\nos.fork()\n" + flat_scene(WHITE)
    )
    assert len(run.of("bye")) == 1 and len(run.of("frame")) == 2


# --- what is left running ---


def test_thread_that_never_ends_holds_the_host_up_for_some_seconds_only(
    run_host: RunHost, engine: str
) -> None:
    body = "threading.Thread(target=time.sleep, args=(600,), name='endless', daemon=False).start()"
    scene = flat_scene(once(body), imports="import threading, time")
    run = run_host(*SMALL, "--engine", engine, "--stop-limit", "1", scene=scene)
    said = [warning["what"] for warning in run.of("warning")]
    assert any("endless" in what for what in said)
    assert any("did not end within 1 s" in what for what in said)
    assert (run.pixels() == 1).all()
    assert run.one("bye")["code"] == 0


def test_thread_without_an_object_is_waited_for_where_it_would_be_fatal(
    run_host: RunHost, has_own_gil: bool
) -> None:
    if not has_own_gil:
        pytest.skip("engine isolated needs Python 3.12 or later")
    body = "_thread.start_new_thread(time.sleep, (0.3,))"
    scene = flat_scene(once(body), imports="import _thread, time")
    run = run_host(*SERIES, "--engine", "isolated", scene=scene)
    assert run.one("bye")["code"] == 0


def test_programs_that_a_node_leaves_running_do_not_hold_the_events_open(
    run_host: RunHost, tmp_path: Path
) -> None:
    pid = tmp_path / "pid"
    body = f"os.system('sleep 60 >&- 2>&- & echo $! >{pid}')"
    begin = time.monotonic()
    run_host(*SMALL, "--engine", "shared", scene=flat_scene(once(body), imports="import os"))
    assert time.monotonic() - begin < 50, "the reader saw the end of the events"
    os.kill(int(pid.read_text()), 9)


# --- modules, workers, streams ---


def test_datetime_first_loaded_by_render_threads_is_safe(
    run_host: RunHost, has_own_gil: bool
) -> None:
    """Its static types crash own-GIL interpreters that load it first: python/cpython#136421."""
    if not has_own_gil:
        pytest.skip("engine isolated needs Python 3.12 or later")
    body = "import datetime, zipfile, csv, email.message\nfrom importlib import metadata"
    for _ in range(5):
        run_host(*SERIES, "--engine", "isolated", scene=flat_scene(f"{body}\n{WHITE}"))


def test_worker_that_a_node_ends_with_a_status_of_ours_counts_as_dead(run_host: RunHost) -> None:
    """Only a worker that said why may end the run for all."""
    scene = flat_scene(once("os._exit(11)"), imports="import os")
    run = run_host(*SMALL, "--engine", "process", scene=scene, status=15)
    assert any("exited with status 11" in warning["what"] for warning in run.of("warning"))
    assert run.one("frame")["tiles_done"] == 5


def test_reader_of_the_events_that_goes_away_ends_the_run(engine: str, tmp_path: Path) -> None:
    scene = tmp_path / "scene.py"
    scene.write_text(flat_scene(f"time.sleep(0.005)\n{WHITE}", imports="import time"))
    reader, writer = os.pipe()
    host = subprocess.Popen(
        [
            find_host(),
            "--events-fd",
            str(writer),
            "--engine",
            engine,
            "-t",
            "3",
            "--tile",
            "4",
            "--size",
            "256x256",
            str(scene),
        ],
        pass_fds=(writer,),
    )
    os.close(writer)
    with os.fdopen(reader) as lines:
        while json.loads(lines.readline())["ev"] != "tile":
            pass
    try:
        assert host.wait(30) == 14
    finally:
        host.kill()


def test_closed_standard_streams_are_no_trouble(tmp_path: Path) -> None:
    scene = tmp_path / "scene.py"
    scene.write_text(flat_scene(f"print('x', flush=True)\n{WHITE}"))
    out = tmp_path / "out.npy"
    command = f"exec {find_host()} --size 16x12 --out {out} {scene} <&- >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", command]).returncode == 0
    assert out.read_bytes().startswith(b"\x93NUMPY")


def test_staticmethod_call_gets_no_self(run_host: RunHost) -> None:
    scene = flat_scene("raise AssertionError").replace("def __call__(self)", "def other(self)")
    scene = scene.replace("def build", "Probe.__call__ = staticmethod(lambda: None)\n\ndef build")
    run = run_host(*SMALL, scene=scene)
    assert (run.pixels() == 0).all()
