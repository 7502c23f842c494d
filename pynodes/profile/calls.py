"""The tree of calls of a profile: what was sampled, over all frames, threads and workers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pynodes.model import event as ev
from pynodes.model.record import LineCost, NodeProfile


class Place(NamedTuple):
    """A root is a node, by its name and tree; below it are lines of functions.

    Without a function (and with no node) calls are left out here: the stack was too deep.
    """

    node: str = ""
    tree: str = ""
    file: str = ""
    function: str = ""
    line: int = 0


@dataclass(slots=True)
class Call:
    """A place under the one that calls it. Its own samples and time are those that ended here."""

    place: Place
    samples: int = 0
    own_s: float = 0.0
    calls: dict[Place, Call] = field(default_factory=dict)

    @property
    def total_s(self) -> float:
        """Its time, with all that it calls."""
        return sum(call.own_s for _, call in self.walk())

    @property
    def total_samples(self) -> int:
        return sum(call.samples for _, call in self.walk())

    def walk(self, above: tuple[Call, ...] = ()) -> Iterator[tuple[tuple[Call, ...], Call]]:
        """This call and all below it, each with the stack that it stands on, outermost first."""
        rest = [(above, self)]
        while rest:
            stack, call = rest.pop()
            yield stack, call
            rest += (((*stack, call), each) for each in call.calls.values())

    def below(self, place: Place) -> Call:
        """The call of a place from here."""
        found = self.calls.get(place)
        if found is None:
            found = self.calls[place] = Call(place)
        return found


def calls_of(places: Iterable[ev.PlaceSampled], costs: Mapping[tuple[str, str], float]) -> Call:
    """The tree of some frames; below its root are nodes.

    Args:
        costs: the processor time that each node took, by its name and tree. It is known exactly, so
            samples only say how it is spread.
    """
    root = Call(Place())
    at: dict[tuple[int, int, int], Call] = {}
    for each in places:
        parent = root if each.parent < 0 else at[each.frame, each.pid, each.parent]
        call = parent.below(Place(each.node, each.tree, each.file, each.function, each.line))
        at[each.frame, each.pid, each.id] = call
        call.samples += each.samples
        call.own_s += each.cpu_ns / 1e9
    for node in root.calls.values():
        sampled_s = node.total_s
        exact_s = costs.get((node.place.node, node.place.tree))
        if sampled_s and exact_s:
            for _, call in node.walk():
                call.own_s *= exact_s / sampled_s
    return root


def node_profiles(root: Call) -> list[NodeProfile]:
    """The nodes of a tree with their lines, the costliest first."""
    found = []
    for node in root.calls.values():
        place = node.place
        lines = sorted(_lines(node), key=lambda line: (-line.total_s, line.file, line.line))
        found.append(
            NodeProfile(place.node, place.tree, node.total_samples, node.total_s, tuple(lines))
        )
    return sorted(found, key=lambda each: -each.cpu_s)


def _lines(node: Call) -> Iterator[LineCost]:
    """What each line took; one that stands on a stack several times counts once."""
    sums: dict[Place, list[float]] = {}
    for above, call in node.walk():
        for place in {each.place for each in (*above, call) if each.place.function}:
            line = sums.setdefault(place, [0, 0.0, 0.0])
            line[0] += call.samples
            line[1] += call.own_s
        if call.place.function:
            sums[call.place][2] += call.own_s
    for place, (samples, total_s, own_s) in sums.items():
        yield LineCost(place.file, place.line, place.function, int(samples), total_s, own_s)
