"""Small immutable values: what `@dataclass(frozen=True, slots=True)` makes, without dataclasses.

Why not dataclasses: start-up is paid once per render thread where each has an interpreter of its
own, and importing that module (with inspect, ast, enum and re behind it) and letting it compile a
dozen classes takes longer than to start Python. For the same reason, in everything the host imports
at start, modules that only errors and rare calls need are imported where they are used, os.path
stands in for pathlib, and `TYPE_CHECKING = False` for the constant of that name in typing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, NoReturn, Self, dataclass_transform
else:

    def dataclass_transform(**_):
        """Does nothing while running: for type checkers it says that records are frozen."""
        return lambda cls: cls


class _DataclassFields:
    """`__dataclass_fields__`, made when it is asked for: by dataclasses.replace() or asdict()."""

    def __get__(self, record: object, cls: type[FrozenValue]) -> dict[str, Any]:
        from dataclasses import make_dataclass

        like: Any = make_dataclass(cls.__name__, cls._fields)
        fields: dict[str, Any] = like.__dataclass_fields__
        return fields


@dataclass_transform(frozen_default=True)
class FrozenValue:
    """Base of a value that is made once.

    A subclass names its fields in `_fields`, and its own ones in `__slots__` and, where they can be
    given by position, in `__match_args__`. An `__init__` that checks what it is given ends with
    `self._fill(...)`, or names a check for each field in `_checks` and ends with `self._take(...)`.
    """

    __slots__ = ()
    __match_args__: ClassVar[tuple[str, ...]] = ()
    __dataclass_fields__: ClassVar[Any] = _DataclassFields()
    _fields: ClassVar[tuple[str, ...]] = ()
    _checks: ClassVar[tuple[Callable[[Any, str], Any], ...]] = ()

    def _take(self, *values: Any) -> None:
        """Set all fields to what their checks make of the values."""
        owner = type(self).__name__
        places = zip(self._checks, values, self._fields, strict=True)
        self._fill(*[check(value, f"{owner}: {name}") for check, value, name in places])

    def __init__(self, *values: Any, **named: Any) -> None:
        missing = self._fields[len(values) :]
        if set(named) != set(missing) or len(values) > len(self._fields):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self._fields)}")
        self._fill(*values, *(named[name] for name in missing))

    def _fill(self, *values: Any) -> None:
        """Set all fields, in their order."""
        for name, value in zip(self._fields, values, strict=True):
            object.__setattr__(self, name, value)

    def _refuse(self, verb: str, name: str) -> NoReturn:
        from dataclasses import FrozenInstanceError

        raise FrozenInstanceError(f"cannot {verb} field {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self._fields or not hasattr(self, "__dict__"):  # a subclass may have one
            self._refuse("assign to", name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if name in self._fields or not hasattr(self, "__dict__"):
            self._refuse("delete", name)
        object.__delattr__(self, name)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__qualname__}({inside})"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, FrozenValue) and type(other) is type(self):
            return self.__getstate__() == other.__getstate__()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self.__getstate__()))

    def __getstate__(self) -> list[Any]:
        """The values of the fields, in order."""
        return [getattr(self, name) for name in self._fields]

    def __setstate__(self, state: list[Any]) -> None:
        self._fill(*state)

    def __replace__(self, /, **changes: Any) -> Self:
        return type(self)(
            **{**dict(zip(self._fields, self.__getstate__(), strict=True)), **changes}
        )
