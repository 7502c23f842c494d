"""What lights a scene: lamps, and the sky behind it."""

from __future__ import annotations

from pynodes.nodes._record import FrozenValue
from pynodes.scene._check import amount, color, direction, flag, text, vector

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pynodes.scene._check import Vector


class PointLamp(FrozenValue):
    """A lamp that shines from one point in all directions.

    Args:
        location: where it is, world space.
        color: linear rgb.
        energy: light on a facing surface at distance d is color * energy / d**2.
        shadow: does it cast (hard) shadows?
        name: for scripts that look it up.
    """

    _fields = __slots__ = __match_args__ = ("location", "color", "energy", "shadow", "name")
    _checks = (vector, color, amount, flag, text)
    location: Vector
    color: Vector
    energy: float
    shadow: bool
    name: str

    def __init__(
        self,
        location: Vector,
        color: Vector = (1.0, 1.0, 1.0),
        energy: float = 20.0,
        shadow: bool = True,
        name: str = "",
    ) -> None:
        self._take(location, color, energy, shadow, name)


class SunLamp(FrozenValue):
    """Light from very far away, the same everywhere.

    Args:
        direction: the way the light travels, so (0, 0, -1) comes from straight above.
        color: linear rgb.
        energy: light on a facing surface is color * energy.
        shadow: does it cast (hard) shadows?
        name: for scripts that look it up.
    """

    _fields = __slots__ = __match_args__ = ("direction", "color", "energy", "shadow", "name")
    _checks = (direction, color, amount, flag, text)
    direction: Vector
    color: Vector
    energy: float
    shadow: bool
    name: str

    def __init__(
        self,
        direction: Vector = (-0.4, 0.5, -0.8),
        color: Vector = (1.0, 1.0, 1.0),
        energy: float = 1.0,
        shadow: bool = True,
        name: str = "",
    ) -> None:
        self._take(direction, color, energy, shadow, name)


Lamp = PointLamp | SunLamp


class Sky(FrozenValue):
    """What is seen where no object is: linear rgb by height.

    Args:
        zenith: straight above.
        horizon: at eye level.
        ground: straight below.
    """

    _fields = __slots__ = __match_args__ = ("zenith", "horizon", "ground")
    _checks = (color, color, color)
    zenith: Vector
    horizon: Vector
    ground: Vector

    def __init__(
        self,
        zenith: Vector = (0.18, 0.32, 0.62),
        horizon: Vector = (0.72, 0.80, 0.88),
        ground: Vector = (0.22, 0.21, 0.20),
    ) -> None:
        self._take(zenith, horizon, ground)
