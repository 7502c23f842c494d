"""Where an object stands: a 4x4 matrix from location, rotation and scale."""

from __future__ import annotations

from math import cos, radians, sin

from pynodes.nodes._names import article
from pynodes.nodes._value import finite, floats, is_iterable, is_number
from pynodes.scene._check import Vec3, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

Matrix = tuple[float, ...]
"""16 numbers by rows; column vectors, so the translation is in the last column."""


def scale_of(value: Any, what: str) -> Vec3:
    """A number for all axes, or one for each; none may be zero."""
    if is_number(value):
        each = number(value, what)
        scale = (each, each, each)
    else:
        x, y, z = floats(value, 3, what)
        scale = (x, y, z)
        finite(scale, what)
    if 0.0 in scale:
        raise ValueError(f"{what} must not be 0, got {article(value)}")
    return scale


def compose(location: Vec3, rotation: Vec3, scale: Vec3) -> Matrix:
    """Scale, then rotate about x, y and z in this order (degrees, right-handed), then move."""
    (ax, ay, az) = (radians(angle) for angle in rotation)
    cx, sx, cy, sy, cz, sz = cos(ax), sin(ax), cos(ay), sin(ay), cos(az), sin(az)
    rows = (
        (cy * cz, sx * sy * cz - cx * sz, cx * sy * cz + sx * sz),
        (cy * sz, sx * sy * sz + cx * cz, cx * sy * sz - sx * cz),
        (-sy, sx * cy, cx * cy),
    )
    matrix: list[float] = []
    for row, shift in zip(rows, location, strict=True):
        matrix += [turn * size for turn, size in zip(row, scale, strict=True)]
        matrix.append(shift)
    return (*matrix, 0.0, 0.0, 0.0, 1.0)


def matrix_of(value: Any, what: str) -> Matrix:
    """16 numbers, or 4 rows of 4, that make an invertible affine matrix."""
    if isinstance(value, str) or not is_iterable(value):
        raise TypeError(f"{what} must be 16 numbers or 4 rows of 4, got {article(value)}")
    items = list(value)
    if len(items) == 4 and all(is_iterable(row) for row in items):
        flat = [each for i, row in enumerate(items) for each in floats(row, 4, f"{what}[{i}]")]
    else:
        flat = list(floats(items, 16, what))
    matrix = tuple(flat)
    finite(matrix, what)
    if matrix[12:] != (0.0, 0.0, 0.0, 1.0):
        raise ValueError(f"{what}: the last row must be (0, 0, 0, 1), got {matrix[12:]}")
    a, b, c, _, d, e, f, _, g, h, i = matrix[:11]
    if a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) == 0.0:
        raise ValueError(f"{what} has no inverse: it flattens the object")
    return matrix
