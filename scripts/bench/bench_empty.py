"""A node that does nothing: what a call itself costs."""

from __future__ import annotations

from bench_common import flat

from pynodes.nodes import Node, Socket, SocketLists
from pynodes.scene import Params, Scene


class Empty(Node):
    """Does nothing."""

    def __init__(self, sockets: SocketLists) -> None:
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0))]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]

    def __call__(self) -> None:
        pass


def build(params: Params, frame: int) -> Scene:
    return flat(Empty)
