"""Looks as JSON and back: the fields of their dataclasses, once, are the form.

A collector runs beside a program that may do anything, and a file may have been changed since. So
all that is read is held against the annotations before anything is made of it.
"""

from __future__ import annotations

import dataclasses
import sys
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
    """A value is not of the form that it should have; the text says where."""


def to_json(value: Any) -> Any:
    """Plain values, for `json.dumps`. A field that has its default is left out."""
    if is_dataclass(value):
        parts = ((field, getattr(value, field.name)) for field in fields(value))
        return {
            field.name: to_json(part)
            for field, part in parts
            if field.default is MISSING or part != field.default
        }
    if isinstance(value, dict):
        return {str(key): to_json(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_json(part) for part in value]
    return value


def from_json(kind: type[T], value: Any) -> T:
    """A dataclass out of plain values. Raises FormError, with the path to what is wrong."""
    made: T = _made(kind, value, "")
    return made


def _made(kind: Any, value: Any, where: str) -> Any:
    of, parts = get_origin(kind), get_args(kind)
    if type(None) in parts:  # `kind | None`
        return None if value is None else _made(parts[0], value, where)
    if is_dataclass(kind):
        given = _checked(value, dict, where)
        made: Any = kind
        return made(
            **{
                name: _made(form, given[name], f"{where}.{name}".lstrip("."))
                for name, form, needed in _form(made)
                if name in given or _missed(needed, name, where)
            }
        )
    if of is dict:
        named = _checked(value, dict, where).items()
        return {_key(name, where): _made(parts[1], part, f"{where}.{name}") for name, part in named}
    if of is tuple:
        listed = _checked(value, list, where)
        forms = parts[:1] * len(listed) if parts[1:] == (...,) else parts
        if len(listed) != len(forms):
            raise FormError(f"{where} has {len(listed)} values, not {len(forms)}")
        pairs = enumerate(zip(forms, listed, strict=True))
        return tuple(_made(form, part, f"{where}[{i}]") for i, (form, part) in pairs)
    return _plain(value, kind, where)


@cache
def _form(kind: Any) -> tuple[tuple[str, Any, bool], ...]:
    """Of each field its name, its form, and whether it has to be there."""
    forms = get_type_hints(kind)
    return tuple((each.name, forms[each.name], each.default is MISSING) for each in fields(kind))


def _missed(needed: bool, name: str, where: str) -> bool:
    if needed:
        raise FormError(f"{where or 'it'} has no {name}")
    return False


def _key(name: str, where: str) -> int:
    if not (name.isdecimal() and len(name) <= _MOST_DIGITS):
        raise FormError(f"{where} has a name that is no number")
    return int(name)


def _plain(value: Any, kind: type, where: str) -> Any:
    _checked(value, kind, where)
    if kind is int and not -_MOST < value < _MOST:
        raise FormError(f"{where} is too large a number")
    if kind is str and len(value) > _MOST_TEXT:
        raise FormError(f"{where} is too long a text")
    return value


def _checked(value: Any, kind: type, where: str) -> Any:
    if type(value) is not kind:
        raise FormError(f"{where or 'it'} is {_WORDS.get(type(value), 'null')}, not {_WORDS[kind]}")
    return value
