"""What expressions are while they are translated: numbers in C, tuples of them, and what is fixed.

A type is a tuple that compares by value: `("float",)`, `("many", is_list, types)`, and for what has
no place in C, because it is the same in every call, `("fixed", Fixed)`.
"""

from __future__ import annotations

from pynodes.compile.refusal import BailsError, refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from typing import Any, Final

BOOL: Final = ("bool",)
INT: Final = ("int",)
FLOAT: Final = ("float",)
NUM: Final = ("num",)  # an int of at most 2**53, or a float: known at run time

C_TYPES: Final = {"bool": "int", "int": "pn_int", "float": "pn_real", "num": "pn_num"}
ZEROS: Final = {"bool": "0", "int": "0", "float": "PN_F(0.0)", "num": "{PN_F(0.0), 0}"}

INT_MAX: Final = 2**63 - 1
EXACT_MAX: Final = 2**53
MANY_MAX: Final = 64  # components of what is kept in variables

Type = tuple[object, ...]


class Scalar:
    """A number: an expression in C without side effects; `const` when it is known now."""

    __slots__ = ("code", "const", "type")

    def __init__(self, type: Type, code: str, const: Any = None) -> None:  # noqa: A002
        self.type = type
        self.code = code
        self.const = const


class Many:
    """A tuple, or a list that nobody changes."""

    __slots__ = ("is_list", "items")

    def __init__(self, items: list[Value], is_list: bool = False) -> None:
        self.items = items
        self.is_list = is_list


class Fixed:
    """A Python object that is the same in every call: a table, a function, a view, None."""

    __slots__ = ("object",)

    def __init__(self, object: Any) -> None:  # noqa: A002
        self.object = object

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixed) and self.object is other.object

    def __hash__(self) -> int:
        return id(self.object)

    @property
    def is_table(self) -> bool:
        return type(self.object) in (tuple, list)


class Range:
    """`range(...)`; the step is never 0."""

    __slots__ = ("start", "step", "stop")

    def __init__(self, start: Scalar, stop: Scalar, step: Scalar) -> None:
        self.start = start
        self.stop = stop
        self.step = step


class Together:
    """`zip(...)`, and `enumerate(...)`, which is one with an endless range."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[Value]) -> None:
        self.parts = parts


Value = Scalar | Many | Fixed | Range | Together


def number(value: Any) -> Scalar:
    """A constant of exactly one of Python's three types of numbers."""
    if type(value) is bool:
        return Scalar(BOOL, str(int(value)), value)
    if type(value) is int:
        code = f"PN_I({value})" if value > -INT_MAX else "INT64_MIN"
        return Scalar(INT, code, value)
    return Scalar(FLOAT, _float_code(value), value)


def _float_code(value: float) -> str:
    if value != value:
        return (
            'PN_F(__builtin_nan(""))'  # its sign is never seen: what a NaN is written to bails out
        )
    if value in (float("inf"), float("-inf")):
        return "PN_F(__builtin_inf())" if value > 0 else "PN_F(-__builtin_inf())"
    text = value.hex() if value != int(value) or abs(value) > 1e9 else f"{value!r}"
    return f"PN_F({text})"


def constant(thing: Any) -> Value:
    """A Python object that is the same in every call."""
    if type(thing) in (bool, float) or (type(thing) is int and -INT_MAX - 1 <= thing <= INT_MAX):
        return number(thing)
    return Fixed(thing)


def items_of(value: Value, node: ast.AST) -> list[Value]:
    """The components of a tuple."""
    if isinstance(value, Many):
        return value.items
    if isinstance(value, Fixed) and value.is_table:
        if len(value.object) > MANY_MAX:
            raise refused(node, f"{len(value.object)} components are too many for variables")
        return [constant(each) for each in value.object]
    if isinstance(value, Scalar):
        raise BailsError  # a number cannot be unpacked
    raise refused(node, f"{said(value)} is not compiled")


def said(value: Value) -> str:
    """A value in words, for refusals."""
    if isinstance(value, Scalar):
        return "a number"
    if isinstance(value, Many):
        return "a list" if value.is_list else "a tuple"
    if isinstance(value, Fixed):
        if value.object is None:
            return "None"
        kind = type(value.object)
        article = "an" if kind.__name__[:1].lower() in "aeiou" else "a"
        home = kind.__module__
        return f"{article} {kind.__name__ if home == 'builtins' else f'{home}.{kind.__name__}'}"
    return "a range" if isinstance(value, Range) else "zip"


def type_of(value: Value, node: ast.AST) -> Type:
    if isinstance(value, Scalar):
        return value.type
    if isinstance(value, Many):
        return ("many", value.is_list, tuple(type_of(each, node) for each in value.items))
    if isinstance(value, Fixed):
        return ("fixed", value)
    raise refused(node, f"{said(value)} in a variable is not compiled")


def join(one: Type | None, other: Type, node: ast.AST, name: str) -> Type:
    """The type of a variable that gets both."""
    if one is None or one == other:
        return other
    kinds = {str(one[0]), str(other[0])}
    if kinds <= {"bool", "int"}:
        return INT
    if kinds <= {"bool", "int", "float", "num"}:
        return NUM
    if "many" in kinds or kinds == {"fixed"}:
        first, second = _parts(one), _parts(other)
        if first is not None and second is not None and len(first) == len(second):
            pairs = zip(first, second, strict=True)
            return ("many", False, tuple(join(a, b, node, name) for a, b in pairs))
    raise refused(node, f"{name} is of two types: {_type_said(one)} and {_type_said(other)}")


def _parts(type_: Type) -> list[Type] | None:
    if type_[0] == "many":
        parts: Any = type_[2]
        return list(parts)
    value: Any = type_[1] if type_[0] == "fixed" else None
    if value is None or not value.is_table or len(value.object) > MANY_MAX:
        return None
    found = [constant(each) for each in value.object]
    return [each.type if isinstance(each, Scalar) else ("fixed", each) for each in found]


def _type_said(type_: Type) -> str:
    if type_[0] == "many":
        parts: Any = type_[2]
        return f"a tuple of {len(parts)}"
    value: Any = type_[1] if type_[0] == "fixed" else None
    return "a number" if value is None else said(value)


def leaves(type_: Type) -> list[Type]:
    """The numbers in a type, in order."""
    if type_[0] == "many":
        parts: Any = type_[2]
        return [leaf for part in parts for leaf in leaves(part)]
    return [] if type_[0] == "fixed" else [type_]


def filled(type_: Type, codes: list[str]) -> Value:
    """A value of a type from the codes of its numbers, which are taken from the list's front."""
    if type_[0] == "many":
        parts: Any = type_[2]
        return Many([filled(part, codes) for part in parts], bool(type_[1]))
    if type_[0] == "fixed":
        value: Any = type_[1]
        return Fixed(value.object)
    return Scalar(type_, codes.pop(0))
