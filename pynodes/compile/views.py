"""What `self` is while a node is translated: its sockets, its shading input, its attributes."""

from __future__ import annotations

from pynodes.compile.refusal import BailsError, NotWideError, refused
from pynodes.compile.values import FLOAT, INT, Fixed, Many, Scalar, constant, items_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ast
    from collections.abc import Mapping, Sequence
    from types import FunctionType
    from typing import Any

    from pynodes.compile.emit import Emitter
    from pynodes.compile.looping import Looping
    from pynodes.compile.source import Sources
    from pynodes.compile.values import Value

_WIDTHS = (1, 3, 4)
_PLAIN_LOOKUP: Any = object.__getattribute__
_SIDES = {"input": "input", "i": "input", "output": "output", "o": "output"}


class Side:
    """`self.input` or `self.output`: sockets as (name, type, ...)."""

    def __init__(self, name: str, sockets: Sequence[Any]) -> None:
        self.name = name
        self.sockets = sockets

    @property
    def is_output(self) -> bool:
        return self.name == "output"

    def find(self, key: Any) -> tuple[int, int]:
        """(number, how many floats). Raises BailsError for one that is not there."""
        for number_, socket in enumerate(self.sockets):
            if key == socket[0] or (type(key) is int and key == number_):
                return number_, _WIDTHS[socket[1]]
        raise BailsError

    def read(self, emitter: Emitter, key: Any) -> Value:
        number_, width = self.find(key)
        if self.is_output:
            codes = [f"(pn_real)out{number_}[{k}]" for k in range(width)]
        else:
            codes = [f"(pn_real)in{number_}[{k}]" for k in range(width)]
        numbers: list[Value] = [Scalar(FLOAT, code) for code in codes]
        value = numbers[0] if width == 1 else Many(numbers)
        return emitter.kept_all(value)

    def write(self, emitter: Emitter, key: Any, value: Value, node: ast.AST) -> None:
        """As the host: each number becomes a 32-bit float. A NaN, whose bits are the machine's
        affair, is left to the interpreter."""
        if not self.is_output:
            raise BailsError
        number_, width = self.find(key)
        parts = [value] if width == 1 else items_of(value, node)
        if len(parts) != width:
            raise BailsError
        codes = []
        for part in parts:
            if not isinstance(part, Scalar):
                raise BailsError
            codes.append(emitter.double(emitter.temp(part)))
        for k, code in enumerate(codes):
            emitter.line(f"out{number_}[{k}] = (float){code};")
        emitter.bail_if(
            " | ".join(f"(out{number_}[{k}] != out{number_}[{k}])" for k in range(width))
        )


class Shading:
    """`self.shi`. `fields` are by name: how it is found, and where.

    `("floats", offset, how many)`, 0 for a single one; `("ints", offset, how many)`;
    `("derived", which, shape)` with 3 for a vector and (2, n) for two of them; `("frame",)`;
    `("constant", value)`; `("random",)`.
    """

    def __init__(self, interface: Mapping[str, Any]) -> None:
        self.fields = interface["fields"]
        self.bytes = interface["bytes"]

    def read(self, emitter: Looping, name: str, node: ast.AST) -> Value:
        found = self.fields.get(name)
        if found is None:
            raise BailsError
        kind = found[0]
        if kind == "constant":
            return constant(found[1])
        if kind == "frame":
            return Scalar(INT, "a->frame")
        if kind == "random":
            return Fixed(RANDOM)
        if kind in ("floats", "ints"):
            c_type, as_, type_ = (
                ("float", "pn_real", FLOAT) if kind == "floats" else ("int32_t", "pn_int", INT)
            )
            _, offset, count = found
            places = [offset + 4 * k for k in range(count or 1)]
            if emitter.wide is None:
                codes = [f"({as_})*(const {c_type} *)(shading + {place})" for place in places]
            else:
                emitter.unit.seen |= dict.fromkeys(places, c_type)
                codes = [f"({as_})shading->at{place}" for place in places]
            at = [Scalar(type_, code) for code in codes]
            return emitter.kept_all(Many(list(at)) if count else at[0])
        if kind == "derived":
            return self._derived(emitter, found[1], found[2])
        raise refused(node, f"self.shi.{name} is not compiled")

    @staticmethod
    def _derived(emitter: Emitter, which: int, shape: Any) -> Value:
        if emitter.wide is not None:
            raise NotWideError("derivatives")
        rows, width = shape
        name = emitter.fresh()
        emitter.line(f"float {name}[{rows * width}];")
        emitter.line(f"a->derived(a->scene, shading, {which}, {name});")
        vectors: list[Value] = [
            Many([Scalar(FLOAT, f"(pn_real){name}[{row * width + k}]") for k in range(width)])
            for row in range(rows)
        ]
        return vectors[0] if rows == 1 else Many(vectors)


RANDOM = object()


def random(emitter: Emitter) -> Scalar:
    """`self.shi.random()`."""
    if emitter.wide is not None:
        raise NotWideError("random()")
    code = "a->random(a->salt, a->scene, shading, c->draws++)"
    return emitter.kept(Scalar(FLOAT, code))


class Self:
    """The node object."""

    def __init__(
        self, node: Any, inputs: Sequence[Any], outputs: Sequence[Any], interface: Mapping[str, Any]
    ) -> None:
        self.node = node
        self.sides = {"input": Side("input", inputs), "output": Side("output", outputs)}
        self.shading = Shading(interface)

    def read(self, name: str, node: ast.AST, sources: Sources, where: FunctionType) -> Value:
        """An attribute. `where` reads it."""
        if name in _SIDES:
            return Fixed(self.sides[_SIDES[name]])
        if name in ("shi", "s"):
            return Fixed(self.shading)
        cls: Any = type(self.node)
        found = next((vars(each)[name] for each in cls.__mro__ if name in vars(each)), None)
        if hasattr(type(found), "__set__") and type(found).__name__ != "member_descriptor":
            raise refused(node, f"self.{name}, which is computed, is not compiled")
        if cls.__getattribute__ is not _PLAIN_LOOKUP or hasattr(cls, "__getattr__"):
            raise refused(node, "a class with __getattr__ is not compiled")
        own = getattr(self.node, "__dict__", {})
        if name in own:
            thing = own[name]
        elif found is None:
            raise BailsError
        elif type(found).__name__ == "function":
            return Fixed(Method(self, found))
        elif isinstance(found, staticmethod):
            thing = found.__func__
        else:
            thing = getattr(self.node, name)
        value = constant(thing)
        if type(thing) is list:
            sources.check_unchanged(where, name, getattr(node, "lineno", 0))
        return value


class Method:
    """A function of the node's class, bound to it."""

    def __init__(self, owner: Self, function: FunctionType) -> None:
        self.owner = owner
        self.function = function
