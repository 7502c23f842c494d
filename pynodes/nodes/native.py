"""The host's own nodes, written in C: one class per kind, for `NodeTree.add`.

    from pynodes.nodes import NodeTree, native

    coords = tree.add(native.TextureCoordinate)

The classes are made from the table that the host carries, each when it is first asked for, so they
exist inside the host only. They are never instantiated: a tree takes the class, with parameters and
input values as keyword arguments. `pynodes nodes` lists them.
"""

from __future__ import annotations

from pynodes.nodes._names import article, fold, unknown
from pynodes.nodes._record import FrozenValue
from pynodes.nodes._value import finite, is_iterable, is_number, number, unpacked
from pynodes.nodes.api import Socket

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, ClassVar, NoReturn

    native_kinds: Callable[[], list[dict[str, Any]]] | None
else:
    try:
        from _pynodes import native_kinds
    except ImportError:
        native_kinds = None

ParamValue = float | str | tuple[float, ...]


class Param(FrozenValue):
    """A setting of a native node that is fixed while rendering, unlike an input."""

    _fields = __slots__ = __match_args__ = ("name", "kind", "default", "choices", "doc")
    name: str
    kind: str
    """"number", "choice" or "list" (any number of numbers)."""
    default: Any
    choices: tuple[str, ...]
    doc: str

    def checked(self, value: Any, owner: str) -> ParamValue:
        """`value` as the host takes it.

        A list may be nested, `[(0, (r, g, b, a)), (1, (r, g, b, a))]`; it is flattened.
        Raises:
            TypeError, ValueError: naming the parameter and what it takes.
        """
        what = f"parameter {self.name!r} of {owner}"
        if self.kind == "number":
            amount = number(value, what)
            finite(amount, what)
            return amount
        if self.kind == "choice":
            if not isinstance(value, str):
                raise TypeError(
                    f"{what} must be one of {', '.join(self.choices)}, got {article(value)}"
                )
            for choice in self.choices:
                if fold(choice) == fold(value):
                    return choice
            raise ValueError(unknown(what, "choice", value, self.choices))
        numbers = tuple(_flat(value, what))
        finite(numbers, what)
        return numbers


def _flat(value: Any, what: str) -> Iterable[float]:
    if is_number(value):
        yield number(value, what)
    elif is_iterable(value) and not isinstance(value, str | bytes):
        for item in value:
            yield from _flat(item, what)
    else:
        raise TypeError(f"{what} must be made of numbers, got {article(value)}")


class NativeNode:
    """Base of the native kinds."""

    kind: ClassVar[str]
    inputs: ClassVar[tuple[Socket, ...]]
    outputs: ClassVar[tuple[Socket, ...]]
    params: ClassVar[tuple[Param, ...]]

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"native nodes are not called; write tree.add(native.{cls.__name__}, ...)")


def make_kind(table: Mapping[str, Any]) -> type[NativeNode]:
    """The class of one entry of `_pynodes.native_kinds()`."""
    name = table["name"]
    fields = {
        "__doc__": table["doc"],
        "__module__": __name__,
        "kind": name,
        "inputs": tuple(_socket(*socket) for socket in table["inputs"]),
        "outputs": tuple(_socket(*socket) for socket in table["outputs"]),
        "params": tuple(
            Param(param, kind, default, tuple(choices or ()), doc)
            for param, kind, default, choices, doc in table["params"]
        ),
    }
    return type(name, (NativeNode,), fields)


def _socket(name: str, kind: int, four: Sequence[float], low: float, high: float) -> Socket:
    """A socket of the table; 0.8 as a 32-bit float is shown as 0.8 again."""
    value = unpacked(tuple(_short(v) for v in four), kind)
    return Socket(name, value, _short(low), _short(high))


def _short(number: float) -> float:
    return float(f"{number:.7g}")


TABLE: dict[str, Mapping[str, Any]] = {
    entry["name"]: entry for entry in (native_kinds() if native_kinds is not None else ())
}
"""What the host says of each kind, by name."""

_made: dict[str, type[NativeNode]] = {}


def kinds() -> list[type[NativeNode]]:
    """All kinds, in the order the host lists them."""
    return [_kind(name) for name in TABLE]


def _kind(name: str) -> type[NativeNode]:
    made = _made.get(name)
    if made is None:  # setdefault: another thread may just have made it too
        made = _made.setdefault(name, make_kind(TABLE[name]))
    return made


def __getattr__(name: str) -> type[NativeNode]:
    if name in TABLE:
        return _kind(name)
    if name.startswith("__"):
        raise AttributeError(name)
    if not TABLE:
        raise AttributeError(
            f"native.{name}: native nodes exist inside the host only; run the scene with"
            " `pynodes render`, or test single nodes with pynodes.nodes.testing"
        )
    raise AttributeError(unknown("pynodes.nodes.native", "node", name, TABLE))


def __dir__() -> list[str]:
    return sorted([*globals(), *TABLE])
