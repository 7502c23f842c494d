"""What expressions of drivers and number fields can use, as `drivers` or `p`."""

from math import cos, radians, sin


def turn(frame: float, frames: int = 24) -> tuple[float, float]:
    """A point that goes round once in so many frames."""
    angle = radians(360 * frame / frames)
    return (cos(angle), sin(angle))
