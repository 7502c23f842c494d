"""The parameters of a scene script: what `-D name=value` gave, with the script's own defaults."""

from __future__ import annotations

from _thread import allocate_lock

from pynodes.nodes._names import article
from pynodes.nodes._value import is_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, TypeVar

    T = TypeVar("T")


_warnings_off = allocate_lock()  # the filters are one for all threads


def parse_defines(defines: Iterable[str]) -> dict[str, tuple[Any, str]]:
    """`NAME=VALUE` texts as {name: (value, text)}; the last one of a name holds.

    A value is a Python literal where it reads as one, else text.
    Raises:
        ParamError: no `=`, or an empty name.
    """
    parsed: dict[str, tuple[Any, str]] = {}
    defines = list(defines)
    if not defines:
        return parsed
    for define in defines:
        name, equals, value = define.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ParamError(f"-D {define!r} is not NAME=VALUE")
        parsed[name] = (_literal(value), value)
    return parsed


def _literal(text: str) -> Any:
    """The value of a Python literal; else the text itself; so where no float could hold it.

    What Python would warn of (`1if`, an unknown escape) is for people who write Python.
    """
    from ast import literal_eval
    from warnings import catch_warnings, simplefilter

    try:
        with _warnings_off, catch_warnings():
            simplefilter("ignore")
            value = literal_eval(text.strip())
        for number in value if isinstance(value, tuple | list) else (value,):
            if isinstance(number, int):
                float(number)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError, OverflowError):
        return text
    return value


class ParamError(ValueError):
    """A parameter was given a value of the wrong kind."""


class Params:
    """What `build(params, frame)` reads its settings from.

        scale = params.get("scale", 4.0)
        points = params("points", 12)       # the same, shorter
        if "glow" in params: ...
        params.glow                         # AttributeError unless -D glow=... was given

    The default's type leads: where it is a number, text is refused; where it is text, `-D name=7`
    gives "7". Names that a build never asks for are errors, so ask for all of them in every build.
    """

    __slots__ = ("_asked", "_given", "size")
    _given: dict[str, tuple[Any, str]]
    _asked: dict[str, None]
    size: tuple[int, int]
    """Width and height of the picture in pixels."""

    def __init__(self, defines: Iterable[str] = (), size: tuple[int, int] = (640, 480)) -> None:
        object.__setattr__(self, "_given", parse_defines(defines))
        object.__setattr__(self, "_asked", {})
        object.__setattr__(self, "size", size)

    def get(self, name: str, default: T) -> T:
        """The value given for `name`, else `default`.

        Raises:
            ParamError: the value is of another kind than the default.
        """
        self._asked[name] = None
        if name not in self._given:
            return default
        value, text = self._given[name]
        return _like(value, text, default, name)  # type: ignore[no-any-return]

    __call__ = get

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self._asked[name] = None
        return name in self._given

    def __getitem__(self, name: str) -> Any:
        self._asked[name] = None
        if name not in self._given:
            given = ", ".join(self._given) or "none"
            raise KeyError(
                f"parameter {name!r} is not given: use -D {name}=VALUE,"
                f" or params.get({name!r}, DEFAULT) in the script; given: {given}"
            )
        return self._given[name][0]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(error.args[0]) from None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"params can only be read, so {name!r} cannot be set")

    def asked(self) -> list[str]:
        """Names asked for so far, in order."""
        return list(self._asked)

    def unused(self) -> list[str]:
        """Names that were given and not asked for."""
        return [name for name in self._given if name not in self._asked]


def _like(value: Any, text: str, default: Any, name: str) -> Any:
    """`value` in the kind of `default`."""
    refused = ParamError(f"-D {name}={_short(text)}: expected {_kind(default)}, like {default!r}")
    if isinstance(default, bool):
        if isinstance(value, bool | int) and value in (0, 1):
            return bool(value)
        raise refused
    if isinstance(default, int | float):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise refused
        return float(value) if isinstance(default, float) else value
    if isinstance(default, str):
        return text
    if isinstance(default, tuple):
        if not isinstance(value, tuple | list):
            raise refused
        numeric = bool(default) and all(is_number(each) for each in default)
        if numeric and not all(is_number(each) for each in value):
            raise refused
        return tuple(value)
    return value


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _kind(default: Any) -> str:
    if isinstance(default, bool):
        return "True or False"
    if isinstance(default, int | float):
        return "a number"
    if isinstance(default, tuple):
        return f"a tuple of {len(default)}" if default else "a tuple"
    return article(default)
