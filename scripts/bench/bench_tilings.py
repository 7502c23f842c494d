"""A cheap node: rotate, stretch, floor into 3 x 3 cells, a diagonal test, one of three colours."""

from __future__ import annotations

from math import floor

from bench_common import flat

from pynodes.nodes import Node, Socket, SocketLists
from pynodes.scene import Params, Scene

RED = (0.75, 0.2, 0.1, 1.0)
BLUE = (0.1, 0.3, 0.6, 1.0)
CREAM = (0.9, 0.85, 0.7, 1.0)
COS, SIN, STRETCH = 0.8, 0.6, 12.0


class CheapTilings(Node):
    """Three-coloured tiling; one read, one write, a dozen operations."""

    def __init__(self, sockets: SocketLists) -> None:
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0))]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]

    def __call__(self) -> None:
        x, y, _ = self.input.Coords
        u = (x * COS - y * SIN) * STRETCH
        v = (x * SIN + y * COS) * STRETCH
        i = floor(u)
        j = floor(v)
        cell = (i % 3 + j) % 3
        if cell == 0:
            self.output.Color = RED
        elif u - i > v - j:
            self.output.Color = BLUE
        else:
            self.output.Color = CREAM


def build(params: Params, frame: int) -> Scene:
    return flat(CheapTilings)
