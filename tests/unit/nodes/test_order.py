"""Links made in any order: refused exactly when they would close a cycle."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from pynodes.nodes import Node, NodeTree, Socket


class Join(Node):
    def __init__(self, sockets: object) -> None:
        sockets.input = [Socket(name, 0.0) for name in "ABCDEF"]  # type: ignore[attr-defined]
        sockets.output = [Socket("Sum", 0.0)]  # type: ignore[attr-defined]

    def __call__(self) -> None: ...


def _needs(node: object, wanted: object) -> bool:
    """Does a node need another, by a walk over the links there are?"""
    found = [node]
    for each in found:
        if each is wanted:
            return True
        found += [
            socket.source.node
            for socket in each.inp  # type: ignore[attr-defined]
            if socket.source is not None and socket.source.node not in found
        ]
    return False


@pytest.mark.parametrize("seed", range(40))
def test_random_links_are_refused_exactly_when_the_target_is_needed(seed: int) -> None:
    chance = random.Random(seed)
    tree = NodeTree("random")
    nodes = [tree.add(Join) for _ in range(chance.choice([3, 8, 25]))]
    refused = made = 0
    for _ in range(6 * len(nodes)):
        source, target = chance.choice(nodes), chance.choice(nodes)
        socket = chance.choice(list(target.inp))
        if socket.source is not None:
            socket.source = None  # as if it had been taken away: what it closed is open again
        if _needs(source, target):
            refused += 1
            with pytest.raises(ValueError, match="would close a cycle"):
                tree.link(source.out.Sum, socket)
        else:
            made += 1
            tree.link(source.out.Sum, socket)
        if chance.random() < 0.05:
            nodes.append(tree.add(Join))

    assert made > 0
    assert refused > 0


def test_a_long_cycle_is_named_by_both_its_ends() -> None:
    tree = NodeTree("ring")
    nodes = [tree.add(Join, f"n{i}") for i in range(3000)]
    for a, b in pairwise(nodes):
        tree.link(a.out.Sum, b.inp.A)

    with pytest.raises(ValueError, match=r"cycle: n0 -> n1 -> .* -> \(2990 more\) -> .* -> n0$"):
        tree.link(nodes[-1].out.Sum, nodes[0].inp.A)
