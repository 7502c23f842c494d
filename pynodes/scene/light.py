"""What lights a scene: lamps, and the sky behind it."""

from __future__ import annotations

from dataclasses import dataclass

from pynodes.scene._check import Vector, color, direction, flag, number, vector


@dataclass(frozen=True, slots=True)
class PointLamp:
    """A lamp that shines from one point in all directions.

    Args:
        location: where it is, world space.
        color: linear rgb.
        energy: light on a facing surface at distance d is color * energy / d**2.
        shadow: does it cast (hard) shadows?
    """

    location: Vector
    color: Vector = (1.0, 1.0, 1.0)
    energy: float = 20.0
    shadow: bool = True

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "location", vector(self.location, "PointLamp: location"))
        set_(self, "color", color(self.color, "PointLamp: color"))
        set_(self, "energy", number(self.energy, "PointLamp: energy", least=0.0))
        set_(self, "shadow", flag(self.shadow, "PointLamp: shadow"))


@dataclass(frozen=True, slots=True)
class SunLamp:
    """Light from very far away, the same everywhere.

    Args:
        direction: the way the light travels, so (0, 0, -1) comes from straight above.
        color: linear rgb.
        energy: light on a facing surface is color * energy.
        shadow: does it cast (hard) shadows?
    """

    direction: Vector = (-0.4, 0.5, -0.8)
    color: Vector = (1.0, 1.0, 1.0)
    energy: float = 1.0
    shadow: bool = True

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "direction", direction(self.direction, "SunLamp: direction"))
        set_(self, "color", color(self.color, "SunLamp: color"))
        set_(self, "energy", number(self.energy, "SunLamp: energy", least=0.0))
        set_(self, "shadow", flag(self.shadow, "SunLamp: shadow"))


Lamp = PointLamp | SunLamp


@dataclass(frozen=True, slots=True)
class Sky:
    """What is seen where no object is: linear rgb by height.

    Args:
        zenith: straight above.
        horizon: at eye level.
        ground: straight below.
    """

    zenith: Vector = (0.18, 0.32, 0.62)
    horizon: Vector = (0.72, 0.80, 0.88)
    ground: Vector = (0.22, 0.21, 0.20)

    def __post_init__(self) -> None:
        for name in ("zenith", "horizon", "ground"):
            object.__setattr__(self, name, color(getattr(self, name), f"Sky: {name}"))
