"""Checks of what a scene script passes: each gives the value one shape or names the argument."""

from __future__ import annotations

from pynodes.nodes._names import article
from pynodes.nodes._value import finite, floats
from pynodes.nodes._value import number as any_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    Vector = Sequence[float]
    """Three numbers."""

Vec3 = tuple[float, float, float]


def number(
    value: Any,
    what: str,
    *,
    above: float | None = None,
    below: float | None = None,
    least: float | None = None,
) -> float:
    """A finite number; `above` and `below` are not allowed themselves, `least` is."""
    checked = any_number(value, what)
    finite(checked, what)
    if above is not None and below is not None and not above < checked < below:
        raise ValueError(f"{what} must be between {above:g} and {below:g}, got {checked:g}")
    if above is not None and checked <= above:
        raise ValueError(f"{what} must be above {above:g}, got {checked:g}")
    if least is not None and checked < least:
        raise ValueError(f"{what} must be at least {least:g}, got {checked:g}")
    return checked


def amount(value: Any, what: str) -> float:
    """A finite number that is not negative."""
    return number(value, what, least=0.0)


def vector(value: Any, what: str) -> Vec3:
    """Three finite numbers."""
    x, y, z = floats(value, 3, what)
    finite((x, y, z), what)
    return (x, y, z)


def direction(value: Any, what: str) -> Vec3:
    """Three finite numbers that are not all zero."""
    checked = vector(value, what)
    if checked == (0.0, 0.0, 0.0):
        raise ValueError(f"{what} must not be (0, 0, 0)")
    return checked


def color(value: Any, what: str) -> Vec3:
    """Linear rgb; none of them negative."""
    checked = vector(value, what)
    if min(checked) < 0.0:
        raise ValueError(f"{what} must not be negative, got {checked}")
    return checked


def flag(value: Any, what: str) -> bool:
    """True or False; 0 and 1 pass, as -D gives them."""
    if isinstance(value, bool) or (isinstance(value, int) and value in (0, 1)):
        return bool(value)
    raise TypeError(f"{what} must be True or False, got {article(value)}")


def text(value: Any, what: str) -> str:
    """Text, possibly empty."""
    if not isinstance(value, str):
        raise TypeError(f"{what} must be text, got {article(value)}")
    return value
