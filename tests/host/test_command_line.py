"""`pynodes render` with the real host, on every engine: pictures, errors, deaths, interrupts."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from host_runner import SCALE, find_host, wait_for_file
from host_scenes import flat_scene

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "8")
WHITE = "self.output.Color = (1, 1, 1, 1)"
COLORFUL = """
x, y, z = self.input.Coords
self.output.Color = (abs(x) * self.shi.random(), abs(y), self.shi.uv[0], 1)
"""


@dataclass
class Ended:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def record(self) -> Any:
        return json.loads(self.out)


@dataclass
class Shell:
    """`pynodes` in a folder of its own."""

    folder: Path

    def start(self, *arguments: str, scene: str | None = None) -> subprocess.Popen[str]:
        if scene is not None:
            (self.folder / "scene.py").write_text(scene)
        with (self.folder / "stderr").open("w") as stderr:
            return subprocess.Popen(
                [sys.executable, "-m", "pynodes", *arguments],
                cwd=self.folder,
                env={**os.environ, "PYNODES_HOST": str(find_host())},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )

    def end(self, process: subprocess.Popen[str]) -> Ended:
        try:
            out, _ = process.communicate(timeout=60 * SCALE)
        finally:
            process.kill()
        return Ended(process.returncode, out, (self.folder / "stderr").read_text())

    def run(self, *arguments: str, scene: str | None = None) -> Ended:
        return self.end(self.start(*arguments, scene=scene))

    def render(self, *arguments: str, scene: str | None = None) -> Ended:
        return self.run("render", "scene.py", *SMALL, *arguments, scene=scene)

    def again(self, command: str) -> Ended:
        """Run what an `again:` line says."""
        words = shlex.split(command)
        assert words[0] == "pynodes"
        return self.run(*words[1:], "--json")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def host_python() -> tuple[tuple[int, int], bool]:
    """Version of the host's Python, and whether it is free-threaded."""
    said = subprocess.run(
        [str(find_host()), "--version"], capture_output=True, text=True, check=True
    ).stdout
    version = said.split("python ")[1].split()[0]
    major, minor = version.rstrip("t").split(".")[:2]
    return (int(major), int(minor)), version.endswith("t")


needs_own_gil = "engine isolated needs Python 3.12 or later"


def test_every_engine_leaves_the_picture_of_one_thread(shell: Shell, engine: str) -> None:
    one = shell.render("--json", "-t", "1", "--engine", "shared", scene=flat_scene(COLORFUL)).record
    ended = shell.render("--json", "-t", "3", "--engine", engine)

    assert ended.status == 0, ended.err
    record = ended.record
    assert (record["verdict"], record["sha256"]) == ("ok", one["sha256"])
    assert (record["engine"], record["why"], record["threads"]) == (engine, "asked for", 3)
    assert (record["attach"], record["turnstile"]) == ("tile", True)
    assert record["gil"] is not host_python()[1]
    assert f"--engine {engine}" in record["command"]
    assert record["node_calls"] == 48 * 32 * 2


def test_table_names_the_engine_that_auto_took(shell: Shell) -> None:
    ended = shell.render("-t", "2", scene=flat_scene(WHITE))

    version, free_threaded = host_python()
    taken = "isolated" if version >= (3, 12) and not free_threaded else "shared"
    assert f"engine  {taken}: " in ended.out, ended.err


def test_settings_of_attachment_reach_the_host(shell: Shell) -> None:
    call = f"import sys\nassert sys.getswitchinterval() == 0.25\n{WHITE}"
    arguments = ("--attach", "call", "--turnstile", "off", "--switch-interval", "0.25", "--json")
    ended = shell.render("-t", "2", *arguments, scene=flat_scene(call))

    assert ended.status == 0, ended.err
    assert (ended.record["attach"], ended.record["switch_interval"]) == ("call", 0.25)


def test_stored_command_runs_by_itself(shell: Shell, engine: str) -> None:
    record = shell.render(
        "--json", "-t", "2", "--engine", engine, scene=flat_scene(COLORFUL)
    ).record

    done = subprocess.run(["sh", "-c", record["command"]], capture_output=True, timeout=60 * SCALE)

    assert done.returncode == 0, done.stderr
    assert (shell.folder / "scene.npy").exists()


# Errors.


def test_node_error_is_reported_with_a_line_that_repeats_it(shell: Shell, engine: str) -> None:
    call = "if self.shi.pixel == (20, 10):\n    raise ValueError('here')\n" + WHITE
    ended = shell.render("--json", "-t", "2", "--engine", engine, scene=flat_scene(call))

    assert ended.status == 1
    assert ended.err.count("error: ValueError: here") == 1
    assert "in __call__" in ended.err
    (error,) = ended.record["errors"]
    assert (error["node"], error["pixel"]) == ("Probe", [20, 10])
    assert (shell.folder / "scene.png").exists()
    again = shell.again(error["again"])
    assert again.record["errors"][0]["pixel"] == [20, 10]
    assert again.record["engine"] == ("isolated" if engine == "isolated" else "shared")


def test_broken_script_cannot_start_on_any_engine(shell: Shell, engine: str) -> None:
    ended = shell.render("--json", "-t", "2", "--engine", engine, scene="x = 1\n1 / 0\n")

    assert ended.status == 3
    assert ended.err.count("error: ZeroDivisionError") == 1
    assert ended.record["verdict"] == "cannot-start"


def test_death_in_a_node_is_a_crash_with_a_line_that_repeats_it(shell: Shell, engine: str) -> None:
    call = "import os\nif self.shi.pixel == (20, 10):\n    os.abort()\n" + WHITE
    ended = shell.render("--json", "-t", "2", "--engine", engine, scene=flat_scene(call))

    assert ended.status == 4, ended.err
    record = ended.record
    assert record["verdict"] == "crash"
    assert "--only-tile 8 " in record["again"]
    if engine == "process":
        assert (record["tiles_done"], record["signal"]) == (23, None)
        assert "1 tile lost" in record["verdict_text"]
        assert len(record["warnings"]) == 2
        assert (shell.folder / "scene.partial.png").exists()
    else:
        assert record["signal"] == "SIGABRT"
        assert record["in_hand"][0]["node"] == "Probe"
    again = shell.again(record["again"])
    assert (again.status, again.record["signal"]) == (4, "SIGABRT")
    assert again.record["in_hand"][0]["pixel"] == [20, 10]


def test_worker_killed_once_leaves_a_whole_picture_and_a_warning(shell: Shell) -> None:
    call = (
        """
import os, signal
if self.shi.pixel == (20, 10) and not os.path.exists("died"):
    open("died", "w").close()
    os.kill(os.getpid(), signal.SIGKILL)
"""
        + WHITE
    )
    ended = shell.render("--json", "-t", "2", "--engine", "process", scene=flat_scene(call))

    assert ended.status == 0, ended.err
    assert (ended.record["verdict"], ended.record["tiles_done"]) == ("ok", 24)
    assert "was ended by signal 9" in ended.record["warnings"][0]
    assert "warning: worker " in ended.err


def test_workers_that_die_at_once_are_a_crash(shell: Shell) -> None:
    scene = "import os\nos._exit(9)\n"
    ended = shell.render("--json", "-t", "2", "--engine", "process", scene=scene)

    assert ended.status == 4
    assert ended.record["verdict"] == "crash"
    assert "workers died" in ended.record["verdict_text"]
    assert ended.record["image"] is None


HOLD = """
import os, time
if self.shi.pixel == (0, 0) and not os.path.exists("go"):
    with open("in_call", "w"):
        pass
    while not os.path.exists("go"):
        time.sleep(0.01)
self.output.Color = (1, 1, 1, 1)
"""


def test_ctrl_c_keeps_what_there_is_on_every_engine(
    shell: Shell, engine: str, tmp_path: Path
) -> None:
    running = shell.start(
        *("render", "scene.py", "--size", "256x256", "--tile", "8", "--order", "scanline"),
        *("--json", "-t", "2", "--engine", engine),
        scene=flat_scene(HOLD),
    )
    wait_for_file(tmp_path / "in_call")
    running.send_signal(signal.SIGINT)
    while "finishing the tiles" not in (tmp_path / "stderr").read_text():
        assert running.poll() is None
        time.sleep(0.01)
    (tmp_path / "go").touch()
    ended = shell.end(running)

    assert ended.status == 130, ended.err
    record = ended.record
    assert record["verdict"] == "interrupted"
    assert 0 < record["tiles_done"] < record["tiles"] == 32 * 32
    assert (tmp_path / "scene.partial.png").exists()


def test_limit_shows_the_stacks_of_every_engine(shell: Shell, engine: str) -> None:
    wait = "import threading\nif self.shi.pixel == (20, 10):\n    threading.Event().wait()\n"
    arguments = ("--limit", str(4 * SCALE), "-t", "2", "--json", "--engine", engine)
    ended = shell.render(*arguments, scene=flat_scene(wait + WHITE))

    assert ended.status == 5, ended.err
    assert "scene.py" in ended.err and "in __call__" in ended.err
    unit = "worker" if engine == "process" else "thread"
    assert f"node Probe, pixel (20, 10), tile 8, {unit} " in ended.err


def test_stacks_of_many_processes_are_not_mixed(shell: Shell) -> None:
    wait = "import threading\nthreading.Event().wait()\n"
    arguments = ("--limit", str(3 * SCALE), "-t", "8", "--json", "--engine", "process")
    ended = shell.render(*arguments, scene=flat_scene(wait + WHITE))

    assert ended.status == 5, ended.err
    stacks = [line for line in ended.err.splitlines() if line.startswith("  File ")]
    whole = re.compile(r'  File "[^"]+", line \d+ in \w+')
    assert [line for line in stacks if not whole.fullmatch(line)] == []
    assert sum(line.endswith(" in __call__") for line in stacks) == 8


# Modules that know one interpreter only.

USES_NUMPY = f"import numpy\nassert numpy.sqrt(4) == 2\n{WHITE}"


@pytest.fixture
def version_of_numpy() -> str:
    if host_python()[0] < (3, 12):
        pytest.skip(needs_own_gil)
    return str(pytest.importorskip("numpy").__version__)


def test_module_that_refuses_is_named_with_its_version_and_what_works(
    shell: Shell, version_of_numpy: str
) -> None:
    scene = flat_scene(WHITE, imports="import numpy")
    ended = shell.render("--json", "-t", "2", "--engine", "isolated", scene=scene)

    assert ended.status == 3
    assert ended.err.count("error: ") == 1
    assert f"numpy {version_of_numpy}" in ended.err
    assert "--engine shared" in ended.err and "--engine process" in ended.err
    assert len(ended.err.splitlines()) <= 5, "one clear error"


@pytest.mark.parametrize("engine", ["shared", "process"])
def test_module_that_refuses_works_with_the_engines_named(
    shell: Shell, version_of_numpy: str, engine: str
) -> None:
    ended = shell.render("--json", "-t", "2", "--engine", engine, scene=flat_scene(USES_NUMPY))

    assert (ended.status, ended.record["engine"]) == (0, engine), ended.err


def test_auto_takes_another_engine_and_says_why(shell: Shell, version_of_numpy: str) -> None:
    scene = flat_scene(WHITE, imports="import numpy")
    ended = shell.render("-t", "2", scene=scene)

    assert ended.status == 0, ended.err
    assert "engine  shared: " in ended.out
    if not host_python()[1]:
        assert f"numpy {version_of_numpy}" in ended.out


def test_late_import_that_is_refused_says_which_engines_work(
    shell: Shell, version_of_numpy: str
) -> None:
    ended = shell.render("-t", "1", "--engine", "isolated", scene=flat_scene(USES_NUMPY))

    assert ended.status in (1, 4)  # CPython 3.13.0 may crash at the end of such an interpreter
    assert f"(numpy {version_of_numpy}) does not support loading in subinterpreters" in ended.err
    assert "use --engine shared, or --engine process" in ended.err
    assert "Traceback" not in ended.err


def test_doctor_says_which_imports_refuse(shell: Shell, version_of_numpy: str) -> None:
    (shell.folder / "beside.py").write_text("import numpy.linalg\n")
    scene = flat_scene("import click\n" + WHITE, imports="import beside, json")
    (shell.folder / "scene.py").write_text(scene)
    ended = shell.run("doctor", "--imports", "scene.py", "--json")

    assert ended.status == 1, ended.err
    found = {each["module"]: each for each in ended.record["modules"]}
    assert (found["numpy"]["own_gil"], found["numpy"]["version"]) == ("no", version_of_numpy)
    assert found["numpy"]["asked_by"] == ["beside"]
    assert found["click"]["own_gil"] == "yes"
    assert "json" not in found and "pynodes" not in found
