"""The live scene: look things up by name, read them, and (on the main thread) change them.

    from pynodes import app

    ball = app.object("Ball")
    ball.location = (0, 0, 2)         # stays over all frames, until ball.reset()
    ball.drivers["location.z"] = "2 + sin(frame / 5)"
    app.lamp("Key").energy = 30

Inside a node (on a render thread) the same look-ups give what holds in the frame that is rendered,
with drivers and constraints evaluated on that thread; nothing can be changed there.
"""

from __future__ import annotations

from _collections_abc import MutableMapping

from pynodes.app._bridge import host
from pynodes.nodes._names import article, unknown
from pynodes.nodes._record import FrozenValue
from pynodes.scene.things import NOT_NEGATIVE
from pynodes.scene.transform import matrix_of, scale_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    Vec3 = tuple[float, float, float]
    Matrix = tuple[tuple[float, float, float, float], ...]
    Value = float | tuple[float, ...]


_set = object.__setattr__

EVENTS = {
    "delete": (("what", ("node", "text", "object")), ("name", "text")),
    "edit": (("text", "text"), ("source", "file")),
    "frame": (("number", "int"),),
    "load": (("path", "path"),),
    "options": (("object", "text"),),
    "refresh": (("object", "text"),),
    "save": (("path", "path"),),
    "undo": (),
    "update": (("object", "text"),),
}
"""Events of replays, with their keys as rows of `pynodes.replay.kinds.Key`."""


class Thing:
    """A named part of the scene. It holds no data: each access asks the host."""

    __slots__ = ("kind", "name")
    kind: str
    """ "object", "camera", "lamp", "material", "world" or "scene"."""
    name: str

    def __init__(self, kind: str, name: str) -> None:
        _set(self, "kind", kind)
        _set(self, "name", name)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name!r}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Thing):
            return NotImplemented
        return (self.kind, self.name) == (other.kind, other.name)

    def __hash__(self) -> int:
        return hash((self.kind, self.name))

    # --- channels ---

    @property
    def type(self) -> str:
        """What it is: "sphere", "mesh", "point", "sun", "perspective", ..."""
        return host.thing_get(self.kind, self.name, "type")

    @property
    def channels(self) -> list[str]:
        """Names of what can be read and set."""
        return host.thing_get(self.kind, self.name, "channels")

    def __getitem__(self, channel: str) -> Value:
        numbers: tuple[float, ...] = host.thing_value(self.kind, self.name, channel)
        return numbers[0] if len(numbers) == 1 else numbers

    def __setitem__(self, channel: str, value: Any) -> None:
        host.thing_assign(self.kind, self.name, channel, _checked(channel, value))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            value = self[name]
        except KeyError:
            raise AttributeError(self._unknown(name)) from None
        return bool(value) if name == "shadow" else value

    def __setattr__(self, name: str, value: Any) -> None:
        known = getattr(type(self), name, None)
        if isinstance(known, property) and known.fset is not None:
            _set(self, name, value)
        elif known is not None:
            raise AttributeError(f"{name} of {self.kind} {self.name!r} can only be read")
        elif name not in self.channels:
            raise AttributeError(self._unknown(name))
        else:
            self[name] = value

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.channels]

    def _unknown(self, name: str) -> str:
        return unknown(f"{self.kind} {self.name!r}", "channel", name, self.channels)

    def reset(self, channel: str | None = None) -> None:
        """Forget what was assigned to a channel, or to all: what build() gave holds again."""
        host.thing_reset(self.kind, self.name, channel)

    @property
    def matrix(self) -> Matrix:
        """From its own space to the world's, four rows; drivers and constraints applied."""
        return _four(host.thing_get(self.kind, self.name, "matrix"))

    @property
    def world_location(self) -> Vec3:
        """The last column of `matrix`."""
        m = host.thing_get(self.kind, self.name, "matrix")
        return (m[3], m[7], m[11])

    # --- what hangs on it ---

    @property
    def props(self) -> Properties:
        """Properties of your own: numbers and texts by name."""
        return Properties(self)

    @property
    def drivers(self) -> Drivers:
        """Expressions that give numbers of channels, by `channel.x`."""
        return Drivers(self)

    @property
    def links(self) -> list[tuple[str, str]]:
        """(event, name of the text) of each script link."""
        return host.link_list(self.kind, self.name)

    def add_link(self, text: str, event: str) -> None:
        """Run a text at each event: FrameChanged, Redraw, OnLoad, OnSave, Render, PostRender or
        ObjectUpdate. It can be given twice; the texts run in the order they were added."""
        host.link_add(self.kind, self.name, text, event)

    def clear_links(self, event: str | None = None) -> None:
        """Remove the links of an event, or all."""
        host.link_clear(self.kind, self.name, event)


class Object(Thing):
    """An object of the scene. Its `matrix` can be set, in place of location and so on."""

    __slots__ = ()

    @property
    def matrix(self) -> Matrix:
        """Object space to world, four rows; drivers and constraints applied."""
        return _four(host.thing_get(self.kind, self.name, "matrix"))

    @matrix.setter
    def matrix(self, rows: Any) -> None:
        self["matrix"] = rows

    @property
    def constraints(self) -> list[Constraint]:
        """The stack of constraints, in the order they are applied."""
        listed = host.thing_get(self.kind, self.name, "constraints")
        return [Constraint(self, at, *each) for at, each in enumerate(listed)]

    def add_constraint(
        self, text: str, targets: Sequence[Object | str] = (), **props: float | str
    ) -> None:
        """Put a constraint on the stack: a text whose first line is `# CONSTRAINT`."""
        from pynodes.app import _constraints

        names = [each.name if isinstance(each, Thing) else each for each in targets]
        path, source = source_of(text)
        if not source.partition("\n")[0].lstrip().startswith("# CONSTRAINT"):
            raise ValueError(f"{text} is no constraint: its first line must be # CONSTRAINT")
        wanted = _constraints.count_targets(path, source)
        if len(names) != wanted:
            raise ValueError(f"{text} takes {wanted} targets (NUM_TARGETS), got {len(names)}")
        for name in names:
            object_(name)
        checked = _constraints.checked(props)
        host.constraint_add(self.kind, self.name, text, path, source, names, checked)

    def clear_constraints(self) -> None:
        """Take all constraints off."""
        host.constraint_clear(self.kind, self.name)

    def delete(self) -> None:
        """Take the object out of the scene."""
        host.thing_delete(self.kind, self.name)


class Constraint(FrozenValue):
    """One constraint of an object's stack, as it was when it was asked for."""

    _fields = __slots__ = __match_args__ = ("owner", "place", "text", "targets", "props", "broken")
    owner: Object
    place: int
    text: str
    targets: tuple[str, ...]
    props: dict[str, float | str]
    broken: bool

    def __repr__(self) -> str:
        return f"<constraint {self.text!r} of {self.owner.name!r}>"


class Drivers(MutableMapping[str, str]):
    """The drivers of a thing: `thing.drivers["location.z"] = "sin(frame)"`, `del`, `in`, `for`."""

    __slots__ = ("_thing",)

    def __init__(self, thing: Thing) -> None:
        self._thing = thing

    def _listed(self) -> dict[str, tuple[str, bool]]:
        listed = host.thing_get(self._thing.kind, self._thing.name, "drivers")
        return {path: (text, invalid) for path, text, invalid in listed}

    def __getitem__(self, path: str) -> str:
        return self._listed()[path][0]

    def __setitem__(self, path: str, expression: str) -> None:
        if not isinstance(expression, str) or not expression.strip():
            raise TypeError(f"a driver is an expression, as text; got {article(expression)}")
        host.driver_set(self._thing.kind, self._thing.name, path, expression)

    def __delitem__(self, path: str) -> None:
        host.driver_set(self._thing.kind, self._thing.name, path, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed())

    def __len__(self) -> int:
        return len(self._listed())

    def invalid(self, path: str) -> bool:
        """Did it fail? Then the channel keeps the value it has without the driver, until the
        expression is set again, or refreshed."""
        return self._listed()[path][1]


class Properties(MutableMapping[str, float | str]):
    """Properties of a thing, like a dict of numbers and texts."""

    __slots__ = ("_thing",)

    def __init__(self, thing: Thing) -> None:
        self._thing = thing

    def _listed(self) -> dict[str, float | str]:
        return host.thing_get(self._thing.kind, self._thing.name, "properties")

    def __getitem__(self, name: str) -> float | str:
        return self._listed()[name]

    def __setitem__(self, name: str, value: float | str) -> None:
        from pynodes.app._constraints import checked

        (value,) = checked({name: value}).values()
        host.thing_set_property(self._thing.kind, self._thing.name, name, value)

    def __delitem__(self, name: str) -> None:
        self[name]
        host.thing_set_property(self._thing.kind, self._thing.name, name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed())

    def __len__(self) -> int:
        return len(self._listed())


class SceneThing(Thing):
    """The scene itself: `app.scene`."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__("scene", "Scene")

    @property
    def frame(self) -> int:
        """The frame that things are looked up in."""
        return host.scene_frame()

    @property
    def objects(self) -> list[Object]:
        """All objects."""
        return [Object("object", name) for name in host.thing_names("object")]

    @property
    def lamps(self) -> list[Thing]:
        """All lamps."""
        return [Thing("lamp", name) for name in host.thing_names("lamp")]

    @property
    def materials(self) -> list[Thing]:
        """All materials."""
        return [Thing("material", name) for name in host.thing_names("material")]

    def reset_all(self) -> None:
        """Forget all that scripts assigned."""
        for kind in ("object", "camera", "lamp", "material", "world"):
            for name in host.thing_names(kind):
                host.thing_reset(kind, name, None)


scene = SceneThing()


def of(kind: str, name: str) -> Thing:
    """The thing of a kind and name.

    Raises:
        KeyError: no such thing; the message lists what there is.
    """
    host.thing_get(kind, name, "type")  # raises
    if kind == "scene":
        return scene
    return Object(kind, name) if kind == "object" else Thing(kind, name)


def object_(name: str) -> Object:
    """The object of that name. Raises KeyError."""
    host.thing_get("object", name, "type")  # raises
    return Object("object", name)


def lamp(name: str) -> Thing:
    """The lamp of that name. Raises KeyError."""
    return of("lamp", name)


def material(name: str) -> Thing:
    """The material of that name. Raises KeyError."""
    return of("material", name)


def camera() -> Thing:
    """The camera."""
    return of("camera", "Camera")


def world() -> Thing:
    """The sky: `zenith`, `horizon`, `ground`."""
    return of("world", "World")


def source_of(text: str) -> tuple[str, str]:
    """Path and source of the text of that name. Raises KeyError."""
    found = host.text_source(text)
    if found is None:
        raise KeyError(f"no text {text!r}; open it first: app.open_text(PATH)")
    path, source = found
    return path, source.decode()


def open_text(path: str) -> str:
    """Read a file as a text, and return its name, to be used for links and constraints.

    A text that has that name already stays as it is.
    """
    return host.text_open(path)


def set_frame(frame: int) -> None:
    """Make it the current frame: build() is run for it, then the FrameChanged links."""
    host.set_frame(frame)


def update(thing: Object | str) -> None:
    """Run the ObjectUpdate links of an object."""
    host.update_object(thing.name if isinstance(thing, Thing) else thing)


def refresh(thing: Object | str | None = None) -> None:
    """Read the constraint scripts of an object (or of all) again; what failed is tried again."""
    host.refresh(thing.name if isinstance(thing, Thing) else thing)


def undo() -> bool:
    """Take back what the last script or event did to the scene. Every script ends. False: there is
    nothing to undo."""
    return host.undo()


def load(path: str) -> None:
    """Leave this scene and open another: a scene script, or a file that save() wrote.

    Every script ends, also the one that calls this when it is over.
    """
    host.document_load(path)


def save(path: str) -> None:
    """Run the OnSave links, then write what scripts did to the scene to a file."""
    host.document_save(path)


def _four(m: tuple[float, ...]) -> Matrix:
    return ((*m[0:4],), (*m[4:8],), (*m[8:12],), (*m[12:16],))  # type: ignore[return-value]


def _checked(channel: str, value: Any) -> Any:
    """Refuse what is known to be wrong where it is assigned, not when a frame is built of it."""
    if channel == "matrix":
        return matrix_of(value, "matrix")
    if channel == "scale":
        return scale_of(value, "scale")
    if channel in NOT_NEGATIVE:
        numbers = value if isinstance(value, tuple | list) else (value,)
        if any(isinstance(each, int | float) and each < 0 for each in numbers):
            raise ValueError(f"{channel} must not be negative, got {value!r}")
    return value
