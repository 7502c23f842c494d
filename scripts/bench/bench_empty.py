"""A node that does nothing: what a call itself costs."""

from __future__ import annotations

from bench_common import flat

from pynodes.nodes import Node, Socket
from pynodes.scene import Scene

TYPE_CHECKING = False  # importing typing would cost more than the rest of the script
if TYPE_CHECKING:
    from typing import Any


class Empty(Node):
    """Does nothing."""

    def __init__(self, sockets: Any) -> None:
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0))]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]

    def __call__(self) -> None:
        pass


def build(params: Any, frame: int) -> Scene:
    return flat(Empty)
