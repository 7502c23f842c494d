"""Values from outside, decoded once by type: what went through here needs no second look.

A *decoder* takes a value as JSON, TOML or SQLite gives it, and returns it as the package has it; it
raises `DecodeError` with what was found and what is expected. Decoders of what has parts put the
place of the part in front, so the error names all of it: `per_thread[3].wait_s`.

Numbers are finite and of a size that can be computed with, texts have an end and no half of a
surrogate pair, documents are of bounded depth. What is not expected of a mapping stays in it, as
plain values: newer programs may say more.
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from functools import cache
from itertools import chain
from typing import Any, NoReturn, TypeAlias, TypeVar

from pynodes import printable
from pynodes.errors import PynodesError

T = TypeVar("T")
Decoder: TypeAlias = Callable[[Any], T]

MAX_TEXT = 1 << 20
MAX_ITEMS = 1_000_000
MAX_DEPTH = 32
MAX_NUMBER = 1e15
# Time is counted in nanoseconds: less than one is nothing that was measured.
MIN_NUMBER = 1e-12
MAX_WHOLE = 2**63 - 1

_INFINITE = float("inf")
_SHOWN = 60


class DecodeError(PynodesError):
    """A value is not what it should be.

    Args:
        found: the value.
        expected: what it should be, in words: `a number from 0 to 1`.
        place: where in what was decoded; empty for the whole of it.
    """

    def __init__(self, found: object, expected: str, place: str = "") -> None:
        self.found = found
        self.expected = expected
        self.place = place
        of = f"{place} is " if place else ""
        super().__init__(f"{of}{shown(found)}, not {expected}")

    def within(self, part: str) -> DecodeError:
        """The same, of a part of something."""
        joint = "." if self.place and not self.place.startswith("[") else ""
        return DecodeError(self.found, self.expected, f"{part}{joint}{self.place}")


def shown(value: object) -> str:
    """A value of any size for a message."""
    match value:
        case int() if value.bit_length() > 200:
            return f"a number of {value.bit_length()} bits"
        case str() | bytes() if len(value) > _SHOWN:
            return f"{value[:_SHOWN]!r} and {len(value) - _SHOWN} more"
        case str() | bytes() | int() | float() | None:
            return repr(value)
        case Mapping():
            return f"a mapping of {len(value)}"
        case list() | tuple():
            return f"a list of {len(value)}"
    return f"a {type(value).__name__}"


# --- single values ---


def flag(value: Any) -> bool:
    if value is True or value is False:
        return bool(value)
    raise DecodeError(value, "true or false")


def whole(least: int = -MAX_WHOLE - 1, most: int = MAX_WHOLE) -> Decoder[int]:
    """A whole number; not 1.0, not true."""
    expected = f"a whole number from {least} to {most}"

    def decoded(value: Any) -> int:
        if type(value) is int and least <= value <= most:
            return value
        raise DecodeError(value, expected)

    return decoded


def number(least: float = -MAX_NUMBER, most: float = MAX_NUMBER) -> Decoder[float]:
    """A number, whole or not: 0, or so far from it that one can divide by it; never NaN.

    Infinity is one only where `most` is.
    """
    expected = f"a number from {least:g} to {most:g}"
    usual = max(least, MIN_NUMBER)

    def decoded(value: Any) -> float:
        if type(value) is float and usual <= value <= most:
            return value
        if (type(value) is float or type(value) is int) and least <= value <= most:
            if value == 0 or not -MIN_NUMBER < value < MIN_NUMBER:
                return value
            raise DecodeError(value, f"0, or at least {MIN_NUMBER:g}")
        raise DecodeError(value, expected)

    return decoded


def text(longest: int = MAX_TEXT) -> Decoder[str]:
    """A text of so many characters at most; what no UTF-8 has becomes an escape."""
    expected = f"a text of {longest:,} characters at most"

    def decoded(value: Any) -> str:
        if type(value) is not str or len(value) > longest:
            raise DecodeError(value, "UTF-8" if type(value) is bytes else expected)
        return printable.encodable(value)

    return decoded


def word(kind: type[StrEnum]) -> Decoder[Any]:
    """One of the words of an enumeration."""
    known: dict[object, StrEnum] = {each.value: each for each in kind}
    expected = f"one of {', '.join(map(str, known))}"

    def decoded(value: Any) -> StrEnum:
        found = known.get(value) if type(value) is str else None
        if found is None:
            raise DecodeError(value, expected)
        return found

    return decoded


_TIME = r"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-6]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)"


def moment(value: Any) -> str:
    """A time of day, as ISO 8601 has it with a zone."""
    if type(value) is str and re.fullmatch(_TIME, value):
        return value
    raise DecodeError(value, "a time such as 2025-01-31T12:00:00.000Z")


def scalar(value: Any) -> Any:
    """Null, true, false, a number or a text: a value that can be a key."""
    if isinstance(value, list | dict):
        raise DecodeError(value, "a single value")
    return plain(value)


def plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Anything that JSON can have, of bounded depth."""
    match value:
        case None | True | False:
            return value
        case str():
            return _any_text(value)
        case int():
            return _any_whole(value)
        case float():
            if -_INFINITE < value < _INFINITE:
                return value
            raise DecodeError(value, "a finite number")
        case list() | dict() if depth == 0:
            raise DecodeError(value, f"a document of {MAX_DEPTH} levels at most")
        case list():
            return [plain(each, depth - 1) for each in value]
        case dict():
            return {_any_text(key): plain(each, depth - 1) for key, each in value.items()}
    raise DecodeError(value, "a value as JSON has it")


_any_text = text()
_any_whole = whole()


# --- what has parts ---


def optional(of: Decoder[T]) -> Decoder[T | None]:
    def decoded(value: Any) -> T | None:
        return None if value is None else of(value)

    return decoded


def list_of(of: Decoder[T], most: int = MAX_ITEMS) -> Decoder[tuple[T, ...]]:
    """A list of so many at most, as a tuple."""

    def decoded(value: Any) -> tuple[T, ...]:
        if type(value) is not list or len(value) > most:
            raise DecodeError(value, f"a list of {most:,} at most")
        found: list[T] = []
        try:
            for each in value:
                found.append(of(each))
        except DecodeError as error:
            raise error.within(f"[{len(found)}]") from None
        return tuple(found)

    return decoded


def mapping_of(of: Decoder[T], most: int = MAX_ITEMS) -> Decoder[dict[str, T]]:
    """A mapping from texts, of so many at most."""

    def decoded(value: Any) -> dict[str, T]:
        if type(value) is not dict or len(value) > most:
            raise DecodeError(value, f"a mapping of {most:,} at most")
        found: dict[str, T] = {}
        for name, each in value.items():
            try:
                found[name if name.isascii() else _any_text(name)] = of(each)
            except DecodeError as error:
                raise error.within(_any_text(shown(name).strip("'"))) from None
        return found

    return decoded


def figures(value: Any) -> tuple[Mapping[str, float | None], ...]:
    """A list of mappings of numbers or null; there may be many, so all are looked at together."""
    return tuple(value) if type(value) is list and _are_usual(value) else _figures(value)


def _are_usual(rows: list[Any]) -> bool:
    """Whether nothing is wrong with any of those figures; if not, it may be or not."""
    try:
        values = [*chain.from_iterable(map(dict.values, rows))]
        counted = [*filter(None, values)]  # neither 0 nor null
        return (
            _FIGURE.issuperset(map(type, values))
            and min(counted, default=1) >= MIN_NUMBER
            and sum(counted) <= MAX_NUMBER
            and "".join(set().union(*rows)).isascii()
            and len(rows) <= MAX_ITEMS
        )
    except (TypeError, OverflowError):
        return False


_FIGURE = frozenset((int, float, type(None)))
_figures = list_of(mapping_of(optional(number())))


def shape(
    known: Mapping[str, Decoder[Any]], needed: Collection[str] = ()
) -> Decoder[dict[str, Any]]:
    """A mapping whose known keys have their own decoders; any other key has a plain value.

    Args:
        needed: keys that must be there.
    """
    decoder_of = dict(known).get

    def decoded(value: Any) -> dict[str, Any]:
        if type(value) is not dict or len(value) > MAX_ITEMS:
            raise DecodeError(value, "a mapping")
        for name in needed:
            if name not in value:
                raise DecodeError(value, f"a mapping with {name!r}")
        found: dict[str, Any] = {}
        for name, each in value.items():
            try:
                if (of := decoder_of(name)) is not None:
                    found[name] = of(each)
                else:
                    found[_any_text(name)] = plain(each)
            except DecodeError as error:
                raise error.within(_any_text(shown(name).strip("'"))) from None
        return found

    return decoded


def document(of: Decoder[T], longest: int) -> Decoder[T]:
    """What a JSON text of so many characters at most holds.

    JSON is meant strictly, as `json_value` reads it.
    """

    def decoded(value: Any) -> T:
        if type(value) is not str or len(value) > longest:
            raise DecodeError(value, f"a JSON text of {longest:,} characters at most")
        return of(json_value(value))

    return decoded


def json_value(said: str | bytes) -> Any:
    """The value of a JSON text without NaN and Infinity. Raises `DecodeError`.

    A number beyond the range of a float is infinite here: decoders refuse it.
    """
    try:
        return _JSON.decode(said if isinstance(said, str) else said.decode("utf-8"))
    except RecursionError:
        raise DecodeError(said, "a document of bounded depth") from None
    except ValueError as error:
        raise DecodeError(said, f"JSON ({error})") from None


def json_text(value: Any) -> str:
    """JSON that `json_value` reads back, in ASCII; what is no finite number is a word in it."""
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)
    except ValueError:
        return json.dumps(_worded(value), separators=(",", ":"))


def _worded(value: Any) -> Any:
    match value:
        case float() if not -_INFINITE < value < _INFINITE:
            return str(value)
        case Mapping():
            return {name: _worded(each) for name, each in value.items()}
        case list() | tuple():
            return [_worded(each) for each in value]
    return value


def _no_number(found: str) -> NoReturn:
    raise ValueError(f"{found} is no number of JSON")


_JSON = json.JSONDecoder(parse_constant=_no_number)


# --- from annotations ---


def of_type(annotation: Any, known: Mapping[Any, Decoder[Any]] = types.MappingProxyType({})) -> Any:
    """The decoder that an annotation of a field asks for.

    `X | None`, `tuple[X, ...]`, `Mapping[str, X]`, enumerations, dataclasses, named tuples and
    `Annotated[X, decoder]` are made of those of `known` and of the usual ones for `int`, `float`,
    `str`, `bool` and `Any`. A dataclass and a named tuple are mappings in JSON.
    """
    if annotation in known:
        return known[annotation]
    if annotation in _USUAL:
        return _USUAL[annotation]
    if hasattr(annotation, "__metadata__"):
        return annotation.__metadata__[0]
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (types.UnionType, typing.Union):
        (of,) = (part for part in parts if part is not type(None))
        return optional(of_type(of, known))
    if origin is tuple:
        if parts[1:] == (...,):
            return list_of(of_type(parts[0], known))
        return list_of(of_type(parts[0], known), len(parts))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return mapping_of(of_type(parts[1], known))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return word(annotation)
    if dataclasses.is_dataclass(annotation) or hasattr(annotation, "_fields"):
        return shape(of_fields(annotation, known))
    raise TypeError(f"no decoder for {annotation}")


def of_fields(kind: Any, known: Mapping[Any, Decoder[Any]] = types.MappingProxyType({})) -> Any:
    """The decoders of the fields of a dataclass, a named tuple or a typed dict, by name."""
    return {name: of_type(hint, known) for name, hint in hints(kind).items()}


@cache
def hints(kind: Any) -> dict[str, Any]:
    """The annotations of the fields of a dataclass, a named tuple or a typed dict, by name."""
    found = typing.get_type_hints(kind, include_extras=True)
    if not dataclasses.is_dataclass(kind):
        return found
    return {each.name: found[each.name] for each in dataclasses.fields(kind)}


_USUAL: dict[Any, Decoder[Any]] = {
    int: _any_whole,
    float: number(),
    str: _any_text,
    bool: flag,
    Any: plain,
}
