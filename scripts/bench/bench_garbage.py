"""A node that leaves cyclic garbage: how long the collector stops everybody.

-D freeze=1 calls gc.freeze() once the scene is built. At the end one line on stdout gives
collections, total and longest pause in ms.
"""

from __future__ import annotations

import atexit
import gc
import json
import time

from bench_common import flat

from pynodes.nodes import Node, Socket, SocketLists
from pynodes.scene import Params, Scene

PAUSES: list[int] = []
BEGUN: list[int] = []


def on_collection(phase: str, info: dict[str, int]) -> None:
    """Note the time from start to stop; without a GIL all other threads stand still in between."""
    if phase == "start":
        BEGUN.append(time.perf_counter_ns())
    elif BEGUN:
        PAUSES.append(time.perf_counter_ns() - BEGUN.pop())


def report() -> None:
    found = {
        "collections": len(PAUSES),
        "total_ms": sum(PAUSES) / 1e6,
        "longest_ms": max(PAUSES, default=0) / 1e6,
    }
    print(json.dumps(found), flush=True)


class Littering(Node):
    """Makes a small cycle per call and keeps some thousand objects alive."""

    def __init__(self, sockets: SocketLists) -> None:
        sockets.input = [Socket("Coords", (0.0, 0.0, 0.0))]
        sockets.output = [Socket("Color", (0.0, 0.0, 0.0, 1.0))]
        self.kept: list[object] = [[i] for i in range(20_000)]

    def __call__(self) -> None:
        a: list[object] = []
        b: list[object] = [a]
        a.append(b)
        self.output.Color = (0.5, 0.5, 0.5, 1.0)


def build(params: Params, frame: int) -> Scene:
    scene = flat(Littering)
    if params.get("freeze", 0):
        gc.collect()
        gc.freeze()
    return scene


if __name__ == "pynodes_scene":  # the main run, not the copy of a render thread
    gc.callbacks.append(on_collection)
    atexit.register(report)
