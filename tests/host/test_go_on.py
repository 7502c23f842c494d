"""An animation on the real host that was ended in a frame is gone on with, on every engine."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from host_runner import SCALE, find_host, run_command, wait_for_file
from host_scenes import flat_scene

from pynodes.process import procfs

FRAMES = ("--size", "24x16", "--samples", "1", "--tile", "8", "--frames", "1..4", "-o", "f.png")
# Frame 3 waits until there is a file, whose name is computed: else it would be part of the scene.
WAITS = """
x, y, z = self.input.Coords
here = __file__.removesuffix("scene.py")
if self.shi.frame == 3 and not os.path.exists(here + f"go{1}"):
    open(here + f"in_call{1}", "w").close()
    while not os.path.exists(here + f"go{1}"):
        time.sleep(0.01)
self.output.Color = (abs(x) * self.shi.random(), abs(y), self.shi.frame / 4, 1)
"""


def begun(folder: Path) -> subprocess.Popen[bytes]:
    """A render that is at work on frame 3."""
    folder.mkdir()
    (folder / "scene.py").write_text(flat_scene(WAITS, imports="import os, time"))
    process = subprocess.Popen(
        [sys.executable, "-m", "pynodes", "render", "scene.py", *FRAMES, "-t", "2"],
        cwd=folder,
        env={**os.environ, "PYNODES_HOST": str(find_host())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    for name in ("in_call1", "f_0002.png"):  # the picture is made while frame 3 is rendered
        wait_for_file(folder / name, 60 * SCALE)
    return process


def pictures(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("f*.png"))}


def files(folder: Path, *names: str) -> dict[str, tuple[int, int]]:
    """Which files they are."""
    found = {name: (folder / name).stat() for name in names}
    return {name: (facts.st_ino, facts.st_mtime_ns) for name, facts in found.items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The pictures of a render that nobody ended."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "scene.py").write_text(flat_scene(WAITS, imports="import os, time"))
    (folder / "go1").touch()
    ended = run_command(folder, "render", "scene.py", *FRAMES, "-t", "1")
    assert ended.returncode == 0, ended.stderr
    return pictures(folder)


@pytest.mark.parametrize("way", ["command killed", "host killed", "Ctrl-C"])
def test_animation_that_was_ended_is_as_one_that_was_not(
    tmp_path: Path, engine: str, way: str, whole: dict[str, bytes]
) -> None:
    folder = tmp_path / "ended"
    running = begun(folder)
    (host,) = (
        pid
        for pid in procfs.children_of(running.pid)
        if procfs.command_of(pid)[:1] == [str(find_host())]
    )
    assert running.stderr is not None
    if way == "Ctrl-C":
        running.send_signal(signal.SIGINT)
        assert running.stderr.readline().startswith(b"finishing the tiles in hand")
    else:
        os.kill(running.pid if way == "command killed" else host, signal.SIGKILL)
    (folder / "go1").touch()
    _, err = running.communicate(timeout=60 * SCALE)
    before = files(folder, "f_0001.png", "f_0002.png")

    ended = run_command(folder, "render", "scene.py", *FRAMES, "--resume", "--engine", engine)

    assert ended.returncode == 0, ended.stderr
    assert "of 4 frames were finished already" in ended.stderr
    assert pictures(folder) == whole
    assert files(folder, *before) == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".pynodes")]
    if way != "command killed":
        assert b"are left\nagain: pynodes render scene.py " in err


def test_frame_of_which_nothing_is_known_is_not_taken_for_finished(
    tmp_path: Path, whole: dict[str, bytes]
) -> None:
    (tmp_path / "scene.py").write_text(flat_scene(WAITS, imports="import os, time"))
    (tmp_path / "go1").touch()
    for name, data in whole.items():
        (tmp_path / name).write_bytes(data if name != "f_0002.png" else data[:-20])

    ended = run_command(tmp_path, "render", "scene.py", *FRAMES, "--resume")

    assert "frame 2 is rendered anew: it is cut off\n" in ended.stderr
    assert ended.stderr.endswith("3 of 4 frames were finished already\n")
    assert pictures(tmp_path) == whole
