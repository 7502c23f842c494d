"""Socket values: their types, how a literal becomes one, and how one type converts to another.

A value socket holds one float, a vector 3, a colour (rgba) 4: linear, straight alpha. The host
keeps them as 32-bit floats.
"""

from __future__ import annotations

from pynodes.nodes._names import article

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final, TypeGuard

VALUE: Final = 0
VECTOR: Final = 1
RGBA: Final = 2

TYPE_NAMES: Final = ("value", "vector", "rgba")
WIDTHS: Final = (1, 3, 4)

FLOAT_MAX: Final = 3.4028234663852886e38  # the largest 32-bit float

Value = float | tuple[float, ...]
"""A float (value socket) or a tuple of 3 or 4 floats."""


def number(thing: Any, what: str) -> float:
    """`thing` as a float; text is not a number, even when float() would read it.

    Raises:
        TypeError: naming `what`.
    """
    if not isinstance(thing, str | bytes | bytearray):
        try:
            return float(thing)
        except (TypeError, ValueError):
            pass
        except OverflowError:
            raise ValueError(f"{what} does not fit a 32-bit float: {article(thing)}") from None
    raise TypeError(f"{what} must be a number, got {article(thing)}")


def is_number(thing: Any) -> bool:
    """Is `thing` a single number, as float() sees it?"""
    if isinstance(thing, str | bytes | bytearray):
        return False
    return hasattr(thing, "__float__") or hasattr(thing, "__index__")


def is_iterable(thing: Any) -> TypeGuard[Iterable[Any]]:
    """Can `thing` be gone through?"""
    if isinstance(thing, tuple | list):
        return True
    from collections.abc import Iterable

    return isinstance(thing, Iterable)


def floats(thing: Any, count: int, what: str) -> tuple[float, ...]:
    """`thing` as a tuple of exactly `count` floats.

    Raises:
        TypeError: not a sequence of numbers.
        ValueError: another length.
    """
    if isinstance(thing, str | bytes | bytearray) or not is_iterable(thing):
        raise TypeError(f"{what} must be {count} numbers, got {article(thing)}")
    items = tuple(thing)
    if len(items) != count:
        raise ValueError(f"{what} must be {count} numbers, got {len(items)}: {article(items)}")
    return tuple(number(item, f"{what}[{i}]") for i, item in enumerate(items))


def literal(thing: Any, kind: int, what: str) -> Value:
    """What an author sets on a socket of a known type.

    A number stands for all components (alpha 1), three numbers for an opaque colour.
    Raises:
        TypeError, ValueError: anything else, or not finite; `what` is named.
    """
    if kind == VALUE:
        value: Value = number(thing, what)
    elif is_number(thing):
        value = convert(number(thing, what), VALUE, kind)
    elif kind == RGBA and is_iterable(thing) and not isinstance(thing, str | bytes):
        items = tuple(thing)
        if len(items) not in (3, 4):
            raise ValueError(f"{what} must be 3 or 4 numbers, got {len(items)}: {article(items)}")
        rgba = floats(items, len(items), what)
        value = rgba if len(rgba) == 4 else (*rgba, 1.0)
    else:
        value = floats(thing, WIDTHS[kind], what)
    finite(value, what)
    return value


def finite(value: Value, what: str) -> None:
    """Raise ValueError unless each number fits a 32-bit float."""
    for each in value if isinstance(value, tuple) else (value,):
        if not -FLOAT_MAX <= each <= FLOAT_MAX:  # also false for NaN
            raise ValueError(f"{what} does not fit a finite 32-bit float: {each!r}")


def convert(value: Value, kind: int, to: int) -> Value:
    """Convert between socket types as links do.

    To a value: the mean of the first three. From a value: (v, v, v), alpha 1. Vector to colour:
    alpha 1. Colour to vector: its rgb.
    """
    if isinstance(value, float):
        if to == VALUE:
            return value
        return (value, value, value) if to == VECTOR else (value, value, value, 1.0)
    if kind == to:
        return value
    if to == VALUE:
        return (value[0] + value[1] + value[2]) / 3.0
    return value[:3] if to == VECTOR else (*value[:3], 1.0)


def packed(value: Value) -> tuple[float, float, float, float]:
    """A value as the host takes it: 4 floats, unused ones 0."""
    if isinstance(value, float):
        return (value, 0.0, 0.0, 0.0)
    a, b, c, *rest = value
    return (a, b, c, rest[0] if rest else 0.0)


def unpacked(four: tuple[float, ...], kind: int) -> Value:
    """The reverse of packed()."""
    return float(four[0]) if kind == VALUE else tuple(float(v) for v in four[: WIDTHS[kind]])
