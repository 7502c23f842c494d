"""The worked examples in the help of `render` do what they say."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pynodes.cli.render import command
from pynodes.host.find import find_host

SCENE = Path(__file__).resolve().parents[2] / "scripts" / "scenes" / "tilings.py"
NODE = """
from pynodes.nodes import Node, Socket


class Stripes(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Scale", 1.0)]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        value = self.input.Coords[0] * self.input.Scale % 1.0
        self.output.Color = (value, value, value, 1.0)
"""


@pytest.mark.parametrize("line", [line for line, _ in getattr(command, "examples", ())])
def test_example_renders(line: str, tmp_path: Path, scaled: Callable[[float], float]) -> None:
    shutil.copy(SCENE, tmp_path / "scene.py")
    (tmp_path / "node.py").write_text(NODE)
    small = [] if "--size" in line else ["--size", "48x32", "--samples", "1"]

    done = subprocess.run(
        [sys.executable, "-m", "pynodes", *shlex.split(line)[1:], *small],
        cwd=tmp_path,
        env={**os.environ, "PYNODES_HOST": str(find_host())},
        capture_output=True,
        text=True,
        timeout=scaled(120),
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert list(tmp_path.glob("*.png"))
