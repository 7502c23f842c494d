"""Events, scenes and logs for tests that play replays on the real host (tests/host/entry)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from host_runner import HostRun

only_beside = pytest.mark.parametrize("beside", [True], ids=["beside-a-render"], indirect=True)
only_alone = pytest.mark.parametrize("beside", [False], ids=["alone"], indirect=True)
"""For tests that say nothing without a render."""

BESIDE = ("--beside", "-t", "8", "--size", "64x48", "--samples", "2", "--tile", "8")

# Some tens of microseconds a call: threads meet in Python, and a pass takes a few tens of ms.
SCENE = """
from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Camera, Plane, Scene, Sphere, SunLamp

class Busy(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0))]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]

    def __call__(self):
        x, y, z = self.input.Coords
        total = 0.0
        for i in range(40):
            total += (x * i) % 1.0 + (y * i) % 1.0
        self.output.Color = (total % 1.0, x % 1.0, y % 1.0, 1.0)

def build(params, frame):
    tree = NodeTree("busy")
    coords = tree.add(native.TextureCoordinate)
    busy = tree.add(Busy)
    tree.link(coords.out.Generated, busy.inp.Coords)
    tree.link(busy.out.Color, tree.surface)
    return Scene(
        Camera(location=(0, -6, 2), look_at=(0, 0, 0)),
        [Sphere(tree, name="Ball"), Plane(tree, name="Floor", location=(0, 0, -1), scale=20)],
        [SunLamp(direction=(1, 1, -1.5), name="Sun")],
    )
"""


@dataclass(frozen=True)
class Ev:
    """One event: kind and arguments as in a flat replay; by default right after the one before."""

    kind: str
    args: tuple[str, ...]
    when: str = "then"
    place: int = 0
    expect: str = "-"


def ev(
    kind: str,
    *args: object,
    at: float | None = None,
    frame: int | None = None,
    tile: int | None = None,
    error: bool = False,
) -> Ev:
    """An event; `at` in seconds; `error`: it must meet one."""
    when, place = "then", 0
    if at is not None:
        when, place = "ns", int(at * 1e9)
    elif frame is not None:
        when, place = "frame", frame
    elif tile is not None:
        when, place = "tile", tile
    return Ev(kind, tuple(map(str, args)), when, place, "error" if error else "-")


@dataclass
class Log:
    """What a play left behind."""

    run: HostRun

    @property
    def status(self) -> int:
        return self.run.status

    @property
    def lines(self) -> list[str]:
        """What scripts printed."""
        return self.run.stdout.splitlines()

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self.run.of("error")

    @property
    def error(self) -> dict[str, Any]:
        return self.run.one("error")

    def entries(self, kind: str, who: str | None = None) -> list[dict[str, Any]]:
        """Entries of a kind, by name; without one all but those of the scene itself."""
        return [
            entry
            for entry in self.run.of("entry")
            if entry["kind"] == kind
            and (entry["who"] == who or (who is None and not entry["who"].startswith("scene_")))
        ]

    def results(self, kind: str, who: str | None = None) -> list[str]:
        return [entry["result"] for entry in self.entries(kind, who)]

    def __str__(self) -> str:
        return str(self.run)


Play = Callable[..., Log]
