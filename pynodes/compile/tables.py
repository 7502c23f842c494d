"""Constant tables of the Python side as static arrays, a column per number of a row."""

from __future__ import annotations

from pynodes.compile.refusal import refused
from pynodes.compile.values import (
    C_TYPES,
    EXACT_MAX,
    FLOAT,
    NUM,
    Fixed,
    Scalar,
    constant,
    filled,
    join,
    leaves,
    number,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from typing import Any

    from pynodes.compile.values import Type, Value

ROWS_MAX = 1 << 20
_PER_LINE = 8


class Tables:
    """The tables of one source, each once."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._known: dict[int, tuple[Any, Type, list[str]]] = {}

    def row(self, table: Any, index: str, node: ast.AST) -> Value:
        """The row at a place that is known at run time, and within the table."""
        if id(table) not in self._known:
            self._known[id(table)] = (table, *self._made(table, node))
        _, type_, names = self._known[id(table)]
        return filled(type_, [f"{name}[{index}]" for name in names])

    def _made(self, table: Any, node: ast.AST) -> tuple[Type, list[str]]:
        if not 0 < len(table) <= ROWS_MAX:
            raise refused(node, f"a table of {len(table)} rows is not compiled")
        row: Type | None = None
        for each in table:
            row = join(row, _type_of(each, node), node, "a row of a table")
        assert row is not None
        columns: list[list[str]] = [[] for _ in leaves(row)]
        for each in table:
            codes: list[str] = []
            _codes(each, row, codes, node)
            for column, code in zip(columns, codes, strict=True):
                column.append(code)
        names = []
        for leaf, column in zip(leaves(row), columns, strict=True):
            name = f"table{len(self.lines)}"
            rows = [
                ", ".join(column[at : at + _PER_LINE]) for at in range(0, len(column), _PER_LINE)
            ]
            body = ",\n    ".join(rows)
            self.lines.append(f"static const {C_TYPES[str(leaf[0])]} {name}[] = {{\n    {body}}};")
            names.append(name)
        return row, names


def _type_of(thing: Any, node: ast.AST) -> Type:
    value = constant(thing)
    if isinstance(value, Scalar):
        return value.type
    if isinstance(value, Fixed) and value.is_table:
        return ("many", False, tuple(_type_of(each, node) for each in value.object))
    kind = type(thing).__name__
    raise refused(
        node, f"a table with {'None' if thing is None else f'a {kind}'} in it is not compiled"
    )


def _codes(thing: Any, type_: Type, codes: list[str], node: ast.AST) -> None:
    if type_[0] == "many":
        parts: Any = type_[2]
        for each, part in zip(thing, parts, strict=True):
            _codes(each, part, codes, node)
        return
    if type_ == FLOAT:
        codes.append(number(float(thing)).code)
    elif type_ == NUM:
        if type(thing) is not float and abs(thing) > EXACT_MAX:
            raise refused(node, "an int past 2**53 among floats is not compiled")
        codes.append(f"{{{number(float(thing)).code}, {int(type(thing) is not float)}}}")
    else:
        codes.append(number(thing).code)
