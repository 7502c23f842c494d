"""Functions of Python and of math that are compiled: a row each."""

from __future__ import annotations

import ast
import math

from pynodes.compile import arithmetic
from pynodes.compile.loops import ENDLESS
from pynodes.compile.refusal import BailsError, refused
from pynodes.compile.values import (
    BOOL,
    FLOAT,
    INT,
    NUM,
    Fixed,
    Many,
    Range,
    Scalar,
    Together,
    items_of,
    join,
    number,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pynodes.compile.emit import Emitter
    from pynodes.compile.values import Value

    Intrinsic = Callable[[Emitter, ast.Call, list[Value]], Value]

_ONE = (
    "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 cbrt erf erfc sqrt"
    " log log2 log10 log1p fabs degrees radians"
)
_TWO = "atan2 fmod pow copysign"
_WHOLE = {"floor": "pn_floor", "ceil": "pn_ceil", "trunc": "pn_to_int"}
_ASKED = {
    "isnan": "({0} != {0})",
    "isinf": "(PN_ABS({0}) > PN_REAL_MAX)",
    "isfinite": "(PN_ABS({0}) <= PN_REAL_MAX)",
}


def scalars(args: list[Value], least: int, most: int | None = None) -> list[Scalar]:
    """Arguments that must be numbers. Raises BailsError: the call would raise."""
    if not least <= len(args) <= (least if most is None else most):
        raise BailsError
    found = [each for each in args if isinstance(each, Scalar)]
    if len(found) < len(args):
        raise BailsError
    return found


def _math(name: str, arguments: int) -> Intrinsic:
    def made(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
        if name == "log" and len(args) == 2:
            first, second = (made(emitter, node, [each]) for each in args)
            return arithmetic.binary(emitter, ast.Div(), *scalars([first, second], 2))
        found = scalars(args, arguments)
        return emitter.call(FLOAT, f"pn_math_{name}", *(emitter.double(each) for each in found))

    return made


def _to_whole(function: str) -> Intrinsic:
    def made(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
        (value,) = scalars(args, 1)
        if value.type in (BOOL, INT):
            return emitter.converted(value, INT)
        return emitter.call(INT, function, emitter.double(emitter.temp(value)))

    return made


def _asked(form: str) -> Intrinsic:
    def made(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
        (value,) = scalars(args, 1)
        kept = emitter.temp(Scalar(FLOAT, emitter.double(value)))
        return Scalar(BOOL, form.format(kept.code))

    return made


def _norm(emitter: Emitter, parts: list[str]) -> Value:
    """The length of a vector."""
    if not parts:
        return number(0.0)
    name = emitter.fresh()
    absolute = ", ".join(f"PN_ABS({each})" for each in parts)
    emitter.line(f"const pn_real {name}[] = {{{absolute}}};")
    return emitter.call(FLOAT, "pn_norm", str(len(parts)), name)


def _hypot(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    return _norm(emitter, [emitter.double(each) for each in scalars(args, 0, len(args))])


def _dist(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if len(args) != 2:
        raise BailsError
    ends = [items_of(each, node) for each in args]
    if len(ends[0]) != len(ends[1]):
        raise BailsError
    codes = [[emitter.double(each) for each in scalars(end, 0, len(end))] for end in ends]
    return _norm(emitter, [f"{one} - {other}" for one, other in zip(*codes, strict=True)])


def _abs(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    (value,) = scalars(args, 1)
    if value.type == FLOAT:
        return Scalar(FLOAT, f"PN_ABS({value.code})")
    if value.type == NUM:
        return Scalar(NUM, f"pn_num_abs({value.code})")
    whole = emitter.temp(emitter.converted(value, INT))
    emitter.bail_if(f"{whole.code} == PN_INT_MIN")
    return Scalar(INT, f"({whole.code} < 0 ? -{whole.code} : {whole.code})")


def _float(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if len(args) == 1 and isinstance(args[0], Fixed) and type(args[0].object) is str:
        try:
            return number(float(args[0].object))  # "inf", say
        except ValueError:
            raise BailsError from None
    (value,) = scalars(args or [number(0)], 1)
    return emitter.converted(value, FLOAT)


def _bool(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if len(args) != 1:
        raise BailsError
    return arithmetic.truth(emitter, args[0])


def _round(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if len(args) == 2 and not (isinstance(args[1], Fixed) and args[1].object is None):
        raise refused(node, "round to a number of digits is not compiled")
    return _to_whole("pn_round")(emitter, node, args[:1])


def _len(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if len(args) != 1 or isinstance(args[0], Scalar):
        raise BailsError
    value = args[0]
    if isinstance(value, Many):
        return number(len(value.items))
    if isinstance(value, Fixed) and (value.is_table or type(value.object) is str):
        return number(len(value.object))
    raise refused(node, "len of this is not compiled")


def _extreme(op: ast.cmpop) -> Intrinsic:
    """min or max: the first one that no later one beats."""

    def made(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
        items = args if len(args) != 1 else items_of(args[0], node)
        found = [emitter.temp(each) for each in scalars(items, 1, len(items) or 1)]
        best = found[0]
        if all(each.type == best.type for each in found) and best.type != BOOL:
            for each in found[1:]:
                wins = arithmetic.compared(emitter, op, each, best).code
                best = emitter.kept(Scalar(best.type, f"({wins} ? {each.code} : {best.code})"))
            return best
        type_ = None
        for each in found:
            type_ = join(type_, each.type, node, "min or max")
        assert type_ is not None
        same = [emitter.kept(emitter.converted(each, type_)) for each in found]
        best = same[0]
        for each in same[1:]:
            wins = arithmetic.compared(emitter, op, each, best).code
            best = emitter.kept(Scalar(type_, f"({wins} ? {each.code} : {best.code})"))
        return best

    return made


def _divmod(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    a, b = (emitter.temp(each) for each in scalars(args, 2))
    return Many([arithmetic.binary(emitter, op, a, b) for op in (ast.FloorDiv(), ast.Mod())])


def _pow(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if len(args) == 3:
        raise refused(node, "pow with a modulus is not compiled")
    return arithmetic.binary(emitter, ast.Pow(), *scalars(args, 2))


def _range(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    ends = scalars(args, 1, 3)
    if any(each.type not in (BOOL, INT) for each in ends):
        if any(each.type == NUM for each in ends):
            raise refused(node, "range of a number that may be a float is not compiled")
        raise BailsError
    whole = [emitter.converted(each, INT) for each in ends]
    if len(whole) == 1:
        return Range(number(0), whole[0], number(1))
    step = whole[2] if len(whole) == 3 else number(1)
    if step.const == 0:
        raise BailsError
    return Range(whole[0], whole[1], step)


def _zip(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if not args:
        raise refused(node, "zip of nothing is not compiled")
    return Together(args)


def _enumerate(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
    if not 1 <= len(args) <= 2:
        raise BailsError
    start = number(0)
    if len(args) == 2:
        (start,) = scalars(args[1:], 1)
        if start.const is None or start.type != INT:
            raise refused(node, "a start of enumerate that is not constant is not compiled")
    return Together([Range(start, Scalar(INT, ENDLESS), number(1)), args[0]])


def _sequence(is_list: bool) -> Intrinsic:
    def made(emitter: Emitter, node: ast.Call, args: list[Value]) -> Value:
        return Many(items_of(args[0], node) if args else [], is_list)

    return made


TABLE: dict[int, tuple[Any, Intrinsic]] = {}
"""By the identity of the function, which is kept alive."""


def _fill() -> None:
    rows: list[tuple[Any, Intrinsic]] = [
        *((getattr(math, name), _math(name, 1)) for name in _ONE.split()),
        *((getattr(math, name), _math(name, 2)) for name in _TWO.split()),
        *((getattr(math, name), _to_whole(function)) for name, function in _WHOLE.items()),
        *((getattr(math, name), _asked(form)) for name, form in _ASKED.items()),
        (math.hypot, _hypot),
        (math.dist, _dist),
        (abs, _abs),
        (int, _to_whole("pn_to_int")),
        (float, _float),
        (bool, _bool),
        (round, _round),
        (len, _len),
        (min, _extreme(ast.Lt())),
        (max, _extreme(ast.Gt())),
        (divmod, _divmod),
        (pow, _pow),
        (range, _range),
        (zip, _zip),
        (enumerate, _enumerate),
        (tuple, _sequence(False)),
        (list, _sequence(True)),
    ]
    TABLE.update({id(function): (function, made) for function, made in rows})


_fill()
