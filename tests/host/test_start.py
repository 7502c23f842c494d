"""What a command loads until it is done: start-up is most of the time of a small one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene

# Modules that take a millisecond and more to load, and whatever they bring along.
HEAVY = {
    *("numpy", "PIL", "rich", "sqlite3", "_ctypes", "asyncio", "concurrent", "email", "http"),
    *("logging", "multiprocessing", "random", "secrets", "shutil", "sysconfig", "tempfile"),
    *("textwrap", "traceback", "unittest", "urllib.request", "xml"),
}
# What hears a host, and what it brings along: loaded while the host starts.
LATER = {"json", "hashlib", "pynodes.decode", "pynodes.model.event", "pynodes.model.record"}

_RUN = """
import sys
from pynodes.process.supervise import Supervisor
start, loaded = Supervisor.start, [[]]
def noted(self, *given, **how):
    loaded[0] = sorted(sys.modules)
    return start(self, *given, **how)
Supervisor.start = noted
sys.argv = ["pynodes", *sys.argv[1:]]
from pynodes.__main__ import main
status, loaded[1:] = main(), [sorted(sys.modules)]
import json
print(json.dumps([status, *loaded]), file=sys.stderr)
"""


def loaded(folder: Path, *arguments: str, named: bool = True) -> tuple[set[str], set[str]]:
    """Modules when the host was started, and at the end, of a command that went well.

    A host that is `named` starts when its job is known.
    """
    env = {**os.environ, "PYNODES_HOST": str(find_host()) if named else ""}
    done = subprocess.run(
        [sys.executable, "-c", _RUN, *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=60 * SCALE,
        check=False,
    )
    status, at_start, at_end = json.loads(done.stderr.splitlines()[-1])
    assert status == 0, done.stderr
    return set(at_start), set(at_end)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "white.py").write_text(flat_scene("self.output.Color = (1, 1, 1, 1)"))
    return tmp_path


def test_small_render_loads_little_and_the_host_starts_before_most_of_it(folder: Path) -> None:
    at_start, at_end = loaded(folder, "render", "white.py", "--size", "32x32")

    assert (folder / "white.png").stat().st_size > 0
    assert HEAVY & at_end == set()
    assert at_end >= LATER  # that is: the names above are right
    assert LATER & at_start == set()


def test_host_of_the_package_starts_before_click_is_loaded(folder: Path) -> None:
    if not (Path(sysconfig.get_path("scripts")) / "pynodes-host").exists():
        pytest.skip("no host is installed beside this Python")
    command = ["render", "white.py", "--size", "32x32"]

    at_start, at_end = loaded(folder, *command, named=False)

    assert (folder / "white.png").stat().st_size > 0
    assert {"click", "pynodes.cli.group", "pynodes.options.table"} & at_start == set()
    assert "click" in at_end


def test_large_render_loads_numpy_and_no_pillow(folder: Path) -> None:
    _, at_end = loaded(folder, "render", "white.py", "--size", "300x300", "--samples", "1")

    assert "numpy" in at_end
    assert "PIL" not in at_end


@pytest.mark.parametrize("arguments", [["--version"], ["render", "--help"], ["render", "-h"]])
def test_what_only_prints_loads_neither_pictures_nor_records(
    folder: Path, arguments: list[str]
) -> None:
    _, at_end = loaded(folder, *arguments)

    assert (HEAVY - {"sysconfig", "shutil", "textwrap"}) & at_end == set()
    assert {"pynodes.model.record", "pynodes.image.files"} & at_end == set()
