"""Twice as much of anything in a scene is twice the work to build it, not four times.

Work is counted in Python's own instructions, so that a busy machine does not matter.
"""

from __future__ import annotations

import random
import sys
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Camera, Material, PointLamp, Scene, Sphere
from pynodes.scene.emit import digest, emit
from pynodes.scene.things import things

if TYPE_CHECKING:
    from collections.abc import Callable

    Links = list[tuple[Any, Any, str]]


class Pass(Node):
    def __init__(self, sockets: object) -> None:
        sockets.input = [Socket("Color1", (0, 0, 0, 1)), Socket("Color2", (0, 0, 0, 1))]  # type: ignore[attr-defined]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]  # type: ignore[attr-defined]

    def __call__(self) -> None: ...


def _spheres(names: list[str]) -> Scene:
    return Scene(Camera(), [Sphere(Material(), name=name) for name in names])


def _chain(nodes: list[Any]) -> Links:
    return [(a, b, "Color1") for a, b in pairwise(nodes)]


def _skips(nodes: list[Any]) -> Links:
    return _chain(nodes) + [(a, b, "Color2") for a, b in zip(nodes, nodes[2:], strict=False)]


def _mixed_up(nodes: list[Any]) -> Links:
    random.Random(1).shuffle(nodes)
    links = _chain(nodes)
    random.Random(2).shuffle(links)
    return links


def _bush(nodes: list[Any]) -> Links:
    """A binary tree whose root was added last."""
    leaves = len(nodes) // 2 + 1
    pairs = zip(nodes[leaves:], nodes[::2], nodes[1::2], strict=False)
    return [link for to, a, b in pairs for link in ((a, to, "Color1"), (b, to, "Color2"))]


def _tree(n: int, kind: Any, links_of: Callable[[list[Any]], Links]) -> Scene:
    tree = NodeTree("large")
    cls = getattr(native, kind) if isinstance(kind, str) else kind
    nodes = [tree.add(cls) for _ in range(n)]
    for source, target, socket in links_of(nodes):
        tree.link(source.out.Color, target.inp[socket])
    end = next(node for node in nodes if not node.place.readers)
    tree.link(end.out.Color, tree.surface)
    return Scene(Camera(), [Sphere(tree)])


SCENES: dict[str, Callable[[int], Scene]] = {
    "objects of one name": lambda n: _spheres(["ball"] * n),
    "objects without a name": lambda n: _spheres([""] * n),
    "names that are taken already": lambda n: _spheres(
        [f"ball {i}" for i in range(n, 1, -1)] + ["ball"] * n
    ),
    "materials of one name": lambda n: Scene(
        Camera(), [Sphere(Material(name="wood")) for _ in range(n)]
    ),
    "lamps": lambda n: Scene(Camera(), [], [PointLamp((0, 0, 1), name="lamp") for _ in range(n)]),
    "a chain": lambda n: _tree(n, "Mix", _chain),
    "a chain of Python nodes": lambda n: _tree(n, Pass, _chain),
    "a chain, its end first": lambda n: _tree(n, "Mix", lambda nodes: _chain(nodes)[::-1]),
    "a chain, from its end": lambda n: _tree(n, "Mix", lambda nodes: _chain(nodes[::-1])),
    "a chain, from its end, its begin first": lambda n: _tree(
        n, "Mix", lambda nodes: _chain(nodes[::-1])[::-1]
    ),
    "links over others": lambda n: _tree(n, "Mix", _skips),
    "links over others, backwards": lambda n: _tree(
        n, "Mix", lambda nodes: _skips(nodes[::-1])[::-1]
    ),
    "a chain in any order": lambda n: _tree(n, "Mix", _mixed_up),
    "a bush": lambda n: _tree(n, "Mix", _bush),
    "one node that feeds all": lambda n: _tree(
        n, "Mix", lambda nodes: _chain(nodes) + [(nodes[0], b, "Color2") for b in nodes[1:]]
    ),
}


def _work(make: Callable[[int], Scene], n: int) -> int:
    """Instructions that it takes to make a scene and all that is handed to the host."""
    count = 0

    def trace(frame: Any, event: str, _: object) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        scene = make(n)
        emission = emit(scene)
        things(scene, emission)
        digest(emission, "")
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("what", SCENES)
def test_twice_as_much_is_twice_the_work(what: str) -> None:
    few, many = _work(SCENES[what], 100), _work(SCENES[what], 200)

    assert few > 100 * 20
    assert many < 2.5 * few


@pytest.mark.parametrize("kind", ["Mix", Pass])
def test_a_tree_as_deep_as_it_likes_needs_no_recursion(kind: Any) -> None:
    scene = _tree(20_000, kind, _chain)
    emission = emit(scene)
    material = things(scene, emission)[-2]

    assert len(digest(emission, "")) == 64
    assert len(material.channels) > 20_000
