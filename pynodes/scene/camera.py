"""The camera of a scene."""

from __future__ import annotations

from pynodes.nodes._names import article
from pynodes.nodes._record import FrozenValue
from pynodes.scene._check import direction, number, vector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pynodes.scene._check import Vector

PERSPECTIVE = "perspective"
ORTHOGRAPHIC = "orthographic"
KINDS = (PERSPECTIVE, ORTHOGRAPHIC)


class Camera(FrozenValue):
    """Where the picture is taken from. World space, right-handed, z up.

    Args:
        location: where the camera is.
        look_at: the point in the middle of the picture.
        up: what is up in the picture; not along the view.
        fov: perspective: angle of view across the picture's width, degrees.
        width: orthographic: world units across the picture's width.
        kind: "perspective" or "orthographic".
    """

    _fields = __slots__ = __match_args__ = ("location", "look_at", "up", "fov", "width", "kind")
    location: Vector
    look_at: Vector
    up: Vector
    fov: float
    width: float
    kind: str

    def __init__(
        self,
        location: Vector = (0.0, -6.0, 3.0),
        look_at: Vector = (0.0, 0.0, 0.0),
        up: Vector = (0.0, 0.0, 1.0),
        fov: float = 40.0,
        width: float = 4.0,
        kind: str = PERSPECTIVE,
    ) -> None:
        eye = vector(location, "Camera: location")
        aim = vector(look_at, "Camera: look_at")
        up = direction(up, "Camera: up")
        if kind not in KINDS:
            raise ValueError(f"Camera: kind must be {' or '.join(KINDS)}, got {article(kind)}")
        dx, dy, dz = (a - e for a, e in zip(aim, eye, strict=True))
        if dx == dy == dz == 0.0:
            raise ValueError(f"Camera: look_at must differ from location, both are {eye}")
        ux, uy, uz = up
        side = (dy * uz - dz * uy, dz * ux - dx * uz, dx * uy - dy * ux)
        if max(map(abs, side)) < 1e-6 * max(map(abs, (dx, dy, dz))) * max(map(abs, up)):
            raise ValueError(f"Camera: up {up} is along the view; give another `up`")
        angle = number(fov, "Camera: fov", above=0.0, below=180.0)
        self._fill(eye, aim, up, angle, number(width, "Camera: width", above=0.0), kind)

    @classmethod
    def perspective(
        cls,
        location: Vector,
        look_at: Vector = (0.0, 0.0, 0.0),
        up: Vector = (0.0, 0.0, 1.0),
        fov: float = 40.0,
    ) -> Camera:
        """A camera that sees near things larger."""
        return cls(location, look_at, up, fov=fov)

    @classmethod
    def orthographic(
        cls,
        location: Vector,
        look_at: Vector = (0.0, 0.0, 0.0),
        up: Vector = (0.0, 0.0, 1.0),
        width: float = 4.0,
    ) -> Camera:
        """A camera that sees all things at one scale."""
        return cls(location, look_at, up, width=width, kind=ORTHOGRAPHIC)
