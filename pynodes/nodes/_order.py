"""An order of the nodes of a tree in which each stands after those that feed it.

It is kept while links are made, so that a link costs what it changes: one that goes forward in the
order closes no cycle and costs nothing. For any other both ends are searched by turns, between
their places alone, and the side that ends first is moved past the other.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pynodes.nodes.tree import InSocket, TreeNode

_GAP = 1 << 64  # between two places, so that many more fit between them


class Place:
    """Where a node stands, and which inputs it feeds."""

    __slots__ = ("after", "before", "node", "number", "readers")

    def __init__(self, node: TreeNode | None) -> None:
        self.node: Any = node
        self.number = 0
        self.before = self.after = self
        self.readers: list[InSocket] = []


class Order:
    """The places of all nodes of a tree, in a ring that begins and ends with one of no node."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends = Place(None)

    def append(self, place: Place) -> None:
        """Put a node that is linked to nothing last."""
        place.number = self._ends.before.number + _GAP
        _join(self._ends.before, place, self._ends)

    def link(self, source: Place, target: InSocket) -> bool:
        """Note a link from a node to an input; False when it would close a cycle."""
        reader = target.node.place
        if source.number >= reader.number and not self._turn(source, reader):
            return False
        source.readers.append(target)
        return True

    def _turn(self, source: Place, reader: Place) -> bool:
        """Change the order so that `source` is before `reader`; False when it needs it."""
        if source is reader:
            return False
        fed, needed = [reader], [source]
        low, high = reader.number, source.number
        onward = _walk(fed, _readers, source, lambda place: place.number < high)
        back = _walk(needed, _sources, reader, lambda place: place.number > low)
        while True:
            for walk, found, after in ((onward, fed, source), (back, needed, reader.before)):
                closes = next(walk, None)
                if closes is None:
                    self._move(found, after)
                    return True
                if closes:
                    return False

    def _move(self, places: list[Place], after: Place) -> None:
        """Put places behind `after`, which is not among them, in their order."""
        places.sort(key=lambda place: place.number)
        for place in places:
            place.before.after, place.after.before = place.after, place.before
        step = self._step(after, len(places))
        if step == 0:
            self._spread_out()
            step = self._step(after, len(places))
        number = after.number if after is not self._ends else after.after.number
        if after is self._ends:
            number -= step * (len(places) + 1)
        for place in places:
            number += step
            place.number = number
            _join(after, place, after.after)
            after = place

    def _step(self, after: Place, n: int) -> int:
        """How far apart `n` places behind `after` can be; 0 when they find no room."""
        if after is self._ends or after.after is self._ends:
            return _GAP
        return (after.after.number - after.number) // (n + 1)

    def _spread_out(self) -> None:
        place, number = self._ends.after, 0
        while place is not self._ends:
            number += _GAP
            place.number = number
            place = place.after


def _join(before: Place, place: Place, after: Place) -> None:
    before.after = after.before = place
    place.before, place.after = before, after


def _readers(place: Place) -> Iterator[Place]:
    for each in place.readers:
        if each.source is not None and each.source.node is place.node:
            yield each.node.place


def _sources(place: Place) -> Iterator[Place]:
    for each in place.node.inp:
        if each.source is not None:
            yield each.source.node.place


def _walk(
    found: list[Place],
    neighbours: Callable[[Place], Iterable[Place]],
    goal: Place,
    may: Callable[[Place], bool],
) -> Iterator[bool]:
    """Go on from `found`, which grows, a link a step: True at the goal, else False."""
    seen = set(found)
    for place in found:
        for other in neighbours(place):
            if other is goal:
                yield True
            elif other not in seen and may(other):
                seen.add(other)
                found.append(other)
            yield False
