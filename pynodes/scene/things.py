"""The parts of a scene that scripts can look up and change, and where each stands in its calls.

A *thing* is an object, the camera, a lamp, a material, the world (the sky) or the scene itself. It
has a name and channels: numbers under a name, such as an object's `location` or a material's
`Rings.Scale`, which is an unlinked input of a node of its tree.
"""

from __future__ import annotations

from pynodes.nodes import native
from pynodes.nodes._record import FrozenValue
from pynodes.nodes._unique import UniqueNames
from pynodes.nodes._value import WIDTHS
from pynodes.scene.objects import material_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pynodes.scene.emit import Call, Emission
    from pynodes.scene.scene import Scene

    Numbers = tuple[float, ...]

_SHAPES = ("sphere", "plane", "box", "mesh")
_CAMERA = ("location", "look_at", "up", "fov", "width")
_SKY = ("zenith", "horizon", "ground")


class Channel(FrozenValue):
    """Numbers under a name: argument `at` of `call`.

    `index` is the call's place in the emission; -1 when no call sets the numbers yet.
    """

    _fields = __slots__ = __match_args__ = ("name", "numbers", "index", "at", "call")
    name: str
    numbers: Numbers
    index: int
    at: int
    call: Call


class Thing(FrozenValue):
    """One thing of a scene. `index` is the call that makes it, -1 when that is more than one."""

    _fields = __slots__ = __match_args__ = ("kind", "name", "form", "channels", "index")
    kind: str
    name: str
    form: str
    channels: tuple[Channel, ...]
    index: int

    def __init__(
        self, kind: str, name: str, form: str, channels: Iterable[Channel], index: int = -1
    ) -> None:
        self._fill(kind, name, form, tuple(channels), index)

    def listed(self) -> tuple[str, str, str, tuple[tuple[str, Numbers], ...]]:
        """As the host takes it."""
        channels = tuple((each.name, each.numbers) for each in self.channels)
        return (self.kind, self.name, self.form, channels)


def things(scene: Scene, emission: Emission) -> list[Thing]:
    """All things of a scene; no two of a kind have the same name."""
    found = [Thing("scene", "Scene", "scene", ())]
    objects, lamp_names, materials = UniqueNames(), UniqueNames(), UniqueNames()
    shapes, lamps = iter(scene.objects), iter(scene.lamps)
    material_names = _material_names(scene)
    n_lamps = n_trees = 0
    for index, call in enumerate(emission.calls):
        kind = call[0]
        if kind == "camera":
            found.append(Thing("camera", "Camera", call[1], _channels(_CAMERA, index, call, 2)))
        elif kind == "sky":
            found.append(Thing("world", "World", "sky", _channels(_SKY, index, call, 1)))
        elif kind == "tree":
            name = materials.take(material_names.get(n_trees) or call[1])
            inputs = _inputs(emission.calls, index, n_trees)
            found.append(Thing("material", name, "tree", inputs))
            n_trees += 1
        elif kind == "lamp":
            n_lamps += 1
            lamp = next(lamps)
            name = lamp_names.take(lamp.name or f"{type(lamp).__name__} {n_lamps}")
            found.append(Thing("lamp", name, call[1], _lamp_channels(index, call), index))
        elif kind in _SHAPES:
            shape = next(shapes)
            at = 4 if kind == "mesh" else 2
            placed = [
                Channel(name, _numbers(getattr(shape, name)), index, at, call)
                for name in ("location", "rotation", "scale", "matrix")
            ]
            found.append(Thing("object", objects.take(call[1]), kind, placed, index))
    return found


def patched(
    calls: tuple[Call, ...], found: list[Thing], changes: dict[tuple[str, str], Any]
) -> tuple[Call, ...]:
    """The calls with other numbers.

    Args:
        changes: by (kind, name): {channel: numbers}, or None for a thing that is to be left out.
    Raises:
        ValueError: light that is negative; the rest is up to the host.
    """
    _check(changes)
    new = list(calls)
    gone: set[int] = set()
    for thing in found:
        if (thing.kind, thing.name) not in changes:
            continue
        change = changes[thing.kind, thing.name]
        if change is None:
            gone.add(thing.index)
            continue
        for channel in thing.channels:
            if channel.name not in change:
                continue
            numbers = change[channel.name]
            call = list(channel.call if channel.index < 0 else new[channel.index])
            plain = isinstance(call[channel.at], float | bool)
            call[channel.at] = numbers[0] if plain else numbers
            if channel.index < 0:
                new.append(tuple(call))
            else:
                new[channel.index] = tuple(call)
    return tuple(call for index, call in enumerate(new) if index not in gone)


NOT_NEGATIVE = ("color", "energy", "zenith", "horizon", "ground")


def _check(changes: dict[tuple[str, str], Any]) -> None:
    for (kind, name), change in changes.items():
        for channel, numbers in (change or {}).items():
            if channel in NOT_NEGATIVE and min(numbers) < 0:
                shown = numbers[0] if len(numbers) == 1 else numbers
                raise ValueError(f"{kind} {name!r}: {channel} must not be negative, got {shown}")


def _numbers(value: Any) -> Numbers:
    return (float(value),) if isinstance(value, int | float) else tuple(value)


def _channels(names: tuple[str, ...], index: int, call: Call, first: int) -> list[Channel]:
    """One channel for each of the arguments from `first` on."""
    return [
        Channel(name, _numbers(call[at]), index, at, call) for at, name in enumerate(names, first)
    ]


def _lamp_channels(index: int, call: Call) -> list[Channel]:
    place = ("location", 2) if call[1] == "point" else ("direction", 3)
    return [
        Channel(name, _numbers(call[at]), index, at, call)
        for name, at in (place, ("color", 4), ("energy", 5), ("shadow", 6))
    ]


def _material_names(scene: Scene) -> dict[int, str]:
    """Names that materials were given, by the number of their tree in the emission."""
    names: dict[int, str] = {}
    seen: dict[int, int] = {}
    for shape in scene.objects:
        material = material_of(shape)
        key = material.tree if material.tree is not None else material
        number = seen.setdefault(id(key), len(seen))
        if material.name:
            names.setdefault(number, material.name)
    return names


def _inputs(calls: tuple[Call, ...], begin: int, number: int) -> list[Channel]:
    """A channel for each input of a tree that nothing is linked to. `begin`: the tree's call."""
    nodes: list[tuple[str, Any]] = []
    given: dict[tuple[int, int], int] = {}
    linked: set[tuple[int, int]] = set()
    for index in range(begin + 1, len(calls)):
        call = calls[index]
        if call[0] == "native_node":
            nodes.append((call[2], native.TABLE.get(call[3], {}).get("inputs", ())))
        elif call[0] == "python_node":
            nodes.append((call[2], call[4]))
        elif call[0] == "set_input":
            given[call[2], call[3]] = index
        elif call[0] == "link":
            linked.add((call[4], call[5]))
        else:  # ("surface", ...) ends a tree
            break
    channels = []
    for node, (name, inputs) in enumerate(nodes):
        for socket, declared in enumerate(inputs):
            if (node, socket) in linked:
                continue
            at = given.get((node, socket), -1)
            value = calls[at][4] if at >= 0 else tuple(declared[2][: WIDTHS[declared[1]]])
            call = calls[at] if at >= 0 else ("set_input", number, node, socket, value)
            channels.append(Channel(f"{name}.{declared[0]}", value, at, 4, call))
    return channels
