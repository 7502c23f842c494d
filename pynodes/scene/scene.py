"""A whole scene: what `build(params, frame)` returns."""

from __future__ import annotations

from pynodes.nodes._names import article
from pynodes.nodes._record import FrozenValue
from pynodes.nodes._value import is_iterable
from pynodes.scene._check import text
from pynodes.scene.camera import Camera
from pynodes.scene.light import PointLamp, Sky, SunLamp
from pynodes.scene.objects import Box, Mesh, Plane, Sphere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pynodes.scene.light import Lamp
    from pynodes.scene.objects import Shape

_SKY = Sky()


class Scene(FrozenValue):
    """Camera, objects, lamps and sky.

    Args:
        title: what the log calls the scene; the script's name when empty.
    """

    _fields = __slots__ = __match_args__ = ("camera", "objects", "lamps", "sky", "title")
    camera: Camera
    objects: Sequence[Shape]
    lamps: Sequence[Lamp]
    sky: Sky
    title: str

    def __init__(
        self,
        camera: Camera,
        objects: Sequence[Shape] = (),
        lamps: Sequence[Lamp] = (),
        sky: Sky = _SKY,
        title: str = "",
    ) -> None:
        if not isinstance(camera, Camera):
            raise TypeError(f"Scene: camera must be a Camera, got {article(camera)}")
        if not isinstance(sky, Sky):
            raise TypeError(f"Scene: sky must be a Sky, got {article(sky)}")
        objects = _all(objects, (Sphere, Plane, Box, Mesh), "Scene: objects")
        lamps = _all(lamps, (PointLamp, SunLamp), "Scene: lamps")
        self._fill(camera, objects, lamps, sky, text(title, "Scene: title"))


def _all(things: Any, kinds: tuple[type, ...], what: str) -> tuple[Any, ...]:
    """`things` as a tuple, each of one of the kinds."""
    names = ", ".join(kind.__name__ for kind in kinds)
    if isinstance(things, kinds):
        raise TypeError(f"{what} must be a list; write [{type(things).__name__}(...)]")
    if isinstance(things, str) or not is_iterable(things):
        raise TypeError(f"{what} must be a list of {names}, got {article(things)}")
    checked = tuple(things)
    for i, thing in enumerate(checked):
        if not isinstance(thing, kinds):
            raise TypeError(f"{what}[{i}] must be one of {names}, got {article(thing)}")
    return checked
