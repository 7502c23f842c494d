"""How a run begins and ends: flags, scripts that fail, signals, deaths, many threads."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from host_runner import RunHost, StartHost, wait_for_file, wait_taken
from host_scenes import flat_scene, node_scene

from pynodes.process import procfs

SMALL = ("--size", "32x24", "--samples", "1", "--tile", "8")
WHITE = "self.output.Color = (1, 1, 1, 1)"


def slots_of(page: Path) -> list[tuple[int, ...]]:
    """(tile, node, x, y, sample, frame, calls) of each thread."""
    data = page.read_bytes()
    magic, threads, size = struct.unpack_from("8sII", data)
    assert magic == b"PNSTAT1\0"
    return [struct.unpack_from("6iQ", data, 64 + i * size) for i in range(threads)]


# --- flags ---


@pytest.mark.parametrize(
    ("arguments", "what", "help"),
    [
        (["--threads", "0"], "--threads 0 is out of range", "from 1 to 1024"),
        (["-t", "1025"], "--threads 1025 is out of range", "from 1 to 1024"),
        (["-t", "two"], "--threads does not take 'two'", "--threads N|auto"),
        (["--size", "640"], "--size does not take '640'", "--size WxH"),
        (["--size", "0x5"], "--size 0x5 is out of range", "1 to 16384"),
        (["--samples", "-1"], "--samples -1 is out of range", "1 to 4096"),
        (["--tile", "1e3"], "--tile does not take '1e3'", "--tile N"),
        (["--seed", "99999999999999999999"], "--seed does not take", "--seed N"),
        (["--order", "random"], "--order does not take 'random'", "hilbert|scanline|spiral"),
        (["--frames", "5..1"], "--frames 5..1 is an empty or too long range", "A..B"),
        (["--frames", "1..9:0"], "--frames does not take '1..9:0'", "A..B:STEP"),
        (["--frames", "1,2", "--out", "x.npy"], "2 frames would all be written to x.npy", "####"),
        (["-D", "scale"], "--define does not take 'scale'", "NAME=VALUE"),
        (["--nothing"], "no option --nothing", "--help"),
        (["-x"], "no option -x", "--help"),
        (["--sampl", "4"], "no option --sampl", "--help"),  # getopt_long takes beginnings
        (["-h8"], "--help takes no value", ""),
        (["--stop-on-error=1"], "--stop-on-error takes no value", ""),
        (["--only-tile"], "--only-tile needs a value", "--only-tile I"),
        (["two.py"], "one scene a run", "once per scene"),
    ],
)
def test_wrong_flag_is_named_with_what_it_takes(
    run_host: RunHost, arguments: list[str], what: str, help: str
) -> None:
    # The scene comes last, so that "--only-tile" at the end really lacks its value.
    run = run_host("one.py", "--out", "y.npy", *arguments, scene=None, status=2)
    error = run.one("error")
    assert what in error["what"]
    assert help in error["help"]
    assert run.one("bye")["code"] == 2


def test_no_scene_is_a_usage_error(run_host: RunHost) -> None:
    assert "no scene given" in run_host(status=2).one("error")["what"]


def test_tile_that_does_not_exist_is_a_usage_error_with_the_range(run_host: RunHost) -> None:
    error = run_host(*SMALL, "--only-tile", "12", scene=flat_scene(WHITE), status=2).one("error")
    assert error["what"] == "there is no tile 12"
    assert "tiles 0 to 11" in error["help"]


def test_describe_lists_every_option_as_json(run_host: RunHost) -> None:
    table = json.loads(run_host("--describe").stdout)
    assert table["schema"] == 1
    names = {option["name"] for option in table["options"]}
    assert {"threads", "engine", "attach", "size", "only-tile", "define", "events-fd"} <= names
    assert all(option["doc"] for option in table["options"])


def test_version_prints_python_gil_and_compiler(run_host: RunHost) -> None:
    text = run_host("--version").stdout
    assert text.startswith("pynodes-host ")
    assert "python 3." in text and "gil " in text and "compiler " in text


# --- scripts ---


@pytest.mark.parametrize(
    ("source", "what", "where"),
    [
        ("x = (\n", "SyntaxError: ", "scene_0.py:1"),
        ("\n\nimport nothing_like_this\n", "ModuleNotFoundError: ", "scene_0.py:3"),
        (
            "def build(params, frame):\n    return 1 / 0\n",
            "ZeroDivisionError: ",
            "scene_0.py:2 in build",
        ),
        ("import sys\nsys.exit('no')\n", "SystemExit: no", "scene_0.py:2"),
        ("raise KeyboardInterrupt\n", "KeyboardInterrupt", "scene_0.py:1"),
        ("def build(params, frame):\n    return 5\n", "must return a Scene, it returned 5", ""),
        ("x = 1\n", "", "scene_0.py"),
        (
            "def build(params, frame):\n    return build(params, frame)\n",
            "RecursionError",
            "scene_0.py",
        ),
    ],
)
def test_broken_script_is_reported_with_script_line_and_traceback(
    run_host: RunHost, source: str, what: str, where: str
) -> None:
    run = run_host(*SMALL, scene=source, status=10)
    error = run.one("error")
    assert error["kind"] == "scene"
    assert what in error["what"]
    assert where in error["where"]
    assert run.one("bye")["code"] == 10
    assert not run.of("frame")


@pytest.mark.parametrize("path", ["missing.py", "."])
def test_script_that_cannot_be_read_is_a_scene_error(run_host: RunHost, path: str) -> None:
    error = run_host("--out", "x.npy", path, status=10).one("error")

    assert error["where"].endswith(path)
    assert "cannot be read" in error["what"]


def test_null_and_bad_bytes_in_a_script_are_scene_errors(run_host: RunHost, tmp_path: Path) -> None:
    for bad in (b"x = 1\0\n", b"x = '\xff\xfe'\n"):
        script = tmp_path / "bad.py"
        script.write_bytes(bad)
        assert run_host(*SMALL, scene=script, status=10).one("error")["what"]


def test_init_that_raises_on_a_render_thread_stops_the_run_with_its_place(
    run_host: RunHost,
) -> None:
    init = """
if threading.current_thread() is not threading.main_thread():
    raise OSError('no lens')
"""
    run = run_host(
        *SMALL,
        "-t",
        "4",
        "--engine",
        "shared",
        scene=flat_scene(WHITE, imports="import threading", init=init),
        status=10,
    )
    error = run.one("error")
    assert error["what"] == "OSError: no lens"
    assert "in __init__" in error["where"]


# --- threads, order, tiles: one picture ---


@pytest.mark.parametrize("preview", ["sphere", "plane", "cube"])
def test_node_file_without_a_scene_is_shown_on_a_preview(run_host: RunHost, preview: str) -> None:
    scene = node_scene(
        "x, y, z = self.input.Coords\nself.output.Color = (abs(x), abs(y), abs(z), 1)"
    )
    picture = run_host(*SMALL, "--preview", preview, scene=scene).pixels()
    assert len(np.unique(picture.reshape(-1, 4), axis=0)) > 50


def test_every_choice_of_threads_tiles_and_order_gives_one_picture(run_host: RunHost) -> None:
    call = """
x, y, z = self.input.Coords
r = self.shi.random()
self.output.Color = (abs(x) * r, abs(y), self.shi.uv[0], 1)
"""
    scene = node_scene(call)
    size = ("--size", "70x50", "--samples", "3")
    first = run_host(*size, "-t", "1", scene=scene).pixels()
    for choice in (
        ("-t", "2"),
        ("-t", "8", "--tile", "7"),
        ("-t", "64", "--tile", "5", "--order", "spiral"),
        ("-t", "3", "--tile", "256", "--order", "scanline"),
        ("-t", "1024", "--tile", "2"),
    ):
        other = run_host(*size, *choice, scene=scene).pixels()
        assert first.tobytes() == other.tobytes(), choice


def test_tiles_cover_the_picture_once_and_are_numbered_by_scanline(run_host: RunHost) -> None:
    for order in ("hilbert", "scanline", "spiral"):
        run = run_host(
            "--size",
            "37x21",
            "--samples",
            "1",
            "--tile",
            "8",
            "--order",
            order,
            "-t",
            "2",
            scene=flat_scene(WHITE),
        )
        assert sorted(tile["i"] for tile in run.of("tile")) == list(range(5 * 3))
        assert (run.pixels() == 1).all()
        assert sum(tile["calls"] for tile in run.of("tile")) == 37 * 21


def test_only_tile_renders_that_rectangle_alone(run_host: RunHost) -> None:
    whole = run_host(*SMALL, scene=flat_scene(WHITE)).pixels()
    alone = run_host(*SMALL, "--only-tile", "5", scene=flat_scene(WHITE)).pixels()
    assert np.array_equal(alone[8:16, 8:16], whole[8:16, 8:16])
    assert alone.sum() == 8 * 8 * 4


def test_frame_in_a_series_equals_the_frame_alone(run_host: RunHost, tmp_path: Path) -> None:
    scene = flat_scene("self.output.Color = (self.shi.frame / 10, self.shi.random(), 0, 1)")
    run = run_host(*SMALL, "--frames", "1..5:2,8", "--out", "f_##.npy", scene=scene)
    assert [e["frame"] for e in run.of("frame")] == [1, 3, 5, 8]
    for number in (1, 3, 5, 8):
        alone = run_host(*SMALL, "--frames", str(number), scene=scene).pixels()
        assert np.array_equal(np.load(tmp_path / f"f_{number:02}.npy"), alone)


def test_render_threads_are_named_for_debuggers(run_host: RunHost) -> None:
    call = """
import threading
name = open(f"/proc/self/task/{threading.get_native_id()}/comm").read().strip()
assert name.startswith("render-"), name
self.output.Color = (1, 1, 1, 1)
"""
    if not Path("/proc/self/task").exists():
        pytest.skip("needs /proc")
    run_host("--size", "4x4", scene=flat_scene(call))


# --- signals and deaths ---

HOLD = """
import os, sys, time
x, y = self.shi.pixel
if (x, y) == (0, 0) and not os.path.exists("go"):
    with open("in_call", "w"):
        pass
    while not os.path.exists("go"):
        time.sleep(0.01)
self.output.Color = (1, 1, 1, 1)
"""


def test_ctrl_c_finishes_the_tiles_in_hand_and_keeps_the_picture(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = start_host(*SMALL, "-t", "1", "--order", "scanline", scene=flat_scene(HOLD))
    wait_for_file(tmp_path / "in_call")

    host.send(signal.SIGINT)
    wait_taken(host.process.pid, signal.SIGINT)
    (tmp_path / "go").touch()
    run = host.end()

    assert run.status == 14
    assert run.one("frame")["cancelled"] is True
    assert run.one("frame")["tiles_done"] == 1
    assert np.min(run.pixels()[:8, :8]) == 1
    assert np.max(run.pixels()[8:]) == 0
    assert run.one("error")["kind"] == "cancelled"


def test_second_ctrl_c_ends_at_once(start_host: StartHost, tmp_path: Path) -> None:
    host = start_host(*SMALL, "-t", "2", scene=flat_scene(HOLD))
    wait_for_file(tmp_path / "in_call")

    host.send(signal.SIGINT)
    host.send(signal.SIGINT)
    # Two equal signals may melt into one while the first is pending; a third one never hurts.
    while host.process.poll() is None:
        host.send(signal.SIGINT)
    run = host.end()

    assert run.status == 130
    assert not run.of("bye")


@pytest.mark.parametrize(
    ("death", "number"),
    [
        ("os.abort()", signal.SIGABRT),
        ("os.kill(os.getpid(), signal.SIGKILL)", signal.SIGKILL),
        ("ctypes.string_at(8)", signal.SIGSEGV),
    ],
)
def test_death_by_signal_leaves_the_tile_the_node_and_the_finished_pixels(
    run_host: RunHost, tmp_path: Path, death: str, number: signal.Signals
) -> None:
    call = f"""
import ctypes, os, signal
if self.shi.pixel == (20, 10):
    {death}
self.output.Color = (1, 1, 1, 1)
"""
    run = run_host(
        *SMALL,
        "-t",
        "1",
        "--order",
        "scanline",
        "--status",
        "page",
        scene=flat_scene(call),
        status=-number,
    )
    assert not run.of("bye")
    tile, node, x, y, sample, frame, calls = slots_of(tmp_path / "page")[0]
    assert (tile, node, x, y, sample, frame) == (6, 0, 20, 10, 0, 1)
    assert calls == 6 * 64 + 2 * 8 + 5
    assert np.min(run.pixels()[:8]) == 1
    if number != signal.SIGKILL:
        crash = run.one("crash")
        assert (crash["signal"], crash["thread"], crash["tile"]) == (number, 0, 6)
        assert "scene_0.py" in run.stderr, "faulthandler shows where in Python"


def test_os_exit_ends_without_bye_and_the_page_says_where(
    run_host: RunHost, tmp_path: Path
) -> None:
    run = run_host(
        *SMALL, "-t", "1", "--status", "page", scene=flat_scene("import os\nos._exit(0)"), status=0
    )
    assert not run.of("bye")
    assert slots_of(tmp_path / "page")[0][1] == 0


@pytest.mark.parametrize("engine", ["shared", "isolated"])
def test_ctrl_c_ends_a_scene_script_that_never_returns(
    start_host: StartHost, tmp_path: Path, engine: str
) -> None:
    scene = """
import pathlib
def build(params, frame):
    pathlib.Path("in_call").touch()
    while True:
        pass
"""
    host = start_host(*SMALL, "--engine", engine, scene=scene)
    wait_for_file(tmp_path / "in_call")
    host.send(signal.SIGINT)
    run = host.end()
    assert run.status == 14
    error = run.one("error")
    assert (error["kind"], error["what"]) == ("cancelled", "KeyboardInterrupt")
    assert "scene_0.py" in error["where"]
    assert run.of("bye")


@pytest.mark.parametrize("engine", ["shared", "isolated"])
def test_ctrl_c_that_comes_before_the_scene_script_ends_it_too(
    run_host: RunHost, tmp_path: Path, engine: str
) -> None:
    early = "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\n"
    (tmp_path / "sitecustomize.py").write_text(early)
    run = run_host(
        *(*SMALL, "--engine", engine),
        scene="while True:\n    pass\n",
        env={"PYTHONPATH": str(tmp_path)},
        status=14,
    )
    assert run.one("error")["kind"] == "cancelled"


def test_sigusr1_prints_the_python_stacks_of_all_threads(
    start_host: StartHost, tmp_path: Path
) -> None:
    host = start_host(*SMALL, "-t", "2", scene=flat_scene(HOLD))
    wait_for_file(tmp_path / "in_call")
    host.send(signal.SIGUSR1)
    host.wait_for_text("stderr", "scene_0.py", "__call__")
    (tmp_path / "go").touch()
    assert host.end().status == 0


def test_python_thread_left_behind_is_named_and_waited_for(run_host: RunHost) -> None:
    call = """
global started
if not started:
    started = True
    work = lambda: (gate.wait(), print("thread done"))
    threading.Thread(target=work, name="left-behind", daemon=False).start()
    threading.Timer(0.2, gate.set).start()
self.output.Color = (1, 1, 1, 1)
"""
    imports = "import threading\nstarted = False\ngate = threading.Event()"
    run = run_host("--size", "4x4", "-t", "1", scene=flat_scene(call, imports=imports))
    assert "left-behind" in run.one("warning")["what"]
    assert "thread done" in run.stdout


def test_nodes_may_write_much_to_stdout_and_stderr(run_host: RunHost) -> None:
    call = "print('o' * 200)\nprint('e' * 200, file=sys.stderr)\nself.output.Color = (1, 1, 1, 1)"
    run = run_host(*SMALL, "-t", "4", scene=flat_scene(call, imports="import sys"))
    assert run.stdout.count("o" * 200) == run.stderr.count("e" * 200) == 32 * 24


def test_nobody_reading_the_events_does_not_stop_the_render(run_host: RunHost) -> None:
    run = run_host(*SMALL, "--events-fd", "99", scene=flat_scene(WHITE))
    assert (run.pixels() == 1).all()


# --- output ---


def test_out_in_a_missing_folder_is_an_output_error(run_host: RunHost) -> None:
    error = run_host(*SMALL, "--out", "no/such/x.npy", scene=flat_scene(WHITE), status=13).one(
        "error"
    )
    assert "cannot write no/such/x.npy" in error["what"]
    assert "folder" in error["help"]


def test_picture_without_out_is_rendered_and_forgotten(run_host: RunHost, tmp_path: Path) -> None:
    script = tmp_path / "s.py"
    script.write_text(flat_scene(WHITE))
    run = run_host(*SMALL, str(script))
    assert "out" not in run.one("frame")
    assert run.one("frame")["tiles_done"] == 12


def test_many_frames_in_one_process_keep_memory_flat(run_host: RunHost) -> None:
    scene = flat_scene("self.output.Color = (sum(self.shi.view), 0, 0, 1)")
    script = ("--size", "16x12", "--samples", "1", "-t", "4")
    few = run_host(*script, "--frames", "1..20", "--out", "f#.npy", scene=scene).one("bye")
    many = run_host(*script, "--frames", "1..200", "--out", "f#.npy", scene=scene).one("bye")
    assert many["peak_kib"] < few["peak_kib"] + 1500


@pytest.mark.parametrize("engine", ["shared", "process"])
def test_host_dies_with_the_command_line_whatever_its_nodes_do(
    engine: str, tmp_path: Path, scaled: Callable[[float], float]
) -> None:
    """A node that never returns would keep it from seeing that nobody reads its events."""
    (tmp_path / "scene.py").write_text(
        flat_scene(f"open({str(tmp_path / 'begun')!r}, 'w'); import time; time.sleep(1000)")
    )
    command = subprocess.Popen(
        [sys.executable, "-m", "pynodes", "render", "scene.py", "--engine", engine, "-t", "2"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wanted = 1 if engine == "shared" else 3

    def hosts() -> list[int]:
        below = procfs.children_of(command.pid)
        return [pid for pid in below if "pynodes-host" in "".join(procfs.command_of(pid)[:1])]

    try:
        until = time.monotonic() + scaled(20)
        while not (tmp_path / "begun").exists() and time.monotonic() < until:
            time.sleep(0.01)
        started = hosts()
        assert len(started) == wanted, started
    finally:
        command.kill()
        command.wait()
    until = time.monotonic() + scaled(5)
    while any(map(procfs.is_alive, started)) and time.monotonic() < until:
        time.sleep(0.01)
    assert not any(map(procfs.is_alive, started))
