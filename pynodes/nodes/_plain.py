"""Stand-ins for the host's C types, so that a node runs outside the host: in a test, in a shell.

`NodeBase` takes the place of `_pynodes.NodeBase`. `self.input`, `self.output` and `self.shi` are
ordinary attributes here; `pynodes.nodes.testing` fills them with the containers below, which
complain as the host does. One difference: floats keep their 64 bits.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from operator import attrgetter, index
from typing import Any, NoReturn

from pynodes.nodes._names import article, unknown
from pynodes.nodes._value import VALUE, WIDTHS, Value, is_number, number


class Uncalled:
    """What `self.input`, `self.output` and `self.shi` are while the node is not being called."""

    __slots__ = ("_side",)
    _side: str

    def __init__(self, side: str) -> None:
        object.__setattr__(self, "_side", side)

    def _refuse(self, *_: object) -> NoReturn:
        raise RuntimeError(
            f"self.{self._side} has values only while the host (or call_node) calls the node;"
            " copy what is needed later"
        )

    __setattr__ = __getitem__ = __setitem__ = _refuse

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()

    def __len__(self) -> int:
        return 0


_UNCALLED = (Uncalled("input"), Uncalled("output"), Uncalled("shi"))


class NodeBase:
    """Base of nodes outside the host."""

    __slots__ = ("input", "output", "shi")
    input: Any
    output: Any
    shi: Any

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        node = object.__new__(cls)
        node.input, node.output, node.shi = _UNCALLED
        return node

    i = property(attrgetter("input"), doc="Short for `input`.")
    o = property(attrgetter("output"), doc="Short for `output`.")
    s = property(attrgetter("shi"), doc="Short for `shi`.")


class Sockets:
    """Values of one side of a node, which can only be read: by attribute, name or number.

    The values are in the instance's `__dict__`: reading one is an ordinary attribute access.
    """

    __slots__ = ("__dict__", "_names", "_side")
    _side: str
    _names: tuple[str, ...]
    __iter__ = None  # as in the host

    def __init__(self, side: str, values: Mapping[str, Value]) -> None:
        object.__setattr__(self, "_side", side)
        object.__setattr__(self, "_names", tuple(values))
        self.__dict__.update(values)

    def _unknown(self, key: object) -> str:
        there = f"there are: {', '.join(self._names)}" if self._names else "the node has none"
        return f"no {self._side} socket {key!r}; {there}"

    def _name(self, key: Any) -> str:
        """The name that a subscript means."""
        if isinstance(key, str):
            if key not in self._names:
                raise KeyError(self._unknown(key))
            return key
        try:
            number = index(key)
        except TypeError:
            kind = type(key).__name__
            raise TypeError(
                f"{self._side} sockets are found by name or number, not by {kind}"
            ) from None
        if not 0 <= number < len(self._names):
            raise IndexError(self._unknown(number))
        return self._names[number]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(self._unknown(name))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self._side} socket {name!r} is read-only")

    def __getitem__(self, key: str | int) -> Any:
        return self.__dict__[self._name(key)]

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self._names)
        return f"<{self._side} sockets: {inside}>"


class Outputs(Sockets):
    """`self.output`: zero until written; what is written must have the socket's shape."""

    __slots__ = ("_types",)
    _types: Mapping[str, int]

    def __init__(self, types: Mapping[str, int]) -> None:
        super().__init__("output", {name: _ZEROS[kind] for name, kind in types.items()})
        object.__setattr__(self, "_types", dict(types))

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._types:
            raise AttributeError(self._unknown(name))
        self.__dict__[name] = assigned(value, self._types[name], name)

    def __setitem__(self, key: str | int, value: Any) -> None:
        setattr(self, self._name(key), value)


class Values(Sockets):
    """What call_node() returns: outputs that can be read, also in a row."""

    __slots__ = ()

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter([self.__dict__[name] for name in self._names])


_ZEROS: tuple[Value, ...] = (0.0, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0))
_SHAPES = ("1 number", "3 numbers (x, y, z)", "4 numbers (r, g, b, alpha)")


def assigned(value: Any, kind: int, name: str) -> Value:
    """What a node wrote to an output, or the host's complaint. NaN and infinity pass."""
    what = f"output socket {name!r} takes {_SHAPES[kind]}, got"
    if kind == VALUE:
        if isinstance(value, str | bytes) or not is_number(value):
            raise TypeError(f"{what} {type(value).__name__}")
        return float(value)
    try:
        items = tuple(value)
    except TypeError:
        raise TypeError(f"{what} {type(value).__name__}") from None
    if len(items) != WIDTHS[kind]:
        raise ValueError(f"{what} {len(items)}")
    for item in items:
        if not is_number(item):
            raise TypeError(f"{what} {type(item).__name__} inside")
    return tuple(float(item) for item in items)


_ZERO = (0.0, 0.0, 0.0)
_ZERO_D = (_ZERO, _ZERO)

# What `self.shi` shows when a test says nothing: a floor seen from straight above.
_SHADING: dict[str, Any] = {
    "point": _ZERO,
    "normal": (0.0, 0.0, 1.0),
    "face_normal": (0.0, 0.0, 1.0),
    "view": (0.0, 0.0, -1.0),
    "generated": _ZERO,
    "uv": (0.0, 0.0),
    "pixel": (0, 0),
    "depth": 1.0,
    "frame": 1,
    "sample": 0,
    "point_d": _ZERO_D,
    "normal_d": _ZERO_D,
    "view_d": _ZERO_D,
    "generated_d": _ZERO_D,
    "uv_d": ((0.0, 0.0), (0.0, 0.0)),
    "color": (0.8, 0.8, 0.8),
    "specularColor": (1.0, 1.0, 1.0),
    "mirrorColor": (1.0, 1.0, 1.0),
    "ambientColor": _ZERO,
    "ambient": 0.5,
    "emit": 0.0,
    "displace": _ZERO,
    "strand": 0.0,
    "stress": 0.0,
    "tangent": (1.0, 0.0, 0.0),
    "reflectionD": _ZERO_D,
    "stickyD": _ZERO_D,
    "refractD": _ZERO_D,
    "strandD": (0.0, 0.0),
}

# Second names, from the API of 2008: these follow the first ones unless given themselves.
_SECOND_NAMES: dict[str, str] = {
    "texture": "generated",
    "textureGlobal": "point",
    "surfaceNormal": "face_normal",
    "viewNormal": "normal",
    "surfaceViewVector": "view",
    "surfaceD": "point_d",
    "textureD": "generated_d",
    "textureGlobalD": "point_d",
    "normalD": "normal_d",
}


class ShadingInput:
    """`self.shi` outside the host: made from a dict, the rest is a floor seen from above."""

    __slots__ = ("__dict__", "_random")
    _random: random.Random

    def __init__(self, given: Mapping[str, Any] | None = None, seed: int = 0) -> None:
        given = dict(given or {})
        fields = dict(_SHADING)
        for name, value in given.items():
            if name not in _SHADING and name not in _SECOND_NAMES:
                raise ValueError(unknown("shi", "field", name, [*_SHADING, *_SECOND_NAMES]))
            fields[name] = _field(name, value)
        if "normal" in given and "face_normal" not in given:
            fields["face_normal"] = fields["normal"]
        for second, first in _SECOND_NAMES.items():
            fields.setdefault(second, fields[first])
        self.__dict__.update(fields)
        object.__setattr__(self, "_random", random.Random(seed))

    def random(self) -> float:
        """The next number in [0, 1); the same ones in each call of a test with the same seed."""
        return self._random.random()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(unknown("shi", "field", name, [*_SHADING, *_SECOND_NAMES, "random"]))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"shi can only be read, so {name!r} cannot be set")


def shading_model(name: str) -> Any:
    """What a field looks like; None of one that does not exist."""
    return _SHADING.get(_SECOND_NAMES.get(name, name))


def _field(name: str, value: Any) -> Any:
    """A field's value in the shape the host gives it."""
    model = shading_model(name)
    what = f"shi[{name!r}]"
    if isinstance(model, int):
        return int(value)
    if isinstance(model, float):
        return number(value, what)
    if not isinstance(value, tuple | list) or len(value) != len(model):
        raise ValueError(f"{what} must be like {model!r}, got {article(value)}")
    if isinstance(model[0], tuple):
        return tuple(tuple(number(v, what) for v in row) for row in value)
    if name == "pixel":
        return tuple(int(v) for v in value)
    return tuple(number(v, what) for v in value)
