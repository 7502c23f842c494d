"""Expressions: from the syntax tree to values in C."""

from __future__ import annotations

import ast
import types
from functools import partial

from pynodes.compile import arithmetic, eaters, intrinsics, views
from pynodes.compile.looping import Looping
from pynodes.compile.loops import Walk
from pynodes.compile.refusal import BailsError, refused, refused_form
from pynodes.compile.source import global_of
from pynodes.compile.values import (
    BOOL,
    FLOAT,
    INT,
    Fixed,
    Many,
    Scalar,
    constant,
    filled,
    items_of,
    join,
    leaves,
    number,
    said,
    type_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FunctionType
    from typing import Any

    from pynodes.compile.unit import Unit
    from pynodes.compile.values import Type, Value


class Expressions(Looping):
    """Translates what has a value, in one function for one set of types of its arguments.

    Variables have one type each in the whole function. Those that are not yet known, or too narrow,
    make another pass over it: `changed`.
    """

    def __init__(self, unit: Unit, function: FunctionType) -> None:
        super().__init__(unit)
        self.function = function
        self.types: dict[str, Type] = {}
        self.names = set(function.__code__.co_varnames) | set(function.__code__.co_cellvars)
        self.sure: set[str] | None = set()  # variables that have a value here; None: never here
        self.unread: set[str] = set()  # variables that nothing reads
        self.asked: set[str] = set()  # variables that may be read without a value
        self.changed = False

    # --- variables ---

    def variable(self, name: str) -> Value:
        """The variables in C for one of Python, of the type that it has by now."""
        codes = [f"{self._c_name(name)}{k}" for k in range(len(leaves(self.types[name])))]
        return filled(self.types[name], codes)

    def _c_name(self, name: str) -> str:
        plain = name if name.isascii() else f"u{sorted(self.names).index(name)}_"
        return f"v_{plain}_"

    def flag(self, name: str) -> str:
        """The variable in C that says whether one of Python has a value."""
        return f"is_{self._c_name(name)}"

    def set(self, name: str, value: Value, node: ast.AST) -> None:
        """Assign to a variable."""
        if name in self.unread:
            return
        type_ = join(self.types.get(name), type_of(value, node), node, name)
        if type_ != self.types.get(name):
            self.types[name] = type_
            self.changed = True
        self.assign(self.variable(name), value, node)
        self.line(f"{self.flag(name)} = 1;")
        if self.sure is not None:
            self.sure.add(name)

    def _Name(self, node: ast.Name) -> Value:  # noqa: N802 - the names of ast
        for scope in reversed(self.scopes):
            if node.id in scope:
                return scope[node.id]
        if node.id in self.names:
            if node.id not in self.types:
                raise BailsError  # unassigned, as far as this pass knows
            if self.sure is not None and node.id not in self.sure:
                self.asked.add(node.id)
                self.bail_if(f"!{self.flag(node.id)}")
            return self.variable(node.id)
        found, thing = global_of(self.function, node.id)
        if not found:
            raise BailsError
        sources = self.unit.sources
        if node.id in self.function.__globals__:
            sources.check_constant(self.function, node.id, node.lineno)
        if type(thing) is list:
            sources.check_unchanged(self.function, node.id, node.lineno)
        return constant(thing)

    # --- the forms ---

    def value(self, node: ast.AST) -> Value:
        """The value of an expression."""
        form: Callable[[Any], Value] | None = getattr(self, f"_{type(node).__name__}", None)
        if form is None or not isinstance(node, ast.expr):
            raise refused_form(node)
        return form(node)

    def number(self, node: ast.AST) -> Scalar:
        """The value of an expression that must be a number for what is done with it."""
        value = self.value(node)
        if isinstance(value, Scalar):
            return value
        if isinstance(value, Fixed) and not value.is_table and value.object is not None:
            raise refused(node, f"arithmetic on {said(value)} is not compiled")
        raise BailsError

    def _Constant(self, node: ast.Constant) -> Value:  # noqa: N802
        if isinstance(node.value, complex | bytes) or node.value is Ellipsis:
            raise refused(node, f"{said(Fixed(node.value))} is not compiled")
        return constant(node.value)

    def _Tuple(self, node: ast.Tuple | ast.List) -> Value:  # noqa: N802
        items: list[Value] = []
        for each in node.elts:
            if isinstance(each, ast.Starred):
                items.extend(items_of(self.value(each.value), each))
            else:
                items.append(self._kept_if_it_may_change(each, self.value(each)))
        return Many(items, isinstance(node, ast.List))

    _List = _Tuple

    def _kept_if_it_may_change(self, node: ast.expr, value: Value) -> Value:
        """Variables are copied where other expressions are evaluated before the value is used."""
        return value if isinstance(node, ast.Constant) else self.kept_all(value)

    def _BinOp(self, node: ast.BinOp) -> Value:  # noqa: N802
        a = self.value(node.left)
        b = self.value(node.right)
        if isinstance(a, Scalar) and isinstance(b, Scalar):
            return arithmetic.binary(self, node.op, a, b)
        return self._on_tuples(node, node.op, a, b)

    def _on_tuples(self, node: ast.AST, op: ast.operator, a: Value, b: Value) -> Value:
        """What `+` and `*` make of tuples."""
        for each in (a, b):
            is_fixed = isinstance(each, Fixed) and not each.is_table and each.object is not None
            if is_fixed or not isinstance(each, Scalar | Many | Fixed):
                raise refused(node, f"an operator on {said(each)} is not compiled")
        if isinstance(op, ast.Add) and not isinstance(a, Scalar) and not isinstance(b, Scalar):
            return Many([*items_of(a, node), *items_of(b, node)])
        if isinstance(op, ast.Mult):
            raise refused(node, "a tuple times a number is not compiled")
        raise BailsError

    def _UnaryOp(self, node: ast.UnaryOp) -> Value:  # noqa: N802
        if isinstance(node.op, ast.Not):
            return self._not(self.truth(node.operand))
        return arithmetic.unary(self, node.op, self.number(node.operand))

    @staticmethod
    def _not(value: Scalar) -> Scalar:
        if value.const is not None:
            return number(not value.const)
        return Scalar(BOOL, f"(!{value.code})")

    # --- conditions ---

    def truth(self, node: ast.expr) -> Scalar:
        """What `if` makes of an expression."""
        if isinstance(node, ast.BoolOp):
            return self._chain(
                [partial(self.truth, each) for each in node.values],
                isinstance(node.op, ast.And),
            )
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return self._not(self.truth(node.operand))
        return arithmetic.truth(self, self.value(node))

    def _chain(self, parts: list[Callable[[], Scalar]], is_and: bool) -> Scalar:
        """Conditions that are evaluated one after the other, until one decides."""
        first = parts[0]()
        if len(parts) == 1:
            return first
        if first.const is not None:
            return first if bool(first.const) != is_and else self._chain(parts[1:], is_and)
        lines, rest = self.block(lambda: self._chain(parts[1:], is_and))
        if not lines and rest is not None:
            return Scalar(BOOL, f"({first.code} {'&&' if is_and else '||'} {rest.code})")
        name = self.fresh()
        self.line(f"int {name} = {first.code};")
        if rest is not None:
            lines.append(f"{name} = {rest.code};")
        self.put(f"if ({name if is_and else f'!{name}'}) {{", lines)
        return Scalar(BOOL, name)

    def _Compare(self, node: ast.Compare) -> Value:  # noqa: N802
        left = self.value(node.left)
        if len(node.ops) == 1:
            return arithmetic.compared(self, node.ops[0], left, self.value(node.comparators[0]))
        left = self.kept_all(left)
        state = [left]

        def link(op: ast.cmpop, right: ast.expr) -> Callable[[], Scalar]:
            def compare() -> Scalar:
                value = self.kept_all(self.value(right))
                result = arithmetic.compared(self, op, state[0], value)
                state[0] = value
                return result

            return compare

        pairs = zip(node.ops, node.comparators, strict=True)
        return self._chain([link(op, right) for op, right in pairs], True)

    def _BoolOp(self, node: ast.BoolOp) -> Value:  # noqa: N802
        """With its value: that of the operand that decides."""
        result = self.value(node.values[0])
        for each in node.values[1:]:
            test = arithmetic.truth(self, result)
            if not isinstance(node.op, ast.And):
                test = self._not(test)
            result = self.either(node, test, partial(self.value, each), partial(_given, result))
        return result

    def _IfExp(self, node: ast.IfExp) -> Value:  # noqa: N802
        test = self.truth(node.test)
        return self.either(
            node, test, lambda: self.value(node.body), lambda: self.value(node.orelse)
        )

    def either(
        self, node: ast.AST, test: Scalar, one: Callable[[], Value], other: Callable[[], Value]
    ) -> Value:
        """The value of one of two expressions; the other is not evaluated."""
        if test.const is not None:
            return one() if test.const else other()
        test = self.temp(test)
        first_lines, first = self.block(one)
        second_lines, second = self.block(other)
        if first is None and second is None:
            self.put("if (1) {", first_lines)
            raise BailsError
        type_: Type | None = None
        for each in (first, second):
            if each is not None:
                type_ = join(type_, type_of(each, node), node, "this")
        assert type_ is not None
        is_plain = not first_lines and not second_lines
        if is_plain and isinstance(first, Scalar) and isinstance(second, Scalar):
            one_code, other_code = (self.converted(each, type_).code for each in (first, second))
            if first.type == second.type:
                return Scalar(type_, f"({test.code} ? {one_code} : {other_code})")
        target = self.declare(type_)
        for lines, value, head in (
            (first_lines, first, f"if ({test.code}) {{"),
            (second_lines, second, f"if (!{test.code}) {{"),
        ):
            if value is not None:
                more, _ = self.block(partial(self.assign, target, value, node))
                lines += more
            self.put(head, lines)
        return target

    # --- what stands behind a name ---

    def _Attribute(self, node: ast.Attribute) -> Value:  # noqa: N802
        base = self.value(node.value)
        if not isinstance(base, Fixed):
            raise refused(node, f"the attribute {node.attr} of {said(base)} is not compiled")
        thing = base.object
        if isinstance(thing, views.Self):
            return thing.read(node.attr, node, self.unit.sources, self.function)
        if isinstance(thing, views.Side):
            return thing.read(self, node.attr)
        if isinstance(thing, views.Shading):
            return thing.read(self, node.attr, node)
        if isinstance(thing, types.ModuleType):
            if not hasattr(thing, node.attr):
                raise BailsError
            return constant(getattr(thing, node.attr))
        found = self.unit.scene.attribute(thing, node.attr)
        if found is None:
            raise refused(node, f"the attribute {node.attr} of {said(base)} is not compiled")
        return found

    def _Subscript(self, node: ast.Subscript) -> Value:  # noqa: N802
        base = self.value(node.value)
        if isinstance(base, Fixed) and isinstance(base.object, views.Side):
            return base.object.read(self, self._key(node.slice))
        if isinstance(base, Scalar):
            raise BailsError
        if not isinstance(base, Many) and not (isinstance(base, Fixed) and base.is_table):
            raise refused(node, f"{said(base)} in brackets is not compiled")
        if isinstance(node.slice, ast.Slice):
            return self._sliced(node, node.slice, base)
        index = self.number(node.slice)
        if index.type not in (INT, BOOL):
            if index.type == FLOAT:
                raise BailsError
            raise refused(node, "an index that may be a float is not compiled")
        walk = Walk(self, self.unit.tables, base, node)
        count = walk.count.const if walk.count is not None else 0
        if index.const is not None:
            at = int(index.const) + (count if index.const < 0 else 0)
            if not 0 <= at < count:
                raise BailsError
            return walk.at(number(at))
        if not count:
            raise BailsError
        walk.ready()
        at_name = self.fresh()
        self.line(f"pn_int {at_name} = {index.code};")
        self.line(f"{at_name} += {at_name} < 0 ? {count} : 0;")
        self.bail_if(f"({at_name} < 0) | ({at_name} >= {count})")
        if self.wide is not None:  # it goes on
            self.line(f"{at_name} = {at_name} < 0 ? 0 : {at_name} < {count} ? {at_name} : 0;")
        return walk.at(Scalar(INT, at_name))

    def _key(self, node: ast.expr) -> Any:
        """What a socket is found by: a constant."""
        value = self.value(node)
        if isinstance(value, Scalar) and type(value.const) is int:
            return value.const
        if isinstance(value, Fixed) and type(value.object) is str:
            return value.object
        raise refused(node, "a socket that is found by what changes is not compiled")

    def _sliced(self, node: ast.AST, ends: ast.Slice, base: Many | Fixed) -> Value:
        found: list[int | None] = []
        for each in (ends.lower, ends.upper, ends.step):
            value = self.value(each) if each is not None else Fixed(None)
            if isinstance(value, Scalar) and type(value.const) is int:
                found.append(value.const)
            elif isinstance(value, Fixed) and value.object is None:
                found.append(None)
            else:
                raise refused(node, "a slice that is not constant is not compiled")
        items = base.items if isinstance(base, Many) else base.object
        if found[2] == 0:
            raise BailsError
        part = items[slice(*found)]
        return Many(part, base.is_list) if isinstance(base, Many) else self.unit.keep(part)

    # --- calls ---

    def _Call(self, node: ast.Call) -> Value:  # noqa: N802
        called = self.value(node.func)
        if not isinstance(called, Fixed):
            raise BailsError
        thing = called.object
        if thing is views.RANDOM:
            if node.args or node.keywords:
                raise BailsError
            return views.random(self)
        if (
            thing is sum
            or thing is any
            or thing is all
            or (len(node.args) == 1 and (thing is min or thing is max))
        ):
            return self.eaten(node, eaters.EATERS[thing])
        args: list[Value] = []
        for each in node.args:
            if isinstance(each, ast.Starred):
                args.extend(items_of(self.value(each.value), each))
            else:
                args.append(self._kept_if_it_may_change(each, self.value(each)))
        named: dict[str, Value] = {}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise refused(node, "** in a call is not compiled")
            named[keyword.arg] = self.kept_all(self.value(keyword.value))
        return self._called(node, thing, args, named)

    def _called(
        self, node: ast.Call, thing: Any, args: list[Value], named: dict[str, Value]
    ) -> Value:
        known = intrinsics.TABLE.get(id(thing))
        if known is not None:
            if named:
                raise refused(node, f"{thing.__name__} with named arguments is not compiled")
            return known[1](self, node, args)
        looked = self.unit.scene.called(thing, node, args)
        if looked is not None:
            return looked
        if isinstance(thing, views.Method):
            return self.unit.call(self, node, thing.function, [Fixed(thing.owner), *args], named)
        if isinstance(thing, types.FunctionType):
            return self.unit.call(self, node, thing, args, named)
        name = getattr(thing, "__qualname__", None) or type(thing).__name__
        home = getattr(thing, "__module__", None)
        if home not in (None, "builtins") and "." not in name:
            name = f"{home}.{name}"
        raise refused(node, f"{name} is not compiled")


def _given(value: Value) -> Value:
    return value
