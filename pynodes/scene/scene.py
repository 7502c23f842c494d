"""A whole scene: what `build(params, frame)` returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from pynodes.nodes._names import article
from pynodes.scene._check import text
from pynodes.scene.camera import Camera
from pynodes.scene.light import Lamp, PointLamp, Sky, SunLamp
from pynodes.scene.objects import Box, Mesh, Plane, Shape, Sphere


@dataclass(frozen=True, slots=True)
class Scene:
    """Camera, objects, lamps and sky.

    Args:
        title: what the log calls the scene; the script's name when empty.
    """

    camera: Camera
    objects: Sequence[Shape] = ()
    lamps: Sequence[Lamp] = ()
    sky: Sky = field(default_factory=Sky)
    title: str = ""

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        if not isinstance(self.camera, Camera):
            raise TypeError(f"Scene: camera must be a Camera, got {article(self.camera)}")
        if not isinstance(self.sky, Sky):
            raise TypeError(f"Scene: sky must be a Sky, got {article(self.sky)}")
        set_(self, "objects", _all(self.objects, (Sphere, Plane, Box, Mesh), "Scene: objects"))
        set_(self, "lamps", _all(self.lamps, (PointLamp, SunLamp), "Scene: lamps"))
        set_(self, "title", text(self.title, "Scene: title"))


def _all(things: Any, kinds: tuple[type, ...], what: str) -> tuple[Any, ...]:
    """`things` as a tuple, each of one of the kinds."""
    names = ", ".join(kind.__name__ for kind in kinds)
    if isinstance(things, kinds):
        raise TypeError(f"{what} must be a list; write [{type(things).__name__}(...)]")
    if isinstance(things, str) or not isinstance(things, Iterable):
        raise TypeError(f"{what} must be a list of {names}, got {article(things)}")
    checked = tuple(things)
    for i, thing in enumerate(checked):
        if not isinstance(thing, kinds):
            raise TypeError(f"{what}[{i}] must be one of {names}, got {article(thing)}")
    return checked
