"""Looks as JSON and back: the fields of their dataclasses, once, are the form.

A collector runs beside a program that may do anything, and a file may have been changed since. So
all that is read is held against the annotations before anything is made of it.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

if sys.version_info >= (3, 10):  # noqa: UP036
    from dataclasses import dataclass as dataclass
else:  # in a gdb whose Python is older

    def dataclass(*, slots: bool, **form: bool) -> Any:
        """The same without slots."""
        return dataclasses.dataclass(**form)


T = TypeVar("T")
_MOST = 1 << 64  # above every number of a 64 bit machine
_MOST_TEXT = 1 << 20
_MOST_DIGITS = 20
_WORDS = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a number",
    float: "a fraction",
    bool: "true or false",
}


class FormError(ValueError):
    """A value is not of the form that it should have: `path` says where, from what was read."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.path = ""

    def __str__(self) -> str:
        return f"{self.path.lstrip('.') or 'it'} {self.args[0]}"


def to_json(value: Any) -> Any:
    """Plain values, for `json.dumps`. A field that has its default is left out."""
    if isinstance(value, (tuple, list)):
        return [to_json(part) for part in value]
    if isinstance(value, dict):
        return {str(key): to_json(part) for key, part in value.items()}
    if not is_dataclass(value):
        return value
    kind: Any = type(value)
    parts = ((name, getattr(value, name), default) for name, default in _defaults(kind))
    return {name: to_json(part) for name, part, default in parts if part != default}


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((field.name, field.default) for field in fields(kind))


def from_json(kind: type[T], value: Any) -> T:
    """A dataclass out of plain values. Raises FormError, with the path to what is wrong."""
    form: Any = kind
    made: T = _maker(form)(value)
    return made


_Maker = Callable[[Any], Any]


@cache
def _maker(kind: Any) -> _Maker:
    """What makes a value of a kind. A path is put together only where something is wrong."""
    of, parts = get_origin(kind), get_args(kind)
    if type(None) in parts:  # `kind | None`
        make = _maker(parts[0])
        return lambda value: None if value is None else make(value)
    if is_dataclass(kind):
        return _maker_of_objects(kind)
    if of is dict:
        return _maker_of_names(_maker(parts[1]))
    if of is tuple:
        return _maker_of_lists(parts)
    return _maker_of_values(kind)


def _maker_of_objects(kind: Any) -> _Maker:
    forms = get_type_hints(kind)
    known = [
        (each.name, _maker(forms[each.name]), each.default is MISSING) for each in fields(kind)
    ]

    def make(value: Any) -> Any:
        given = {}
        _check(value, dict)
        for name, make_part, needed in known:
            if name in value:
                try:
                    given[name] = make_part(value[name])
                except FormError as error:
                    error.path = f".{name}{error.path}"
                    raise
            elif needed:
                raise FormError(f"has no {name}")
        return kind(**given)

    return make


def _maker_of_names(make_part: _Maker) -> _Maker:
    """By numbers, which JSON has as texts."""

    def make(value: Any) -> dict[int, Any]:
        made = {}
        _check(value, dict)
        for name, part in value.items():
            if not (name.isdecimal() and len(name) <= _MOST_DIGITS):
                raise FormError("has a name that is no number")
            try:
                made[int(name)] = make_part(part)
            except FormError as error:
                error.path = f".{name}{error.path}"
                raise
        return made

    return make


def _maker_of_lists(parts: tuple[Any, ...]) -> _Maker:
    """Of one kind and any length, or of a kind for each place."""
    is_open = parts[1:] == (...,)
    makers = [_maker(part) for part in parts if part is not ...]

    def make(value: Any) -> tuple[Any, ...]:
        made: list[Any] = []
        _check(value, list)
        if not is_open and len(value) != len(makers):
            raise FormError(f"has {len(value)} values, not {len(makers)}")
        for make_part, part in zip(makers * len(value) if is_open else makers, value, strict=True):
            try:
                made.append(make_part(part))
            except FormError as error:
                error.path = f"[{len(made)}]{error.path}"
                raise
        return tuple(made)

    return make


def _maker_of_values(kind: type) -> _Maker:
    def make(value: Any) -> Any:
        _check(value, kind)
        if kind is int and not -_MOST < value < _MOST:
            raise FormError("is too large a number")
        if kind is str and len(value) > _MOST_TEXT:
            raise FormError("is too long a text")
        return value

    return make


def _check(value: Any, kind: type) -> None:
    if type(value) is not kind:
        raise FormError(f"is {_WORDS.get(type(value), 'null')}, not {_WORDS[kind]}")
