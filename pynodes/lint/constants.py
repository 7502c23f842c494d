"""What is settled before anything runs beside it: fields and variables that keep one value.

A program's options, its tables of hooks: given at the start of main, before a thread begins, and
never changed. What is known of them holds in all functions, so that branches that are never taken
are not read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from pynodes.contract.table import Attach
from pynodes.lint.calls import attach_of
from pynodes.lint.graph import Function, Node, Unit, Value, outer_name
from pynodes.lint.handed import HANDED
from pynodes.lint.reach import pointed

_ROUNDS = 4  # what follows from what was found before
_THREADS = frozenset(name for name, (_, slot) in HANDED.items() if slot == "thread")


class Constants:
    """Finds them; `main`: without one nobody knows who else writes."""

    def __init__(
        self,
        units: Iterable[Unit],
        functions: Mapping[str, Function],
        stores: Mapping[str, frozenset[str]],
        late: Collection[str],
    ) -> None:
        units = list(units)
        self.functions = functions
        self.stores = stores
        self.main = next((each for each in functions.values() if each.name == "main"), None)
        self.owners: dict[str, set[str]] = defaultdict(set)
        self.given: dict[str, list[Value]] = defaultdict(list)
        shared: set[str] = set()
        for unit in units:
            for name, owners in unit.owners.items():
                self.owners[name] |= owners
            for name, value in unit.given:
                self.given[name].append(value)
            shared |= unit.shared
        self.known: dict[str, object] = {}
        self._late = self._closure(late)
        self._early: set[int] = set()
        self._starting = self._all_starting()
        self._walked: set[str] = set()
        self._shared = shared | set(self._addresses())

    def found(self) -> dict[str, object]:
        """By name: a number, or the id of a function."""
        if self.main is None:
            return {}
        for _ in range(_ROUNDS):
            before = dict(self.known)
            self._early.clear()
            self._walked.clear()
            self._walk(self.main)
            self.known = dict(self._round())
            if self.known == before:
                break
        return self.known

    def _closure(self, roots: Collection[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(roots)
        while waiting:
            each = waiting.pop()
            if each not in found and each in self.functions:
                found.add(each)
                for node in self.functions[each].calls():
                    waiting += pointed(node, self.stores)
        return found

    def _walk(self, function: Function, *, is_sure: bool = True) -> None:
        """Marks what is set for sure before a thread starts."""
        if function.id in self._walked:
            return
        self._walked.add(function.id)
        nodes = function.nodes
        begin = next((i for i, node in enumerate(nodes) if self._begins(node)), None)
        goals = {i for i, node in enumerate(nodes) if node.kind == "return"}
        if begin is not None:
            goals = {begin}
        for index, node in enumerate(nodes[:begin]):
            if node.kind not in ("set", "call"):
                continue
            sure = is_sure and goals.isdisjoint(self._alive(function, index))
            if node.kind == "set" and sure:
                self._early.add(id(node))
            for each in self._called(node):
                self._walk(each, is_sure=sure)
        for each in self._called(nodes[begin]) if begin is not None else ():
            self._walk(each, is_sure=is_sure)

    def _called(self, node: Node) -> list[Function]:
        ids = pointed(node, self.stores) if node.kind == "call" else ()
        return [self.functions[each] for each in ids if each in self.functions]

    def _begins(self, node: Node) -> bool:
        """Whether a call starts a thread, or Python."""
        if node.kind != "call":
            return False
        return _starts(node) or any(each.id in self._starting for each in self._called(node))

    def _all_starting(self) -> set[str]:
        """The functions that start threads or Python, by others too."""
        found: set[str] = set()
        while True:
            more = {
                each.id
                for each in self.functions.values()
                if each.id not in found
                and any(
                    _starts(node) or not found.isdisjoint(pointed(node, self.stores))
                    for node in each.calls()
                )
            }
            if not more:
                return found
            found |= more

    def _addresses(self) -> Iterator[str]:
        """Names that others may write by a pointer."""
        for function in self.functions.values():
            for node in function.nodes:
                for value in (*node.arguments, node.value):
                    if value.kind == "address":
                        yield outer_name(value.text)

    def _round(self) -> Iterator[tuple[str, object]]:
        written: dict[str, list[tuple[bool, object]]] = defaultdict(list)
        for function in self.functions.values():
            alive = self._alive(function)
            for index in alive:
                node = function.nodes[index]
                name = outer_name(node.result) if node.kind == "set" else ""
                if name:
                    is_early = id(node) in self._early and function.id not in self._late
                    known = self._value(function, alive, node.value)
                    written[name].append((is_early, known))
        for name, owners in self.owners.items():
            if name in self._shared or len(owners) != 1 or next(iter(owners)).startswith("~"):
                continue
            found = self._one(name, written.get(name, []))
            if found is not None:
                yield name, found

    def _one(self, name: str, written: list[tuple[bool, object]]) -> object:
        if written:
            values = {known for _, known in written}
            is_settled = all(is_early for is_early, _ in written)
            return values.pop() if is_settled and len(values) == 1 else None
        given = {
            each.number if each.kind == "number" else each.text if each.kind == "function" else None
            for each in self.given.get(name, [])
        }
        if not given:  # C fills with zeros what nobody writes
            return 0
        return given.pop() if len(given) == 1 else None

    def _value(self, function: Function, alive: list[int], value: Value) -> object:
        if value.kind == "number":
            return value.number
        if value.kind == "function":
            return value.text
        if value.kind == "key" and value.text.startswith("$"):
            nodes = (function.nodes[index] for index in alive)
            found = {
                self._value(function, [], node.value)
                for node in nodes
                if node.kind == "set" and node.result == value.text
            }
            return found.pop() if len(found) == 1 else None
        return self.known.get(outer_name(value.text)) if value.kind == "key" else None

    def _alive(self, function: Function, but: int = -1) -> list[int]:
        """The steps that can be reached as far as is known; `but`: without passing that one."""
        seen: set[int] = {but}
        waiting = [0]
        while waiting:
            index = waiting.pop()
            if index in seen or index >= len(function.nodes):
                continue
            seen.add(index)
            waiting += self._ways(function.nodes[index])
        return sorted(seen - {but})

    def _ways(self, node: Node) -> list[int]:
        if node.kind != "test" or len(node.next) < 2 or node.value.kind != "key":
            return node.next
        known = self.known.get(outer_name(node.value.text))
        if known is None:
            return node.next
        if not node.operator:
            return [node.next[0 if known != 0 else 1]]
        other = node.other.number if node.other.kind == "number" else None
        if not isinstance(known, int) or other is None:
            return node.next
        is_so = {"==": known == other, "<": known < other, ">": known > other}[node.operator]
        return [node.next[0 if is_so else 1]]


def _starts(node: Node) -> bool:
    return node.name in _THREADS or attach_of(node.name) == Attach.STARTS
