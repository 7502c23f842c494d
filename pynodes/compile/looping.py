"""Comprehensions, and what goes through things: loops that are written by expressions."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from functools import partial

from pynodes.compile.emit import Emitter
from pynodes.compile.loops import Walk
from pynodes.compile.refusal import BailsError, NotWideError, refused, refused_form
from pynodes.compile.values import INT, MANY_MAX, Many, Scalar, items_of, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pynodes.compile.eaters import Eater
    from pynodes.compile.unit import Unit
    from pynodes.compile.values import Value

_TURNS_UNCOUNTED = 1 << 16
_UNROLLED_MAX = 8  # turns that are written out for vectors
_UNROLLED_TURNS_MAX = 32  # of loops in loops


class Looping(Emitter, ABC):
    """Loops over what expressions give; those come with a subclass."""

    def __init__(self, unit: Unit) -> None:
        super().__init__(unit.wide)
        self.unit = unit
        self._turns: list[tuple[str, str]] = []  # how the loops around are left, and gone on with
        self.scopes: list[dict[str, Value]] = []  # variables of comprehensions
        self.certain_turns = 1  # of the loops around, as far as they are known

    @abstractmethod
    def value(self, node: ast.AST) -> Value:
        """The value of an expression."""

    @abstractmethod
    def truth(self, node: ast.expr) -> Scalar:
        """What `if` makes of an expression."""

    def _ListComp(self, node: ast.ListComp) -> Value:  # noqa: N802
        """Over a known number of things, each written out."""
        items: list[Value] = []
        self._written_out(node, 0, lambda: items.append(self.kept_all(self.value(node.elt))))
        if len(items) > MANY_MAX:
            raise refused(node, f"a list of {len(items)} is not compiled")
        return Many(items, True)

    def _written_out(self, node: ast.ListComp, depth: int, body: Callable[[], Any]) -> None:
        if depth == len(node.generators):
            body()
            return
        part = node.generators[depth]
        if part.ifs or part.is_async:
            raise refused(node, "a list comprehension with a condition is not compiled")
        walk = Walk(self, self.unit.tables, self.value(part.iter), node)
        count = walk.count.const if walk.count is not None else None
        if count is None or count > MANY_MAX:
            raise refused(node, "a list whose length is not fixed is not compiled")
        for index in range(count):
            self.scopes.append({})
            try:
                self.bind(part.target, walk.at(number(index)))
                self._written_out(node, depth + 1, body)
            finally:
                self.scopes.pop()

    def bind(self, target: ast.expr, value: Value) -> None:
        """Give variables of a comprehension their values."""
        if isinstance(target, ast.Name):
            self.scopes[-1][target.id] = value
        elif isinstance(target, ast.Tuple | ast.List):
            items = items_of(value, target)
            if len(items) != len(target.elts):
                raise BailsError
            for each, item in zip(target.elts, items, strict=True):
                self.bind(each, item)
        else:
            raise refused_form(target)

    # --- loops ---

    def loop(self, node: ast.AST, iterable: Value, body: Callable[[Value], Any]) -> None:
        """Write a loop in C; `body` writes what is done with each one."""
        walk = Walk(self, self.unit.tables, iterable, node)
        count = walk.count
        if count is None:
            raise refused(node, "an endless loop over a range is not compiled")
        if count.const == 0:
            return
        if self.wide is not None:
            if count.const is None:
                raise NotWideError("a loop of unknown length")
            if count.const <= _UNROLLED_MAX:
                self._unrolled(walk, count.const, body)
                return
        walk.ready()
        count = self.temp(count)
        name = self.fresh()
        before = self.certain_turns
        self.certain_turns *= count.const if count.const is not None else _TURNS_UNCOUNTED + 1

        def inside() -> None:
            if self.certain_turns > _TURNS_UNCOUNTED:
                if self.wide is not None:
                    raise NotWideError("a long loop")
                self.bail_if("++c->turns > PN_TURNS_MAX")
            body(walk.at(Scalar(INT, name)))

        self._turns.append(("break;", "continue;") if self.wide is None else ("", ""))
        lines, _ = self.block(inside)
        self._turns.pop()
        self.certain_turns = before
        self.put(f"for (pn_int {name} = 0; {name} < {count.code}; {name}++) {{", lines)

    def _unrolled(self, walk: Walk, count: int, body: Callable[[Value], Any]) -> None:
        """A loop as its turns, one after the other."""
        before = self.certain_turns
        self.certain_turns *= count
        if self.certain_turns > _UNROLLED_TURNS_MAX:
            raise NotWideError("loops in loops")
        end = f"end_{self.fresh()}"
        for turn in range(count):
            again = f"again_{self.fresh()}"
            self._turns.append((f"goto {end};", f"goto {again};"))
            lines, _ = self.block(partial(body, walk.at(number(turn))))
            self._turns.pop()
            self.put("{", lines)
            self.line(f"{again}:;")
        self.line(f"{end}:;")
        self.certain_turns = before

    def leave(self, goes_on: bool = False) -> str:
        """What leaves the innermost loop, or goes on with its next turn."""
        self.check_leaving(self._turns[-1:])
        return self._turns[-1][goes_on]

    def check_leaving(self, loops: list[tuple[str, str]] | None = None) -> None:
        """Raises NotWideError where a loop of vectors would be left early."""
        for end, _ in self._turns if loops is None else loops:
            if not end:
                raise NotWideError("a loop that is left")

    def eaten(self, node: ast.Call, eater: type[Eater]) -> Value:
        """The result of a function that goes through something, like sum."""
        if node.keywords:
            raise refused(node, "sum, min, max with named arguments are not compiled")
        if not 1 <= len(node.args) <= 2 or isinstance(node.args[0], ast.Starred):
            raise BailsError
        argument = node.args[0]
        items = None
        if not isinstance(argument, ast.GeneratorExp | ast.ListComp):
            items = self.value(argument)
        start = self.value(node.args[1]) if len(node.args) == 2 else number(0)
        if not isinstance(start, Scalar):
            raise BailsError
        eating = eater(self, self.kept(start), node)
        if items is None:
            assert isinstance(argument, ast.GeneratorExp | ast.ListComp)
            self._generated(argument, eating, 0)
        elif isinstance(items, Many):
            for each in items.items:
                eating.take(each)
            eating.is_certain = bool(items.items)
        else:
            eating.is_certain = True
            self.loop(node, items, eating.take)
        return eating.result()

    def _generated(self, node: ast.GeneratorExp | ast.ListComp, eating: Eater, depth: int) -> None:
        """Hand each value of a generator on, in a loop."""
        part = node.generators[depth]

        def inside(value: Value) -> None:
            self.scopes.append({})
            try:
                self.bind(part.target, value)
                for each in part.ifs:
                    self.line(f"if (!{self.truth(each).code}) {self.leave(True)}")
                if depth + 1 < len(node.generators):
                    self._generated(node, eating, depth + 1)
                else:
                    eating.take(self.value(node.elt))
            finally:
                self.scopes.pop()

        self.loop(node, self.value(part.iter), inside)
