"""The host without a reader of its events: what fails is on stderr, in the error form."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene

RAISES = flat_scene("raise ValueError('no good')")
WHITE = flat_scene("self.output.Color = (1, 1, 1, 1)")
SMALL = ("--size", "16x16", "--samples", "1", "-t", "2")


def _run(folder: Path, *arguments: str, stdout: int = subprocess.PIPE) -> tuple[int, str]:
    ended = subprocess.run(
        [find_host(), *SMALL, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=30 * SCALE,
        check=False,
    )
    return ended.returncode, ended.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "white.py").write_text(WHITE)
    (tmp_path / "raises.py").write_text(RAISES)
    (tmp_path / "broken.py").write_text("def build(params, frame):\n    return 1 / 0\n")
    (tmp_path / "script.py").write_text("import pynodes.app\nnothing.there\n")
    (tmp_path / "plain.obj").write_text("v 0 0 nan\n")
    (tmp_path / "mesh.py").write_text(
        "from pynodes.scene import *\n"
        "def build(params, frame):\n"
        "    return Scene(Camera(), [Mesh('plain.obj', Material())])\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "status", "what"),
    [
        (["raises.py"], 11, "no good"),
        (["--engine", "process", "raises.py"], 11, "no good"),
        (["--stop-on-error", "--frames", "1..3", "raises.py"], 11, "no good"),
        (["--script", "script.py", "white.py"], 16, "nothing"),
        (["broken.py"], 10, "division by zero"),
        (["--engine", "process", "broken.py"], 10, "division by zero"),
        (["mesh.py"], 10, "plain.obj"),
        (["missing.py"], 10, "No such file"),
        (["--nodes", "missing.py"], 10, "No such file"),
        (["--nodes", "script.py"], 10, "nothing"),
        (["--replay", "missing.replay"], 2, "missing.replay"),
        (["--out", "none/x.npy", "white.py"], 13, "none/x.npy"),
        (["--engine", "process", "--out", "none/x.npy", "white.py"], 13, "none/x.npy"),
        (["--trace", "none/x.json", "white.py"], 13, "none/x.json"),
        (["--status", "none/page", "white.py"], 13, "none/page"),
        (["--frames", "x", "white.py"], 2, "--frames"),
        ([], 2, "no scene"),
    ],
)
def test_what_fails_says_so_on_stderr(
    folder: Path, arguments: list[str], status: int, what: str
) -> None:
    ended, stderr = _run(folder, *arguments)

    assert ended == status, stderr
    assert stderr.startswith("error: ")
    assert what in stderr
    assert stderr.count("error: ") == 1


SEVERAL = """
from pynodes.nodes import Node, NodeTree, Socket
from pynodes.scene import Camera, Plane, Scene

class Faulty(Node):
    def __init__(self, sockets, kinds=(), value=0.1):
        sockets.input = [Socket("Value", 0.0)]
        sockets.output = [Socket("Value", 0.0)]
        self.kinds, self.value = [*kinds], value

    def __call__(self):
        x, y = self.shi.pixel
        self.output.Value = self.value
        if self.kinds and x % 2:
            raise {"value": ValueError, "key": KeyError}[self.kinds[y % len(self.kinds)]]("here")

def build(params, frame):
    tree = NodeTree("row")
    last = tree.add(Faulty, name="both", kinds=["value", "key"]).out.Value
    for name, more in (("one", {"kinds": ["key"]}), ("nan", {"value": float("nan")})):
        node = tree.add(Faulty, name=name, **more)
        tree.link(last, node.inp.Value)
        last = node.out.Value
    tree.link(last, tree.surface)
    camera = Camera.orthographic(location=(0, 0, 5), look_at=(0, 0, 0), up=(0, 1, 0), width=2.0)
    return Scene(camera, [Plane(tree, scale=4.0)])
"""


def test_each_error_of_each_node_is_printed_once_a_frame(folder: Path) -> None:
    """Whichever threads met it."""
    (folder / "several.py").write_text(SEVERAL)

    ended, stderr = _run(
        folder, "--engine", "shared", "--tile", "4", "-t", "4", "--frames", "1,2", "several.py"
    )

    assert ended == 11
    found = Counter(re.findall(r"error: (\w+): .*\n  where: node (\w+),", stderr))
    expected = [("ValueError", "both"), ("KeyError", "both"), ("KeyError", "one")]
    assert found == Counter(2 * expected), stderr
    assert stderr.count("warning: a node makes NaN or infinity") == 2


def test_what_is_well_says_nothing(folder: Path) -> None:
    assert _run(folder, "white.py") == (0, "")


@pytest.mark.parametrize("action", ["--help", "--version", "--describe", "--nodes"])
def test_a_full_stdout_is_no_success(folder: Path, action: str) -> None:
    with Path("/dev/full").open("w") as full:
        ended, stderr = _run(folder, action, stdout=full.fileno())

    assert ended == 13
    assert "error: cannot write" in stderr


def test_a_warning_has_the_form_of_an_error(folder: Path) -> None:
    left = "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
    (folder / "leaves.py").write_text(f"{left}\n{WHITE}")

    ended, stderr = _run(folder, "leaves.py")

    assert ended == 0
    assert stderr.startswith("warning: Python threads are still running: ")
    assert "\n  where: leaves.py\n" in stderr
    assert "\n  help:  " in stderr
