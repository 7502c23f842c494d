"""A heavy node: the sum of 30 damped ring waves, sqrt, exp and cos each."""

from __future__ import annotations

from math import cos, exp, sqrt

from bench_common import flat

from pynodes.nodes import Node, Socket, SocketLists
from pynodes.scene import Params, Scene

# Centres on a spiral of the golden angle; amplitude, damping and frequency fall with the number.
DROPS = [
    (
        sqrt(k / 30) * cos(2.4 * k),
        sqrt(k / 30) * cos(2.4 * k + 1.57),
        0.2 / (1 + k / 10),
        2.0 + k / 8,
        18.0 - k / 4,
    )
    for k in range(30)
]


class Drops(Node):
    """Rings of 30 drops on water."""

    def __init__(self, sockets: SocketLists) -> None:
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0))]
        sockets.output = [Socket("Height", 0.0)]

    def __call__(self) -> None:
        x, y, _ = self.input.Coords
        height = 0.5
        for cx, cy, amplitude, damping, frequency in DROPS:
            dx = x - cx
            dy = y - cy
            d = sqrt(dx * dx + dy * dy)
            height += amplitude * exp(-damping * d) * cos(frequency * d)
        self.output.Height = height


def build(params: Params, frame: int) -> Scene:
    return flat(Drops, output="Height")
