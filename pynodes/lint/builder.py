"""What a graph is built with: nodes in order, labels, scopes whose end runs something."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pynodes.lint.graph import UNKNOWN, Function, Node, Place, Unit, Value


@dataclass(slots=True)
class Scope:
    """A block; `ends` run in reverse when it is left: (name, target, arguments)."""

    ends: list[tuple[str, str, tuple[Value, ...]]] = field(default_factory=list)


class Builder:
    """A graph in the making. `at`: the node that the next one follows; None: nothing gets here."""

    def __init__(self, unit: Unit, function: Function) -> None:
        self.unit = unit
        self.function = function
        self.at: int | None = None
        self.scopes: list[Scope] = [Scope()]
        self.results = 0
        self._files: dict[str, str] = {}
        self.start = self.label()
        self.at = self.start

    def place(self, cursor: Any) -> Place:
        """Where it stands; of a macro, where that is used."""
        location = cursor.location
        name = location.file.name if location.file is not None else self.unit.path
        return Place(self.unit.whole(name), location.line)

    def label(self) -> int:
        """A point that others may go to."""
        self.function.nodes.append(Node("join", self.function.place))
        return len(self.function.nodes) - 1

    def goto(self, label: int) -> None:
        """Go on there; nothing follows here."""
        if self.at is not None:
            self.function.nodes[self.at].next.append(label)
        self.at = None

    def here(self, label: int) -> None:
        """The label is at this point."""
        self.goto(label)
        self.at = label

    def emit(self, node: Node) -> None:
        """A step that follows; where nothing gets, none."""
        if self.at is None:
            return
        self.function.nodes.append(node)
        index = len(self.function.nodes) - 1
        self.function.nodes[self.at].next.append(index)
        self.at = index

    def test(
        self,
        place: Place,
        value: Value,
        ways: tuple[int, int],
        operator: str = "",
        other: Value = UNKNOWN,
    ) -> None:
        """Go on at the first of the ways where it is true."""
        node = Node("test", place, value=value, other=other, operator=operator)
        self.emit(node)
        if self.at is not None:
            node.next.extend(ways)
        self.at = None

    def result(self) -> str:
        """A name for what a call gives."""
        self.results += 1
        return f"${self.results}"

    def set(self, place: Place, key: str, value: Value) -> None:
        if key:
            self.emit(Node("set", place, result=key, value=value))

    def leave(self, place: Place, depth: int) -> None:
        """Run what ends the scopes above this depth, without leaving them for what follows."""
        for scope in reversed(self.scopes[depth:]):
            for name, target, arguments in reversed(scope.ends):
                self.emit(Node("call", place, name=name, target=target, arguments=arguments))
