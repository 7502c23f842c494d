"""Scenes whose node fails on a part of the picture, for stress and sanitize."""

from __future__ import annotations

from pathlib import Path

FAILURES = {"raise": "raise ValueError(x)", "exit": "sys.exit(3)", "recurse": "self()"}
NODE = """\
import sys

from pynodes.nodes import Node, Socket


class Fails(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        x, y, z = self.input.Coords
        if x > 0.3:
            {body}
        self.output.Color = (x, y, z, 1.0)
"""


def write_failing(folder: Path, name: str) -> Path:
    """The scene of one of FAILURES, as a file in the folder."""
    path = folder / f"{name}.py"
    path.write_text(NODE.format(body=FAILURES[name]), encoding="utf-8")
    return path
