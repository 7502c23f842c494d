"""Lines of C in the making, in blocks that can be put inside one another."""

from __future__ import annotations

from pynodes.compile.refusal import BailsError, NotWideError, refused
from pynodes.compile.values import (
    BOOL,
    C_TYPES,
    EXACT_MAX,
    FLOAT,
    INT,
    MANY_MAX,
    NUM,
    ZEROS,
    Fixed,
    Many,
    Scalar,
    filled,
    items_of,
    leaves,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Callable
    from typing import Any

    from pynodes.compile.values import Type, Value

BAIL = "return 1;"
WIDE = frozenset(
    ("floordiv", "mod", "div", "add", "sub", "mul", "int_floordiv", "int_mod", "int_div")
    + ("to_int", "floor", "ceil", "round", "sum_int", "sum_num")
    + (
        "math_sqrt",
        "math_fmod",
        "math_copysign",
        "math_fabs",
        "math_degrees",
        "math_radians",
        "norm",
    )
    + ("num_add", "num_sub", "num_mul", "num_floordiv", "num_mod")
)
"""Functions that wide.h has too."""
_ONLY_FAST = (
    ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh")
    + ("exp", "exp2", "log", "log2", "log10", "pow")
)  # fmt: skip
FAST = WIDE | {"pow", *(f"math_{each}" for each in _ONLY_FAST)}
"""Those of fast.h."""
_OVERFLOWING = {f"__builtin_{each}_overflow": f"pn_{each}" for each in ("add", "sub", "mul")}


class Emitter:
    """Writes lines; numbers its temporaries.

    `wide`: what is written goes on where it would leave, and notes that in `bad`.
    """

    def __init__(self, wide: frozenset[str] | None = None) -> None:
        self.lines: list[str] = []
        self.wide = wide
        self._count = 0

    def line(self, text: str) -> None:
        self.lines.append(text)

    def bail_if(self, condition: str) -> None:
        if self.wide is None:
            self.line(f"if ({condition}) {BAIL}")
        else:
            self.line(f"bad |= {condition};")

    def bail_if_function(self, function: str, arguments: str) -> None:
        """Where that function of exact.h bails out."""
        if self.wide is None:
            self.bail_if(f"{function}({arguments})")
            return
        name = _OVERFLOWING.get(function, function).removeprefix("pn_")
        if name not in self.wide:
            raise NotWideError(f"{name.removeprefix('math_').removeprefix('int_')}()")
        self.bail_if(f"pw_{name}({arguments})")

    def fresh(self) -> str:
        """A name that nothing else has."""
        self._count += 1
        return f"t{self._count}"

    def block(self, write: Callable[[], Any]) -> tuple[list[str], Any]:
        """The lines that `write` makes, apart, and its result; None where it always bails."""
        outer, self.lines = self.lines, []
        try:
            result = write()
        except BailsError:
            self.line(BAIL)
            result = None
        finally:
            inner, self.lines = self.lines, outer
        return inner, result

    def put(self, head: str, inner: list[str], tail: str = "}") -> None:
        """A block between its first and last line."""
        self.line(head)
        self.lines.extend(f"    {each}" for each in inner)
        self.line(tail)

    def declare(self, type_: Type) -> Value:
        """New variables for a value of the type."""
        names = []
        for leaf in leaves(type_):
            kind = str(leaf[0])
            name = self.fresh()
            self.line(f"{C_TYPES[kind]} {name} = {ZEROS[kind]};")
            names.append(name)
        return filled(type_, names)

    def assign(self, target: Value, value: Value, node: ast.AST) -> None:
        """Copy a value into variables of a type that can hold it."""
        if isinstance(target, Scalar):
            if not isinstance(value, Scalar):
                raise BailsError
            self.line(f"{target.code} = {self.converted(value, target.type).code};")
        elif isinstance(target, Many):
            for to, each in zip(target.items, items_of(value, node), strict=True):
                self.assign(to, each, node)

    def temp(self, value: Scalar) -> Scalar:
        """The number in a variable, unless it is a constant or a name already."""
        if value.const is not None or value.code.isidentifier():
            return value
        return self.kept(value)

    def kept(self, value: Scalar) -> Scalar:
        """The number as it is now, in a variable of its own."""
        if value.const is not None:
            return value
        name = self.fresh()
        self.line(f"const {C_TYPES[str(value.type[0])]} {name} = {value.code};")
        return Scalar(value.type, name)

    def kept_all(self, value: Value) -> Value:
        """The same for all numbers of a value."""
        if isinstance(value, Scalar):
            return self.kept(value)
        if isinstance(value, Many):
            return Many([self.kept_all(each) for each in value.items], value.is_list)
        return value

    def call(self, type_: Type, function: str, *arguments: str) -> Scalar:
        """The result of a function that may bail out."""
        name = self.fresh()
        kind = str(type_[0])
        self.line(f"{C_TYPES[kind]} {name} = {ZEROS[kind]};")
        self.bail_if_function(function, ", ".join([*arguments, f"&{name}"]))
        return Scalar(type_, name)

    def converted(self, value: Scalar, type_: Type) -> Scalar:
        """A number in a type that can hold it, without a change that Python could see."""
        if value.type == type_ or (value.type == BOOL and type_ == INT):
            return Scalar(type_, value.code, value.const)
        if type_ == FLOAT:
            return Scalar(FLOAT, self.double(value))
        if type_ == NUM and value.type == FLOAT:
            return Scalar(NUM, f"pn_num_of_float({value.code})")
        if type_ == NUM:
            whole = self.exact(value)
            return Scalar(NUM, f"pn_num_of_int({whole.code})")
        raise BailsError  # a number of another type: the code is never run

    def exact(self, value: Scalar) -> Scalar:
        """An int that a double holds exactly; others bail out."""
        if value.type == BOOL:
            return value
        if value.const is not None:
            if abs(value.const) > EXACT_MAX:
                raise BailsError
            return value
        value = self.temp(value)
        self.bail_if(f"!pn_is_exact({value.code})")
        return value

    @staticmethod
    def double(value: Scalar) -> str:
        """A number as CPython hands it to a function on floats."""
        if value.type == FLOAT:
            return value.code
        if value.type == NUM:
            return f"{value.code}.f" if value.code.isidentifier() else f"({value.code}).f"
        if value.const is not None:
            return f"PN_F({float(value.const)!r})"
        return f"(pn_real){value.code}"

    def array(self, value: Value, node: ast.AST) -> tuple[Type, list[str]]:
        """The components of a tuple in arrays, one per number: (their type, the arrays)."""
        from pynodes.compile.values import join, type_of

        items = items_of(value, node)
        element: Type | None = None
        for each in items:
            element = join(element, type_of(each, node), node, "a tuple")
        if element is None or len(items) > MANY_MAX:
            raise refused(node, f"a tuple of {len(items)} is not gone through")
        columns: list[list[str]] = [[] for _ in leaves(element)]
        for each in items:
            codes = self._codes(each, element, node)
            for column, code in zip(columns, codes, strict=True):
                column.append(code)
        names = []
        for leaf, column in zip(leaves(element), columns, strict=True):
            name = self.fresh()
            self.line(f"const {C_TYPES[str(leaf[0])]} {name}[] = {{{', '.join(column)}}};")
            names.append(name)
        return element, names

    def _codes(self, value: Value, type_: Type, node: ast.AST) -> list[str]:
        if isinstance(value, Scalar):
            return [self.converted(value, type_).code]
        if isinstance(value, Fixed) and type_[0] == "fixed":
            return []
        parts: Any = type_[2]
        items = items_of(value, node)
        return [
            code
            for each, part in zip(items, parts, strict=True)
            for code in self._codes(each, part, node)
        ]
