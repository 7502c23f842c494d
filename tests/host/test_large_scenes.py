"""Scenes of many things, and trees as deep as they like, in the real host."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from host_runner import RunHost

ONE_SAMPLE = ("--size", "4x4", "--samples", "1", "-t", "1", "--engine", "shared")

SCENE = """
from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Camera, Material, PointLamp, Scene, Sphere


class Pass(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Color1", (0, 0, 0, 1)), Socket("Color2", (0, 0, 0, 1))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        self.output.Color = self.input.Color1


def tree(kinds, feeds):
    made = NodeTree("large")
    nodes = [made.add(kind) for kind in kinds]
    for to, sources in feeds:
        for name, source in zip(("Color1", "Color2"), sources):
            made.link(nodes[source].out[0], nodes[to].inp[name])
    made.link(nodes[0].out.Color, made.surface)
    return Scene(Camera(), [Sphere(made)])


def chain(kinds):
    # The surface is the first node, and what feeds it comes behind it, linked last to first.
    return tree(kinds, [(i, (i + 1,)) for i in reversed(range(len(kinds) - 1))])


def build(params, frame):
    n = params.get("n", 1)
    return {
        "names": lambda: Scene(Camera(), [Sphere(Material(), name="ball") for _ in range(n)]),
        "lamps": lambda: Scene(Camera(), [], [PointLamp((0, 0, 1)) for _ in range(n)]),
        "native": lambda: chain([native.Mix] * n),
        "python": lambda: chain([Pass] * n),
        "mixed": lambda: chain([Pass, native.Mix] * (n // 2)),
        "broad": lambda: tree([native.Mix] * (n // 2) + [native.Noise] * (n // 2 + 1), [
            (i, (2 * i + 1, 2 * i + 2)) for i in range(n // 2)
        ]),
    }[params.get("what", "names")]()
"""


@pytest.mark.parametrize("what", ["names", "lamps", "native", "python", "mixed", "broad"])
def test_ten_thousand_of_anything_are_loaded(run_host: RunHost, what: str) -> None:
    run = run_host(*ONE_SAMPLE, "-D", "n=10000", "-D", f"what={what}", scene=SCENE)

    assert run.one("frame")["tiles_done"] == 1
