"""Operators on numbers, each as CPython does it."""

from __future__ import annotations

import ast
import operator

from pynodes.compile.refusal import BailsError, refused_form
from pynodes.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NUM,
    Fixed,
    Many,
    Scalar,
    constant,
    number,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pynodes.compile.emit import Emitter
    from pynodes.compile.values import Value

_ON_CONSTANTS: dict[type[ast.AST], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_PLAIN: dict[type[ast.AST], str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_NAMED: dict[type[ast.AST], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "div",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.LShift: "lshift",
    ast.RShift: "rshift",
}
_BITS: dict[type[ast.AST], str] = {ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^"}
_COMPARED: dict[type[ast.AST], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_WHOLE = (BOOL, INT)


def _folded(kind: type[ast.AST], a: Scalar, b: Scalar) -> Scalar | None:
    """The result of two constants, by Python itself."""
    function = _ON_CONSTANTS.get(kind)
    if function is None or a.const is None or b.const is None:
        return None
    try:
        result = constant(function(a.const, b.const))
    except (ArithmeticError, TypeError, ValueError):
        raise BailsError from None
    if not isinstance(result, Scalar):
        raise BailsError  # too large an int
    return result


def binary(emitter: Emitter, op: ast.operator, a: Scalar, b: Scalar) -> Scalar:
    """One operator between two numbers."""
    kind = type(op)
    folded = _folded(kind, a, b)
    if folded is not None:
        return folded
    if kind in _BITS:
        if a.type not in _WHOLE or b.type not in _WHOLE:
            raise BailsError
        both = BOOL if a.type == b.type == BOOL else INT
        return Scalar(both, f"({a.code} {_BITS[kind]} {b.code})")
    if kind not in _NAMED:
        raise refused_form(op)
    if a.type in _WHOLE and b.type in _WHOLE:
        return _whole(emitter, kind, a, b)
    if NUM in (a.type, b.type) and FLOAT not in (a.type, b.type):
        return _either(emitter, kind, a, b)
    return _float(emitter, kind, a, b)


def _whole(emitter: Emitter, kind: type[ast.AST], a: Scalar, b: Scalar) -> Scalar:
    name = _NAMED[kind]
    if kind in _PLAIN:
        whole_a, whole_b = emitter.converted(a, INT), emitter.converted(b, INT)
        return emitter.call(INT, f"__builtin_{name}_overflow", whole_a.code, whole_b.code)
    if kind is ast.Pow and b.const is not None and b.const < 0:
        return _float(emitter, kind, a, b)
    result = FLOAT if kind is ast.Div else INT
    return emitter.call(result, f"pn_int_{name}", a.code, b.code)


def _float(emitter: Emitter, kind: type[ast.AST], a: Scalar, b: Scalar) -> Scalar:
    one, other = emitter.double(a), emitter.double(b)
    if kind is ast.Sub and a.const == 0:  # GCC 12 makes -x of 0.0 - x where x is (double)i, fabs(y)
        other = emitter.kept(Scalar(FLOAT, other)).code
    if kind in _PLAIN:
        return Scalar(FLOAT, f"({one} {_PLAIN[kind]} {other})")
    if kind in (ast.LShift, ast.RShift):
        raise BailsError
    if kind is ast.Div and b.const:
        return Scalar(FLOAT, f"({one} / {other})")
    return emitter.call(FLOAT, f"pn_{_NAMED[kind]}", one, other)


def _either(emitter: Emitter, kind: type[ast.AST], a: Scalar, b: Scalar) -> Scalar:
    if kind is ast.Div:  # an int of at most 2**53 divides as a float does
        return _float(emitter, kind, a, b)
    if kind not in (*_PLAIN, ast.FloorDiv, ast.Mod):
        kept = emitter.temp(a), emitter.temp(b)
        for each in kept:
            if each.type == NUM:
                emitter.bail_if(f"{each.code}.is_int")
            elif kind is not ast.Pow:
                raise BailsError
        return _float(emitter, kind, *kept)
    one, other = emitter.converted(a, NUM), emitter.converted(b, NUM)
    return emitter.call(NUM, f"pn_num_{_NAMED[kind]}", one.code, other.code)


def unary(emitter: Emitter, op: ast.unaryop, a: Scalar) -> Scalar:
    """`+`, `-` and `~`."""
    if isinstance(op, ast.UAdd):
        return emitter.converted(a, INT) if a.type == BOOL else a
    if isinstance(op, ast.Invert):
        if a.type != INT:
            raise BailsError  # of a bool it is going away
        return Scalar(INT, f"(~{a.code})")
    if a.const is not None and a.const != -(2**63):
        return number(-a.const)
    if a.type == FLOAT:
        return Scalar(FLOAT, f"(-{a.code})")
    if a.type == NUM:
        return Scalar(NUM, f"pn_num_neg({a.code})")
    return emitter.call(INT, "__builtin_sub_overflow", "PN_I(0)", emitter.converted(a, INT).code)


def truth(emitter: Emitter, value: Value) -> Scalar:
    """What `if` makes of a value."""
    if isinstance(value, Scalar):
        if value.const is not None:
            return number(bool(value.const))
        if value.type == BOOL:
            return value
        zero = "PN_F(0.0)" if value.type in (FLOAT, NUM) else "0"
        code = emitter.double(value) if value.type == NUM else value.code
        return Scalar(BOOL, f"({code} != {zero})")
    if isinstance(value, Many):
        return number(bool(value.items))
    if isinstance(value, Fixed) and type(value.object) in (tuple, list, str, type(None)):
        return number(bool(value.object))
    raise BailsError


def compared(emitter: Emitter, op: ast.cmpop, a: Value, b: Value) -> Scalar:
    """One comparison."""
    if isinstance(op, ast.Is | ast.IsNot):
        return _same(op, a, b)
    if isinstance(a, Fixed) and isinstance(b, Fixed) and type(a.object) is type(b.object) is str:
        return number(bool(_ON_CONSTANTS[type(op)](a.object, b.object)))
    if not isinstance(a, Scalar) or not isinstance(b, Scalar):
        if isinstance(op, ast.Eq | ast.NotEq) and _never_equal(a, b):
            return number(isinstance(op, ast.NotEq))
        raise refused_form(op)
    if type(op) not in _COMPARED:
        raise refused_form(op)
    folded = _folded(type(op), a, b)
    if folded is not None:
        return folded
    sign = _COMPARED[type(op)]
    if a.type in _WHOLE and b.type in _WHOLE:
        return Scalar(BOOL, f"({a.code} {sign} {b.code})")
    one, other = (
        emitter.double(each if each.type not in _WHOLE else emitter.exact(each)) for each in (a, b)
    )
    return Scalar(BOOL, f"({one} {sign} {other})")


def _same(op: ast.cmpop, a: Value, b: Value) -> Scalar:
    """`is`, with None."""
    nothing = [isinstance(each, Fixed) and each.object is None for each in (a, b)]
    if not any(nothing):
        raise refused_form(op)
    return number(all(nothing) == isinstance(op, ast.Is))


def _never_equal(a: Value, b: Value) -> bool:
    one, other = (
        isinstance(each, Fixed) and (each.object is None or type(each.object) is str)
        for each in (a, b)
    )
    return one != other


def smaller(emitter: Emitter, a: Scalar, b: Scalar) -> str:
    """Is `a` less than `b`?"""
    return compared(emitter, ast.Lt(), a, b).code
