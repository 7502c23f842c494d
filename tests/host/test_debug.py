"""`--debug`: pdb on the terminal, at the Python nodes of one sample or at a breakpoint()."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene

if TYPE_CHECKING:
    from host_runner import RunHost

SMALL = ("--size", "24x16", "--samples", "2")
CALL = "shade = self.shi.pixel[0] / 32\nself.output.Color = (shade, 1, 1, 1)"
STOPS = "if self.shi.pixel == (5, 3):\n    breakpoint()\n" + CALL


class Terminal:
    """`pynodes` on a terminal of its own: says a line whenever pdb asks for one."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pynodes", *arguments],
            cwd=folder,
            env={**os.environ, "PYNODES_HOST": str(find_host()), "TERM": "dumb"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # it controls us
        )
        os.close(slave)

    def say(self, *lines: str) -> tuple[int, str]:
        """Answer each prompt; the status and all that was shown."""
        shown, left = b"", list(lines)
        deadline = time.monotonic() + 60 * SCALE
        try:
            while time.monotonic() < deadline:
                try:
                    piece = os.read(self._master, 4096)
                except OSError:
                    break
                if not piece:
                    break
                shown += piece
                if left and shown.endswith(b"(Pdb) "):
                    os.write(self._master, left.pop(0).encode() + b"\n")
            return self._process.wait(timeout=60 * SCALE), shown.decode()
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._master)


@pytest.fixture
def terminal(tmp_path: Path) -> Callable[..., Terminal]:
    def begin(scene: str, *arguments: str) -> Terminal:
        (tmp_path / "scene.py").write_text(scene)
        return Terminal(tmp_path, "render", "scene.py", *SMALL, *arguments)

    return begin


def test_debug_stops_at_the_nodes_of_the_sample(terminal: Callable[..., Terminal]) -> None:
    running = terminal(flat_scene(CALL), "--debug", "--pixel", "8,3,1")
    status, shown = running.say("p self.shi.pixel, self.shi.sample", "n", "p shade", "c")

    assert status == 0, shown
    assert "shade = self.shi.pixel[0] / 32" in shown
    assert "((8, 3), 1)" in shown and "0.25" in shown
    assert shown.count("(Pdb) ") == 4
    assert "pdb was not opened" not in shown


def test_debug_stops_at_the_call_of_a_batch_that_has_the_sample(
    terminal: Callable[..., Terminal],
) -> None:
    call = "shade = self.shi.pixel[0][0] / 32\nself.output.Color = (shade, 0, 0, 1)"
    running = terminal(flat_scene(call, call_by="batch"), "--debug", "--pixel", "8,3,1")
    status, shown = running.say("p list(self.shi.sample)", "n", "p shade", "c")

    assert status == 0, shown
    assert "[0, 1" in shown and "0.25" in shown
    assert "BufferError" not in shown
    assert shown.count("(Pdb) ") == 4


def test_breakpoint_opens_pdb_with_debug(terminal: Callable[..., Terminal]) -> None:
    status, shown = terminal(flat_scene(STOPS), "--debug").say("p self.shi.pixel", "c", "c")

    assert status == 0, shown
    assert "(5, 3)" in shown
    assert shown.count("(Pdb) ") == 3, "once a sample"


def test_debug_that_stops_nowhere_says_so(terminal: Callable[..., Terminal]) -> None:
    status, shown = terminal(flat_scene(CALL), "--debug").say()

    assert status == 0, shown
    assert shown.count("pdb was not opened: no breakpoint() was reached") == 1


@pytest.mark.parametrize("where", [(), ("--pixel", "5,3,0")], ids=["breakpoint", "pixel"])
def test_leaving_pdb_ends_the_render(
    terminal: Callable[..., Terminal], where: tuple[str, ...]
) -> None:
    status, shown = terminal(flat_scene(STOPS), "--debug", *where).say("q")

    assert status in (0, 130), shown  # the tile in hand may be the last one
    assert shown.count("(Pdb) ") == 1
    assert "BdbQuit" not in shown


def test_breakpoint_elsewhere_says_how_to_get_a_debugger(run_host: RunHost, engine: str) -> None:
    run = run_host(*SMALL, "--engine", engine, scene=flat_scene(STOPS), status=11)

    error = run.first_error()
    assert error["what"] == (
        "RuntimeError: breakpoint() needs the terminal, which a render has not: render with --debug"
    )
    assert error["pixel"] == [5, 3]
    assert "scene_0.py" in error["where"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--engine", "isolated"), "--debug runs on engine shared, not isolated"),
        (("-o", "a.png"), "--debug writes no picture"),
        (("--limit", "5"), "--debug waits for what is typed"),
    ],
)
def test_debug_refuses_what_makes_no_sense(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "scene.py").write_text(flat_scene(CALL))
    ended = subprocess.run(
        [sys.executable, "-m", "pynodes", "render", "scene.py", "--debug", *arguments],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60 * SCALE,
    )

    assert ended.returncode == 2
    assert words in ended.stderr
