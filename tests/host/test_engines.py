"""Every engine and attach policy: one picture, the same errors, and an orderly end."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from host_runner import HostRun, RunHost, StartHost, wait_for_file, wait_taken
from host_scenes import flat_scene, node_scene

from pynodes.model.place import describe_place

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "8")
WHITE = "self.output.Color = (1, 1, 1, 1)"
COLORFUL = """
x, y, z = self.input.Coords
r = self.shi.random()
self.output.Color = (abs(x) * r, abs(y), self.shi.uv[0], 1)
"""


def engine_of(run: HostRun) -> str:
    return str(run.of("scene")[-1]["engine"])


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_every_engine_gives_the_picture_of_one_thread(
    run_host: RunHost, engine: str, threads: int
) -> None:
    scene = node_scene(COLORFUL)
    reference = run_host(*SMALL, "--engine", "shared", "-t", "1", scene=scene).pixels()
    run = run_host(*SMALL, "--engine", engine, "-t", str(threads), scene=scene)
    assert run.pixels().tobytes() == reference.tobytes()
    assert engine_of(run) == engine
    assert run.one("scene")["threads"] == threads
    assert sorted(tile["i"] for tile in run.of("tile")) == list(range(24))


@pytest.mark.parametrize("attach", ["fresh", "call", "row", "tile", "thread"])
@pytest.mark.parametrize("turnstile", ["on", "off"])
def test_every_attach_policy_gives_the_picture_of_one_thread(
    run_host: RunHost, attach: str, turnstile: str
) -> None:
    scene = node_scene(COLORFUL)
    reference = run_host(*SMALL, "-t", "1", scene=scene).pixels()
    run = run_host(
        *SMALL,
        "--engine",
        "shared",
        "--attach",
        attach,
        "--turnstile",
        turnstile,
        "-t",
        "6",
        scene=scene,
    )
    assert run.pixels().tobytes() == reference.tobytes()
    assert run.one("scene")["attach"] == attach
    assert run.one("frame")["node_calls"] == sum(tile["calls"] for tile in run.of("tile"))
    assert run.one("frame")["python_ns"] >= 0 and run.one("frame")["wait_ns"] >= 0


def test_every_engine_renders_a_series_like_single_frames(
    run_host: RunHost, engine: str, tmp_path: Path
) -> None:
    scene = flat_scene("self.output.Color = (self.shi.frame / 10, self.shi.random(), 0, 1)")
    run = run_host(
        *SMALL, "--engine", engine, "-t", "3", "--frames", "1..4", "--out", "f_#.npy", scene=scene
    )
    assert [e["frame"] for e in run.of("frame")] == [1, 2, 3, 4]
    for frame in range(1, 5):
        alone = run_host(*SMALL, "-t", "1", "--frames", str(frame), scene=scene).pixels()
        assert np.array_equal(np.load(tmp_path / f"f_{frame}.npy"), alone)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("raise ValueError('no')", "ValueError: no"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("self()", "RecursionError: "),
    ],
)
def test_error_in_a_node_is_reported_once_on_every_engine(
    run_host: RunHost, engine: str, call: str, what: str
) -> None:
    run = run_host(*SMALL, "--engine", engine, "-t", "4", scene=flat_scene(call), status=11)
    error = run.first_error()
    assert what in error["what"] and error["pixel"] == [0, 0]
    assert "Traceback" in error["detail"]
    assert run.one("frame")["tiles_done"] == 24
    assert run.one("frame")["node_errors"] == 48 * 32 * 2
    assert sum(flaw["samples"] for flaw in run.of("flaw")) == 48 * 32 * 2


def test_broken_script_is_reported_once_on_every_engine(run_host: RunHost, engine: str) -> None:
    run = run_host(*SMALL, "--engine", engine, "-t", "4", scene="x = 1\n1 / 0\n", status=10)
    error = run.one("error")
    assert "ZeroDivisionError" in error["what"] and "scene_0.py:2" in error["where"]


def test_script_that_differs_from_run_to_run_is_refused_where_it_runs_more_than_once(
    run_host: RunHost,
    has_own_gil: bool,
) -> None:
    if not has_own_gil:
        pytest.skip("engine isolated needs Python 3.12 or later")
    scene = flat_scene(WHITE).replace("width=2.0", "width=1.0 + id(tree) % 1000 / 1000 + random()")
    run = run_host(
        *SMALL,
        "--engine",
        "isolated",
        "-t",
        "2",
        scene="from random import random\n" + scene,
        status=10,
    )
    assert "built another scene on render thread" in run.one("error")["what"]


# The module that refuses is CPython's own test module, so that nothing need be installed.
REFUSES = "import _testsinglephase"


@pytest.fixture
def refusing_module(run_host: RunHost, has_own_gil: bool) -> None:
    if not has_own_gil:
        pytest.skip("engine isolated needs Python 3.12 or later")
    run = run_host(
        "--size",
        "4x4",
        "--engine",
        "shared",
        "-t",
        "1",
        scene=flat_scene(WHITE, imports=REFUSES),
        status=None,
    )
    if run.status != 0:
        pytest.skip("this Python was installed without its test modules (_testsinglephase)")


@pytest.mark.usefixtures("refusing_module")
def test_module_that_refuses_an_own_gil_interpreter_is_named(run_host: RunHost) -> None:
    run = run_host(
        *SMALL,
        "--engine",
        "isolated",
        "-t",
        "2",
        scene=flat_scene(WHITE, imports=REFUSES),
        status=10,
    )
    error = run.one("error")
    assert "_testsinglephase" in error["what"]
    assert "shared" in error["help"] and "process" in error["help"]


@pytest.mark.usefixtures("refusing_module")
def test_auto_goes_on_with_shared_when_a_module_refuses_and_says_why(run_host: RunHost) -> None:
    run = run_host(*SMALL, "-t", "2", scene=flat_scene(WHITE, imports=REFUSES))
    assert engine_of(run) == "shared"
    if not run.one("interp")["free_threaded"]:
        assert "_testsinglephase" in run.of("scene")[-1]["why"]
    assert (run.pixels() == 1).all()


def test_auto_says_which_engine_and_why(run_host: RunHost, has_own_gil: bool) -> None:
    run = run_host(*SMALL, "-t", "2", scene=flat_scene(WHITE))
    interp = run.one("interp")
    expected = "isolated" if has_own_gil and not interp["free_threaded"] else "shared"
    assert engine_of(run) == expected
    assert run.one("scene")["why"]
    assert engine_of(run_host(*SMALL, "-t", "1", scene=flat_scene(WHITE))) == "shared"


def test_isolated_on_an_old_python_says_what_else_there_is(
    run_host: RunHost, has_own_gil: bool
) -> None:
    if has_own_gil:
        pytest.skip("this Python has engine isolated")
    error = run_host(*SMALL, "--engine", "isolated", scene=flat_scene(WHITE), status=2).one("error")
    assert "needs Python 3.12" in error["what"]
    assert "--engine shared" in error["help"]


HOLD = """
import os, time
if self.shi.pixel == (0, 0) and not os.path.exists("go"):
    with open("in_call", "w"):
        pass
    while not os.path.exists("go"):
        time.sleep(0.01)
self.output.Color = (1, 1, 1, 1)
"""


def test_ctrl_c_ends_every_engine_in_order(
    start_host: StartHost, engine: str, tmp_path: Path
) -> None:
    scene = flat_scene(HOLD)
    host = start_host(
        "--size",
        "256x256",
        "--samples",
        "4",
        "--tile",
        "8",
        "--engine",
        engine,
        "-t",
        "2",
        "--order",
        "scanline",
        scene=scene,
    )
    wait_for_file(tmp_path / "in_call")
    host.send(signal.SIGINT)
    wait_taken(host.process.pid, signal.SIGINT)
    (tmp_path / "go").touch()
    run = host.end()
    assert run.status == 14, str(run)
    assert run.one("error")["kind"] == "cancelled"
    assert run.one("bye")["code"] == 14
    assert 0 < run.one("frame")["tiles_done"] < 32 * 32


# --- deaths of worker processes ---


def test_tile_of_a_killed_worker_goes_to_another_and_the_picture_is_whole(
    run_host: RunHost, tmp_path: Path
) -> None:
    call = """
import os, signal
if self.shi.pixel == (20, 10) and not os.path.exists("died"):
    open("died", "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
self.output.Color = (1, 1, 1, 1)
"""
    run = run_host(*SMALL, "--engine", "process", "-t", "3", scene=flat_scene(call))
    assert (run.pixels() == 1).all()
    warning = run.one("warning")
    place = describe_place(node="Probe", pixel=(20, 10), sample=0, tile=8, frame=1)
    assert "was ended by signal 9" in warning["what"]
    assert warning["what"].endswith(f": {place}")
    assert "renders its tile again" in warning["help"]


def test_tile_that_kills_every_worker_is_lost_and_the_rest_is_there(run_host: RunHost) -> None:
    call = "import os\nif self.shi.pixel == (20, 10):\n    os._exit(0)\n" + WHITE
    run = run_host(
        *SMALL,
        "--engine",
        "process",
        "-t",
        "2",
        "--order",
        "scanline",
        scene=flat_scene(call),
        status=15,
    )
    assert "lost" in run.one("error")["what"]
    assert len(run.of("warning")) == 2
    picture = run.pixels()
    picture[8:16, 16:24] = 1
    assert (picture == 1).all()
    assert run.one("frame")["tiles_done"] == 23


def test_worker_that_always_dies_does_not_start_workers_for_ever(run_host: RunHost) -> None:
    run = run_host(
        *SMALL, "--engine", "process", "-t", "2", scene="import os\nos._exit(9)\n", status=15
    )
    assert run.one("bye")["code"] == 15
    assert len(run.of("warning")) <= 2 + 2 * 2


def test_picture_of_an_earlier_run_does_not_show_through(run_host: RunHost, tmp_path: Path) -> None:
    run_host(*SMALL, "--out", "same.npy", scene=flat_scene(WHITE))
    run = run_host(
        *SMALL,
        "--out",
        "same.npy",
        "--engine",
        "process",
        "-t",
        "2",
        "--only-tile",
        "3",
        scene=flat_scene(WHITE),
    )
    assert np.load(tmp_path / "same.npy").sum() == 8 * 8 * 4
    assert run.one("frame")["tiles"] == 1


def test_workers_die_with_the_host_that_started_them(start_host: StartHost, tmp_path: Path) -> None:
    call = (
        """
import os
if self.shi.pixel == (0, 0):
    with open("worker.tmp", "w") as f:
        f.write(str(os.getpid()))
    os.rename("worker.tmp", "worker")
    import threading
    threading.Event().wait(60)
"""
        + WHITE
    )
    host = start_host(*SMALL, "--engine", "process", "-t", "2", scene=flat_scene(call))
    wait_for_file(tmp_path / "worker")
    worker = int((tmp_path / "worker").read_text())
    host.send(signal.SIGKILL)
    host.end()
    end = time.monotonic() + 20
    while Path(f"/proc/{worker}/stat").exists():
        if Path(f"/proc/{worker}/stat").read_text().split()[2] == "Z":
            break
        assert time.monotonic() < end, "the worker outlived its host"
        time.sleep(0.01)


# --- what survives between calls, by policy ---


@pytest.mark.parametrize(
    ("attach", "survives"), [("tile", True), ("row", True), ("call", True), ("fresh", False)]
)
def test_thread_locals_live_as_long_as_the_thread_state(
    run_host: RunHost, attach: str, survives: bool
) -> None:
    call = (
        "self.output.Color = (1.0 if hasattr(LOCAL, 'seen') else 0.0, 0, 0, 1)\nLOCAL.seen = True"
    )
    scene = flat_scene(call, imports="import threading\nLOCAL = threading.local()")
    picture = run_host(
        "--size",
        "8x8",
        "--samples",
        "1",
        "--engine",
        "shared",
        "--attach",
        attach,
        "-t",
        "1",
        "--order",
        "scanline",
        scene=scene,
    ).pixels()
    assert picture[0, 0, 0] == 0
    assert picture[7, 7, 0] == float(survives)


def test_switch_interval_holds_for_the_run_and_is_put_back(run_host: RunHost, engine: str) -> None:
    call = (
        "import sys\nassert abs(sys.getswitchinterval() - 0.25) < 1e-6, sys.getswitchinterval()\n"
        + WHITE
    )
    imports = "import atexit, sys\natexit.register(lambda: print('after', sys.getswitchinterval()))"
    run = run_host(
        *SMALL,
        "--engine",
        engine,
        "-t",
        "2",
        "--switch-interval",
        "0.25",
        scene=flat_scene(call, imports=imports),
    )
    if engine == "shared":
        assert "after 0.005" in run.stdout


@pytest.mark.parametrize("value", ["0", "-1", "nan", "1e9", "fast"])
def test_switch_interval_out_of_range_is_a_usage_error(run_host: RunHost, value: str) -> None:
    error = run_host(*SMALL, "--switch-interval", value, scene=flat_scene(WHITE), status=2).one(
        "error"
    )
    assert "--switch-interval" in error["what"]


def test_blocking_nodes_overlap_although_one_thread_at_a_time_gets_through(
    run_host: RunHost,
) -> None:
    """Eight threads that sleep 0.2 s take far less than eight times that: permits are issued."""
    call = "time.sleep(0.2)\n" + WHITE
    run = run_host(
        "--size",
        "8x1",
        "--samples",
        "1",
        "--tile",
        "1",
        "-t",
        "8",
        "--engine",
        "shared",
        scene=flat_scene(call, imports="import time"),
    )
    assert run.one("frame")["render_ns"] < 0.2e9 * 8 * 0.6


def test_options_of_host_and_package_agree(run_host: RunHost) -> None:
    from pynodes.options.table import table_differences

    assert table_differences(json.loads(run_host("--describe").stdout)) == []


GIL_USER = """
#include <Python.h>
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "giluser", NULL, -1};
PyMODINIT_FUNC PyInit_giluser(void) { return PyModule_Create(&def); }
"""


def make_module_that_uses_the_gil(run_host: RunHost, folder: Path) -> None:
    """Compile an extension that says nothing of free threading beside the scenes."""
    interp = run_host("--size", "4x4", scene=flat_scene(WHITE)).one("interp")
    if not interp["free_threaded"]:
        pytest.skip("needs a free-threaded Python")
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    where = "import sysconfig; print(sysconfig.get_path('include'))"
    asked = subprocess.run(
        [interp["executable"], "-c", where], capture_output=True, text=True, check=True
    )
    (folder / "giluser.c").write_text(GIL_USER)
    command = [compiler, "-shared", "-fPIC", f"-I{asked.stdout.strip()}", "giluser.c"]
    subprocess.run([*command, "-o", "giluser.so"], cwd=folder, check=True)


def test_module_that_turns_the_gil_on_is_named_and_the_render_goes_on(
    run_host: RunHost, tmp_path: Path
) -> None:
    make_module_that_uses_the_gil(run_host, tmp_path)
    run = run_host(*SMALL, "-t", "2", scene=flat_scene(WHITE, imports="import giluser"))
    assert "giluser turned the GIL on" in run.one("warning")["what"]
    assert run.of("scene")[-1]["gil"] is True
    assert (run.pixels() == 1).all()


def test_scene_that_turns_the_gil_on_is_refused_when_asked(
    run_host: RunHost, tmp_path: Path
) -> None:
    make_module_that_uses_the_gil(run_host, tmp_path)
    scene = flat_scene(WHITE, imports="import giluser")
    run = run_host(*SMALL, "-t", "2", "--gil-returns", "stop", scene=scene, status=10)
    assert "giluser turned the GIL on" in run.one("error")["what"]
    assert "--gil-returns go" in run.one("error")["help"]
