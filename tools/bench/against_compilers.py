#!/usr/bin/env python3
"""Compiled nodes against other compilers, and whole renders compiled against interpreted, in turns.

    python3 tools/bench/against_compilers.py [--rounds N] [--only nodes|scenes] [--pynodes COMMAND]

Run it with a Python that has NumPy, numba and drjit; a peer that is not there is left out. Dr.Jit
needs LLVM's library. `pynodes` is the one on the path, or COMMAND. Where others are at work give it
a real-time priority (`chrt -f 10 python3 ...`).

Nodes: a cheap tiling (the library's own) and 30 damped waves, on the coordinates of a picture, on
one thread; each round calls all of them, one after the other. Scenes: one thread. Ratios are those
of one round; the table shows their medians.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

import compiler_peers

from pynodes.compile.build import FAST_FLAGS, FLAGS, library

if TYPE_CHECKING:
    from collections.abc import Callable

    Timed = dict[str, Callable[[], object]]

SCENES = ("stage", "ripples", "tilings", "soapfilm")
BATCH = 4096
SCENE = """
from math import cos, exp, sqrt
from pynodes.nodes import Node, NodeTree, Socket, Tilings, native
from pynodes.scene import Camera, Plane, Scene

WAVES = {waves}

class Waves(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Height", 0.0)]

    def __call__(self):
        x, y, _ = self.input.Coords
        height = 0.0
        for px, py, size, fading, wave in WAVES:
            dx = x - px
            dy = y - py
            d = sqrt(dx * dx + dy * dy)
            height += size * exp(-fading * d) * cos(wave * d)
        self.output.Height = height

def build(params, frame):
    tree = NodeTree("both")
    coords = tree.add(native.TextureCoordinate)
    tiles, waves = tree.add(Tilings), tree.add(Waves)
    mix = tree.add(native.Mix)
    tree.link(coords.out.Global, tiles.inp.Coords)
    tree.link(coords.out.Global, waves.inp.Coords)
    tree.link(tiles.out.Color, mix.inp.Color1)
    tree.link(waves.out.Height, mix.inp.Factor)
    tree.link(mix.out.Color, tree.surface)
    return Scene(camera=Camera(location=(0, 0, 5), look_at=(0, 0, 0), up=(0, 1, 0)),
                 objects=[Plane(material=tree, scale=4.0)])
"""


class Args(ctypes.Structure):
    """As pn_compiled_args."""

    _fields_ = (
        ("first", ctypes.c_int64),
        ("end", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("inputs", "stride", "out", "shading", "scene")),
        ("frame", ctypes.c_int64),
        ("salt", ctypes.c_uint64),
        *((name, ctypes.c_void_p) for name in ("random", "derived", "looked_up", "bailed")),
    )


class Compiled:
    """A compiled node over many points: the first input is theirs, the others are constants."""

    def __init__(self, path: str, points: ctypes.Array[ctypes.c_float], same: list[float]) -> None:
        self._function = ctypes.CDLL(path).pn_compiled
        self._function.restype = ctypes.c_int64
        self._n = len(points) // 3
        self._points = points
        widths = compiler_peers.WIDTHS if same else (3,)
        self._kept = [(ctypes.c_float * max(1, len(same)))(*same)]
        places, at = [], ctypes.addressof(self._kept[0])
        for width in widths[1:]:
            places.append(at)
            at += 4 * width
        self._inputs = (ctypes.c_void_p * len(widths))(0, *places)
        self._strides = (ctypes.c_int * len(widths))(3, *[0] * len(places))
        self._out = [(ctypes.c_float * (BATCH * 4))() for _ in range(2)]
        self._outputs = (ctypes.c_void_p * 2)(*map(ctypes.addressof, self._out))
        self._bailed = (ctypes.c_ubyte * BATCH)()
        self._args = Args(
            end=BATCH,
            inputs=ctypes.addressof(self._inputs),
            stride=ctypes.addressof(self._strides),
            out=ctypes.addressof(self._outputs),
            shading=ctypes.addressof(shading := (ctypes.c_char * (BATCH * 256))()),
            looked_up=ctypes.addressof(self._kept[0]),
            bailed=ctypes.addressof(self._bailed),
        )
        self._shading = shading

    def __call__(self) -> None:
        start = ctypes.addressof(self._points)
        for first in range(0, self._n, BATCH):
            self._inputs[0] = start + first * 12
            if self._function(ctypes.byref(self._args)) != 0:
                raise SystemExit("a sample was left over")


def sources(pynodes: list[str], folder: Path) -> dict[str, str]:
    """The sources in C of both nodes, both ways, by file name."""
    scene = folder / "both.py"
    scene.write_text(SCENE.format(waves=compiler_peers.WAVES))
    words = ["render", str(scene), "--compile", "fast", "--keep-c", str(folder / "c")]
    subprocess.run(
        [*pynodes, *words, "--size", "16x16", "--out", str(folder / "both.png")],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return {each.name: each.read_text() for each in (folder / "c").iterdir()}


def ways(pynodes: list[str], folder: Path) -> tuple[dict[str, Timed], int]:
    """(What is timed, by node and way; points)."""
    points = compiler_peers.points()
    made = sources(pynodes, folder)
    found: dict[str, Timed] = {"tiling": {}, "30 waves": {}}
    for node, name, same in (
        ("tiling", "Tilings", compiler_peers.SAME),
        ("30 waves", "Waves", []),
    ):
        for way, ending, flags in (("exact", "c", FLAGS), ("fast", "fast.c", FAST_FLAGS)):
            path = library(made[f"{name}.{ending}"], flags)
            found[node][way] = Compiled(path, points, same)
    for peer, nodes in compiler_peers.peers(points).items():
        for node, call in nodes.items():
            found[node][peer] = call
    return found, len(points) // 3


def seconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def bench_nodes(pynodes: list[str], rounds: int, folder: Path) -> None:
    found, n = ways(pynodes, folder)
    for node, timed in found.items():
        for call in timed.values():
            call()
        times: dict[str, list[float]] = {way: [] for way in timed}
        for _ in range(rounds * 5):
            for way, call in timed.items():
                times[way].append(seconds(call))
        shown = {way: f"{median(each) / n * 1e9:.1f} ns" for way, each in times.items()}
        print(f"{node}: " + ", ".join(f"{way} {text}" for way, text in shown.items()))
        for way, peer in (("exact", "numba"), ("fast", "numba"), ("fast", "drjit")):
            if peer in times:
                ratio = median(a / b for a, b in zip(times[way], times[peer], strict=True))
                print(f"  {way} over {peer}: {ratio:.2f}")


def rendered(pynodes: list[str], folder: Path, scene: str, *more: str) -> dict[str, float]:
    path = ROOT / "scripts" / "scenes" / f"{scene}.py"
    done = subprocess.run(
        [*pynodes, "render", str(path), "--size", "320x240", *more, "--json"]
        + ["--out", str(folder / "picture.png")],
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def bench_scenes(pynodes: list[str], rounds: int, folder: Path) -> None:
    for scene in SCENES:
        first = rendered(pynodes, folder, scene, "--compile", "exact")["compile_s"]
        times: dict[str, list[float]] = {}
        compile_s = []
        for _ in range(rounds):
            for way in ("off", "exact", "fast"):
                for threads in ("1", "2"):
                    done = rendered(pynodes, folder, scene, "--compile", way, "-t", threads,
                                    "--engine", "shared")  # fmt: skip
                    times.setdefault(f"{way} {threads}", []).append(done["render_s"])
                    if way == "exact":
                        compile_s.append(done["compile_s"])

        def ratio(one: str, other: str, times: dict[str, list[float]] = times) -> float:
            return median(a / b for a, b in zip(times[one], times[other], strict=True))

        print(
            f"{scene}: exact {ratio('off 1', 'exact 1'):.2f} times as fast as off,"
            f" fast {ratio('off 1', 'fast 1'):.2f}; 2 threads over 1: off"
            f" {ratio('off 1', 'off 2'):.2f}, exact {ratio('exact 1', 'exact 2'):.2f};"
            f" compiling {first * 1e3:.0f} ms, found {median(compile_s) * 1e3:.0f} ms"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("nodes", "scenes"))
    parser.add_argument("--pynodes", default="pynodes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder
        if asked.only != "scenes":
            bench_nodes(asked.pynodes.split(), asked.rounds, Path(folder))
        if asked.only != "nodes":
            bench_scenes(asked.pynodes.split(), asked.rounds, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
