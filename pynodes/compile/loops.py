"""What can be gone through: how many there are, and the one at a place."""

from __future__ import annotations

from functools import partial

from pynodes.compile.refusal import BailsError, refused
from pynodes.compile.values import (
    INT,
    Fixed,
    Many,
    Range,
    Scalar,
    Together,
    constant,
    filled,
    number,
    said,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable
    from typing import Any

    from pynodes.compile.emit import Emitter
    from pynodes.compile.tables import Tables
    from pynodes.compile.values import Value


class Walk:
    """Something that is gone through, made ready once: `count` and `at` follow."""

    def __init__(self, emitter: Emitter, tables: Tables, value: Value, node: ast.AST) -> None:
        self._emitter = emitter
        self._tables = tables
        self._node = node
        self.count, self._at = self._prepare(value)

    def at(self, index: Scalar) -> Value:
        """The one at a place, from 0 to before `count`."""
        return self._at(index)

    def _prepare(self, value: Value) -> tuple[Scalar | None, Callable[[Scalar], Value]]:
        """(How many; None: without end, the one at a place)."""
        if isinstance(value, Range):
            return self._range(value)
        if isinstance(value, Together):
            return self._together(value)
        if isinstance(value, Many):
            return number(len(value.items)), self._of_many(value)
        if isinstance(value, Fixed) and value.is_table:
            table = value.object
            return number(len(table)), partial(self._of_table, table)
        if isinstance(value, Scalar):
            raise BailsError
        raise refused(self._node, f"going through {said(value)} is not compiled")

    def _of_table(self, table: Any, index: Scalar) -> Value:
        if index.const is not None:
            return constant(table[index.const])
        return self._tables.row(table, index.code, self._node)

    def _of_many(self, value: Many) -> Callable[[Scalar], Value]:
        arrays: list[Any] = []

        def at(index: Scalar) -> Value:
            if index.const is not None:
                known: int = index.const
                return value.items[known]
            if not arrays:
                raise BailsError
            element, names = arrays
            return filled(element, [f"{name}[{index.code}]" for name in names])

        if value.items:
            self._fill = lambda: arrays.extend(self._emitter.array(value, self._node))
        return at

    _fill: Callable[[], object] | None = None

    def ready(self) -> None:
        """Before `at` is asked for places that are not constants."""
        if self._fill is not None:
            self._fill()
            self._fill = None
        for each in self._parts:
            each.ready()

    _parts: tuple[Walk, ...] = ()

    def _range(self, value: Range) -> tuple[Scalar, Callable[[Scalar], Value]]:
        emitter = self._emitter
        ends = [value.start, value.stop, value.step]
        if all(each.const is not None for each in ends):
            known = range(*(each.const for each in ends))
            count = number(len(known))
        else:
            start, stop, step = (emitter.kept(each) for each in ends)
            value = Range(start, stop, step)
            count = self._counted(start, stop, step)

        def at(index: Scalar) -> Value:
            if index.const is not None and count.const is not None:
                return number(known[index.const])
            if value.step.const == 1:
                if value.start.const == 0:
                    return index
                return Scalar(INT, f"({value.start.code} + {index.code})")
            return Scalar(INT, f"({value.start.code} + {index.code} * {value.step.code})")

        return count, at

    def _counted(self, start: Scalar, stop: Scalar, step: Scalar) -> Scalar:
        emitter = self._emitter
        if step.const is None:
            raise refused(self._node, "a step of range that is not constant is not compiled")
        low, high = (start, stop) if step.const > 0 else (stop, start)
        span = emitter.call(INT, "__builtin_sub_overflow", high.code, low.code)
        by = abs(step.const)
        more = f"({span.code} - 1) / {by} + 1" if by > 1 else span.code
        return emitter.kept(Scalar(INT, f"({span.code} > 0 ? {more} : 0)"))

    def _together(self, value: Together) -> tuple[Scalar | None, Callable[[Scalar], Value]]:
        walks = [
            Walk(self._emitter, self._tables, each, self._node) if not _is_endless(each) else each
            for each in value.parts
        ]
        self._parts = tuple(each for each in walks if isinstance(each, Walk))
        counts = [each.count for each in self._parts if each.count is not None]
        if not counts:
            return None, lambda index: Many([])
        count = counts[0]
        for other in counts[1:]:
            if count.const is not None and other.const is not None:
                count = number(min(count.const, other.const))
            else:
                a, b = self._emitter.temp(count), self._emitter.temp(other)
                code = f"({a.code} < {b.code} ? {a.code} : {b.code})"
                count = self._emitter.kept(Scalar(INT, code))

        def at(index: Scalar) -> Value:
            return Many(
                [
                    each.at(index) if isinstance(each, Walk) else _counting(each, index)
                    for each in walks
                ]
            )

        return count, at


def _is_endless(value: Value) -> bool:
    return isinstance(value, Range) and value.stop.code == ENDLESS


ENDLESS = "endless"


def _counting(value: Value, index: Scalar) -> Value:
    """The number that enumerate gives with the one at a place."""
    assert isinstance(value, Range)
    start = value.start
    if start.const is not None and index.const is not None:
        return number(start.const + index.const)
    return index if start.const == 0 else Scalar(INT, f"({start.code} + {index.code})")
