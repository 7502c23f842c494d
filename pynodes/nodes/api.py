"""What a node's author uses: `Node`, and `Socket` to declare what goes in and out.

    class Stripes(Node):
        \"\"\"Two colours, side by side.\"\"\"

        def __init__(self, sockets):
            sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Width", 0.25, 0.01, 10.0)]
            sockets.output = [Socket("Color", (0, 0, 0, 1))]

        def __call__(self):
            x, y, z = self.input.Coords
            on = x / self.input.Width % 2.0 < 1.0
            self.output.Color = (1.0, 0.8, 0.2, 1.0) if on else (0.1, 0.1, 0.3, 1.0)

Inside the host a node's base is the C type `_pynodes.NodeBase`; elsewhere a plain stand-in, so a
node's file can be imported and tested anywhere (`pynodes.nodes.testing`).
"""

from __future__ import annotations

from pynodes.nodes._names import article, unknown
from pynodes.nodes._record import FrozenValue
from pynodes.nodes._value import (
    TYPE_NAMES,
    VALUE,
    WIDTHS,
    Value,
    finite,
    floats,
    is_iterable,
    is_number,
    number,
    packed,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar, Final, TypeVar

    from pynodes.nodes._plain import NodeBase
else:
    try:
        from _pynodes import NodeBase
    except ImportError:
        from pynodes.nodes._plain import NodeBase

SOCKETS_MAX: Final = 63
"""Sockets per side of a node."""

NAME_BYTES_MAX: Final = 63

BATCH: Final = "batch"

CALL_MODES: Final = ("sample", BATCH)
"""How a node can ask to be called: once per sample, or once for all samples of a batch."""

Declared = tuple[str, int, tuple[float, float, float, float], float, float]
"""A socket as the host takes it: name, type, value, min, max."""


class Socket(FrozenValue):
    """One input or output of a node: a name, a default value and the type that follows from it.

    Args:
        name: as in `self.input.NAME`; case matters.
        val: a number makes a value socket, 3 numbers a vector, 4 numbers a colour (linear rgba).
        min, max: what a user interface would offer; nothing is clamped.
    Raises:
        TypeError, ValueError: naming the argument.
    """

    _fields = __slots__ = __match_args__ = ("name", "val", "min", "max")
    name: str
    val: Value
    """The default: a float, or a tuple of 3 or 4."""
    min: float
    max: float

    def __init__(
        self,
        name: str,
        val: Any = 0.0,
        min: float = 0.0,  # noqa: A002
        max: float = 1.0,  # noqa: A002
    ) -> None:
        name = _socket_name(name)
        what = f"Socket {name!r}: val"
        if is_number(val):
            value: Value = number(val, what)
        elif is_iterable(val) and not isinstance(val, str | bytes | bytearray):
            items = tuple(val)
            if len(items) not in (3, 4):
                raise ValueError(
                    f"{what} must be a number, 3 numbers (vector) or 4 numbers (rgba),"
                    f" got {len(items)} numbers"
                )
            value = floats(items, len(items), what)
        else:
            raise TypeError(f"{what} must be a number, or 3 or 4 numbers, got {article(val)}")
        finite(value, what)
        low, high = number(min, f"Socket {name!r}: min"), number(max, f"Socket {name!r}: max")
        finite((low, high), f"Socket {name!r}: min or max")
        if low > high:
            raise ValueError(f"Socket {name!r}: min {low} is above max {high}")
        self._fill(name, value, low, high)

    @property
    def type(self) -> int:
        """VALUE, VECTOR or RGBA."""
        return VALUE if isinstance(self.val, float) else WIDTHS.index(len(self.val))

    @property
    def type_name(self) -> str:
        """ "value", "vector" or "rgba"."""
        return TYPE_NAMES[self.type]


def declared(socket: Socket) -> Declared:
    """A socket as the host takes it."""
    return (socket.name, socket.type, packed(socket.val), socket.min, socket.max)


def _socket_name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"Socket: name must be text, got {article(name)}")
    if not name or name != name.strip() or not name.isprintable() or name.startswith("_"):
        raise ValueError(
            f"Socket: name {name!r} must be printable, not empty, without spaces around it"
            " and without a leading '_'"
        )
    if len(name.encode()) > NAME_BYTES_MAX:
        raise ValueError(f"Socket: name {name!r} is longer than {NAME_BYTES_MAX} bytes")
    return str.__str__(name)  # a plain str, whatever subclass it was


class SocketLists:
    """What `Node.__init__` gets: assign lists of `Socket` to `input` and `output` (`i` and `o`)."""

    __slots__ = ("input", "output")
    input: Any
    """The inputs: empty first, then a tuple of what was assigned."""
    output: Any
    """The outputs, likewise."""
    if TYPE_CHECKING:
        i: Any
        o: Any

    def __init__(self) -> None:
        self.input = self.output = ()

    def __setattr__(self, name: str, value: Any) -> None:
        side = _LISTS.get(name)
        if side is None:
            raise AttributeError(unknown("sockets", "list", name, ("input", "output")))
        object.__setattr__(self, side, _checked(side, value))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in _LISTS:
            raise AttributeError(unknown("sockets", "list", name, ("input", "output")))
        return getattr(self, _LISTS[name])


_LISTS = {"input": "input", "output": "output", "i": "input", "o": "output"}


def _checked(side: str, value: Any) -> tuple[Socket, ...]:
    """The sockets of one side, each checked; order is kept."""
    if isinstance(value, Socket):
        raise TypeError(
            f"sockets.{side} takes a list of Socket; write [Socket({value.name!r}, ...)]"
        )
    if isinstance(value, str | bytes) or hasattr(value, "keys") or not is_iterable(value):
        raise TypeError(f"sockets.{side} takes a list of Socket, got {article(value)}")
    sockets = tuple(value)
    if len(sockets) > SOCKETS_MAX:
        raise ValueError(f"sockets.{side} has {len(sockets)} sockets; at most {SOCKETS_MAX}")
    seen: set[str] = set()
    for position, socket in enumerate(sockets):
        if not isinstance(socket, Socket):
            raise TypeError(f"sockets.{side}[{position}] must be a Socket, got {article(socket)}")
        if socket.name in seen:
            raise ValueError(f"sockets.{side} has two sockets named {socket.name!r}")
        seen.add(socket.name)
    return sockets


class Node(NodeBase):
    """Base of all Python nodes.

    A subclass declares its sockets in `__init__(self, sockets)` and computes in `__call__(self)`,
    which is run once per sample (with `call = "batch"` once for many): it reads `self.input`,
    writes `self.output` and may look at `self.shi`, the shading input. The three are valid during
    the call only. The first line of the class's docstring is what `pynodes nodes` shows.

    Each render thread makes its own instance, by running `__init__` there; state kept on `self` is
    therefore never shared, but it also must not change the picture: which samples an instance sees
    depends on the number of threads.
    """

    call: ClassVar[str] = "sample"
    """How the host calls the node; one of CALL_MODES. By "batch" inputs, outputs and the shading
    input are arrays over all samples."""

    def __init__(self, sockets: SocketLists, **options: Any) -> None:
        """Declare nothing. Subclasses need not call this."""

    def __call__(self) -> None:
        """Compute one sample, or those of a batch."""
        raise NotImplementedError(f"{type(self).__name__} defines no __call__(self)")


if TYPE_CHECKING:
    N = TypeVar("N", bound=Node)


def check_class(cls: type[Node]) -> None:
    """Raise TypeError unless the host can call instances of `cls`."""
    if cls.call not in CALL_MODES:
        known = ", ".join(map(repr, CALL_MODES))
        raise TypeError(f"{cls.__name__}.call is {article(cls.call)}; known: {known}")
    definer = next(each for each in cls.__mro__ if "__call__" in vars(each))
    if definer is Node:
        raise TypeError(f"{cls.__name__} defines no __call__(self), so it computes nothing")


def construct(
    cls: type[N], options: Mapping[str, Any]
) -> tuple[N, tuple[Socket, ...], tuple[Socket, ...]]:
    """Make an instance and say what it declared: (node, inputs, outputs)."""
    sockets = SocketLists()
    node = cls(sockets, **options)
    return node, sockets.input, sockets.output
