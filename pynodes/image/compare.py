"""What distinguishes two pictures: figures, and a picture of the difference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pynodes.image.pixels import Pixels

_FEW = 0.005  # of all pixels
_HALO = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """`pixels` differ in a bit of a channel, by at most `largest` (inf: one is not a number)."""

    pixels: int
    of: int
    largest: float


def compare(found: Pixels, expected: Pixels) -> Difference:
    """Hold two pictures of one size against each other, band by band.

    Bits are compared, as checksums do: 0.0 and -0.0 differ, by 0.
    """
    from pynodes.arrays import np

    pixels = 0
    largest = 0.0
    for a, b in zip(found, expected, strict=True):
        a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
        differs = (a.view(np.uint32) != b.view(np.uint32)).any(axis=-1)
        count = int(differs.sum())
        if count:
            pixels += count
            apart = _apart(a[differs], b[differs])
            largest = max(largest, float(np.max(apart)))
    return Difference(pixels, expected.shape[0] * expected.shape[1], largest)


def difference_picture(found: Pixels, expected: Pixels, largest: float) -> Pixels:
    """The expected picture in dark grey, and on it what differs: yellow a little, red most.

    A few single pixels would be overlooked, so they have a brown halo.
    """
    from pynodes.arrays import np

    out = np.empty(expected.shape, np.float32)
    wrong = np.zeros(expected.shape[:2], np.bool_)
    scale = largest if 0 < largest < float("inf") else 1.0
    for y, (a, b) in enumerate(zip(found, expected, strict=True)):
        a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
        differs = (a.view(np.uint32) != b.view(np.uint32)).any(axis=-1)
        grey = np.clip(np.nan_to_num(b[:, :3], posinf=1.0).mean(axis=1), 0.0, 1.0) * 0.12
        row = np.stack([grey, grey, grey, np.ones_like(grey)], axis=1)
        strength = np.sqrt(np.clip(_apart(a[differs], b[differs]) / scale, 0.0, 1.0))
        row[differs, 0] = 1.0
        row[differs, 1] = 0.75 * (1.0 - strength)
        row[differs, 2] = 0.0
        out[y] = row
        wrong[y] = differs
    if 0 < wrong.sum() < _FEW * wrong.size:
        halo = np.zeros_like(wrong)
        for y, x in np.argwhere(wrong):
            halo[max(0, y - _HALO) : y + _HALO + 1, max(0, x - _HALO) : x + _HALO + 1] = True
        out[halo & ~wrong] = (0.25, 0.07, 0.0, 1.0)
    return out


def _apart(a: Pixels, b: Pixels) -> Pixels:
    """The largest difference of a channel, per pixel; inf where only one of them is a number."""
    from pynodes.arrays import np

    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(a - b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    apart = np.where(same, np.float32(0), apart)
    worst: Pixels = np.nan_to_num(apart, nan=np.inf, posinf=np.inf).max(axis=-1, initial=0.0)
    return worst
