"""Statements: the body of one function, for one set of types of its arguments."""

from __future__ import annotations

import ast

from pynodes.compile import arithmetic, views
from pynodes.compile.emit import BAIL
from pynodes.compile.expressions import Expressions
from pynodes.compile.refusal import BailsError, NotWideError, refused, refused_form
from pynodes.compile.values import (
    C_TYPES,
    ZEROS,
    Fixed,
    Scalar,
    filled,
    items_of,
    join,
    leaves,
    type_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pynodes.compile.values import Type, Value

_PASSES_MAX = 40


class Statements(Expressions):
    """Translates what is done. `returns` is the type of the result; None: it never returns."""

    returns: Type | None = None
    is_call = False  # the node's own __call__, whose result nobody wants

    def translate(self, definition: ast.FunctionDef, arguments: dict[str, Value]) -> None:
        """Write the body, over and over until the types of all variables are known."""
        self.unread = self.names - _read(definition)
        for _ in range(_PASSES_MAX):
            self.changed = False
            self.lines = []
            self.sure = set()
            self._count = 0
            for name, value in arguments.items():
                self.set(name, value, definition)
            self.body(definition.body)
            if self.sure is not None:
                self._end(definition)
            if not self.changed:
                unasked = {f"{self.flag(name)} = 1;" for name in self.types.keys() - self.asked}
                self.lines = [each for each in self.lines if each.strip() not in unasked]
                return
        raise refused(definition, f"the types of variables in {definition.name} do not settle")

    def _end(self, definition: ast.FunctionDef) -> None:
        """The function ends without a return. Where it else gives numbers, the caller that gets
        None is the interpreter's."""
        if self.returns in (None, ("fixed", Fixed(None))):
            self._returned(Fixed(None), definition)
        else:
            self.line(BAIL)

    def declarations(self) -> list[str]:
        """The variables of the function."""
        lines = []
        for name, type_ in self.types.items():
            value = self.variable(name)
            for leaf, code in zip(leaves(type_), _codes(value), strict=True):
                kind = str(leaf[0])
                lines.append(f"{C_TYPES[kind]} {code} = {ZEROS[kind]};")
            if name in self.asked:
                lines.append(f"int {self.flag(name)} = 0;")
        return lines

    def body(self, statements: list[ast.stmt]) -> None:
        """Statements in a row; what can never be reached is left out."""
        for each in statements:
            if self.sure is None:
                return
            form: Callable[[Any], None] | None = getattr(self, f"_{type(each).__name__}", None)
            if form is None or not isinstance(each, ast.stmt):
                raise refused_form(each)
            try:
                form(each)
            except BailsError:
                self.line(BAIL)
                self.sure = None

    # --- simple ones ---

    def _Pass(self, node: ast.Pass) -> None:  # noqa: N802 - the names of ast
        pass

    def _Expr(self, node: ast.Expr) -> None:  # noqa: N802
        self.value(node.value)

    def _Global(self, node: ast.Global) -> None:  # noqa: N802
        raise refused(node, f"it keeps state: the global {node.names[0]}")

    _Nonlocal = _Global

    def _Raise(self, node: ast.Raise) -> None:  # noqa: N802
        raise BailsError

    def _Assert(self, node: ast.Assert) -> None:  # noqa: N802
        if not __debug__:
            return
        test = self.truth(node.test)
        if test.const is None:
            self.bail_if(f"!{test.code}")
        elif not test.const:
            raise BailsError

    def _Return(self, node: ast.Return) -> None:  # noqa: N802
        value = self.value(node.value) if node.value is not None else Fixed(None)
        self._returned(value, node)

    def _returned(self, value: Value, node: ast.AST) -> None:
        if not self.is_call:
            type_ = join(self.returns, type_of(value, node), node, "the result")
            if type_ != self.returns:
                self.returns = type_
                self.changed = True
            codes = [f"(*r{k})" for k in range(len(leaves(type_)))]
            self.assign(filled(type_, codes), value, node)
        self.check_leaving()
        self.line("return 0;" if self.wide is None else "return bad;")
        self.sure = None

    # --- assignments ---

    def _Assign(self, node: ast.Assign) -> None:  # noqa: N802
        value = self.value(node.value)
        if len(node.targets) > 1 or isinstance(node.targets[0], ast.Tuple | ast.List):
            value = self.kept_all(value)
        for target in node.targets:
            self.store(target, value)

    def _AnnAssign(self, node: ast.AnnAssign) -> None:  # noqa: N802
        if node.value is not None:
            self.store(node.target, self.value(node.value))

    def _AugAssign(self, node: ast.AugAssign) -> None:  # noqa: N802
        place = node.target
        if isinstance(place, ast.Name):
            before = self.value(ast.copy_location(ast.Name(place.id, ast.Load()), place))
        elif isinstance(place, ast.Attribute):
            before = self.value(
                ast.copy_location(ast.Attribute(place.value, place.attr, ast.Load()), place)
            )
        elif isinstance(place, ast.Subscript):
            before = self.value(
                ast.copy_location(ast.Subscript(place.value, place.slice, ast.Load()), place)
            )
        else:
            raise refused_form(place)
        if getattr(before, "is_list", False) or isinstance(getattr(before, "object", 0), list):
            raise refused(node, "a list that changes is not compiled")
        after = self.value(node.value)
        if isinstance(before, Scalar) and isinstance(after, Scalar):
            result: Value = arithmetic.binary(self, node.op, before, after)
        else:
            result = self._on_tuples(node, node.op, before, after)
        self.store(place, result)

    def store(self, target: ast.expr, value: Value) -> None:
        """Assign a value to what stands left of the sign."""
        if isinstance(target, ast.Name):
            self.set(target.id, value, target)
        elif isinstance(target, ast.Tuple | ast.List):
            if any(isinstance(each, ast.Starred) for each in target.elts):
                raise refused(target, "a starred target is not compiled")
            items = items_of(value, target)
            if len(items) != len(target.elts):
                raise BailsError
            for each, item in zip(target.elts, items, strict=True):
                self.store(each, item)
        elif isinstance(target, ast.Attribute):
            self._store_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            base = self.value(target.value)
            if isinstance(base, Fixed) and isinstance(base.object, views.Side):
                base.object.write(self, self._key(target.slice), value, target)
            else:
                raise refused(target, "a list or dict that changes is not compiled")
        else:
            raise refused_form(target)

    def _store_attribute(self, target: ast.Attribute, value: Value) -> None:
        base = self.value(target.value)
        thing = base.object if isinstance(base, Fixed) else None
        if isinstance(thing, views.Side):
            thing.write(self, target.attr, value, target)
        elif isinstance(thing, views.Self):
            raise refused(target, f"it keeps state: self.{target.attr}")
        else:
            raise refused(target, f"it keeps state: an attribute {target.attr}")

    # --- branches and loops ---

    def _If(self, node: ast.If) -> None:  # noqa: N802
        test = self.truth(node.test)
        if test.const is not None:
            self.body(node.body if test.const else node.orelse)
            return
        before = self._copy()
        lines, _ = self.block(lambda: self.body(node.body))
        after = self.sure
        self.sure = before
        others, _ = self.block(lambda: self.body(node.orelse))
        self.put(f"if ({test.code}) {{", lines, "} else {" if others else "}")
        if others:
            self.lines.extend(f"    {each}" for each in others)
            self.line("}")
        self.sure = _common(after, self.sure)

    def _copy(self) -> set[str] | None:
        return set(self.sure) if self.sure is not None else None

    def _Try(self, node: ast.Try) -> None:  # noqa: N802
        """What raises bails out: the handlers are the interpreter's."""
        if node.finalbody:
            raise refused(node, "try with finally is not compiled")
        self.body(node.body)
        if self.sure is not None:
            self.body(node.orelse)

    def _For(self, node: ast.For) -> None:  # noqa: N802
        iterable = self.value(node.iter)
        before = self._copy()
        ended = self._loop_flag(node.orelse)

        def body(value: Value) -> None:
            self.sure = set(before) if before is not None else None
            self.store(node.target, value)
            self.body(node.body)

        self._in_loop(ended, lambda: self.loop(node, iterable, body))
        self.sure = before
        self._else(node.orelse, ended)

    def _While(self, node: ast.While) -> None:  # noqa: N802
        if self.wide is not None:
            raise NotWideError("while")
        before = self._copy()
        ended = self._loop_flag(node.orelse)
        always = isinstance(node.test, ast.Constant) and bool(node.test.value)

        def turn() -> None:
            self.bail_if("++c->turns > PN_TURNS_MAX")
            if not always:
                test = self.truth(node.test)
                if test.const is None:
                    self.line(f"if (!{test.code}) break;")
                elif not test.const:
                    self.line("break;")
                    return
            self.body(node.body)

        self._turns.append(("break;", "continue;"))
        self._in_loop(ended, lambda: self.put("for (;;) {", self.block(turn)[0]))
        self._turns.pop()
        breaks = any(isinstance(each, ast.Break) for each in ast.walk(node))
        self.sure = None if always and not breaks else before
        if self.sure is None:
            self.line(BAIL)
            return
        self._else(node.orelse, ended)

    _broken: tuple[str, ...] = ()

    def _loop_flag(self, orelse: list[ast.stmt]) -> str:
        """For a loop with `else`: the variable that says it ended by itself; else empty."""
        if not orelse:
            return ""
        name = self.fresh()
        self.line(f"int {name} = 1;")
        return name

    def _in_loop(self, ended: str, write: Callable[[], None]) -> None:
        around = self._broken
        self._broken = (*around, ended)
        try:
            write()
        finally:
            self._broken = around

    def _else(self, orelse: list[ast.stmt], ended: str) -> None:
        if not orelse:
            return
        before = self._copy()
        lines, _ = self.block(lambda: self.body(orelse))
        self.put(f"if ({ended}) {{", lines)
        self.sure = before

    def _Break(self, node: ast.Break) -> None:  # noqa: N802
        if self._broken and self._broken[-1]:
            self.line(f"{self._broken[-1]} = 0;")
        self.line(self.leave())
        self.sure = None

    def _Continue(self, node: ast.Continue) -> None:  # noqa: N802
        self.line(self.leave(goes_on=True))
        self.sure = None


def _read(definition: ast.FunctionDef) -> set[str]:
    """The variables that a function reads somewhere."""
    found = set()
    for each in ast.walk(definition):
        if isinstance(each, ast.AugAssign):
            each = each.target
        elif isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load):
            continue
        if isinstance(each, ast.Name):
            found.add(each.id)
    return found


def _common(one: set[str] | None, other: set[str] | None) -> set[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _codes(value: Value) -> list[str]:
    if isinstance(value, Scalar):
        return [value.code]
    return [code for each in getattr(value, "items", ()) for code in _codes(each)]
