"""Linear values to whole numbers of sRGB; to the same ones of 8 bits on every machine.

A code of 8 bits is the number of thresholds that a value reaches. So nothing is rounded, and no
power is taken of a value: those differ in the last bit from one processor to the next.

Source:
    IEC 61966-2-1, the piecewise transfer function.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def codes(values: Sequence[float], *, is_alpha: bool = False) -> bytes:
    """The codes of linear values: clamped, NaN black; alpha stays linear."""
    total = sum(values)
    if total != total:  # NaN, or an infinity of each sign
        values = [value if value == value else 0.0 for value in values]
    return bytes(map(partial(bisect_right, _table(is_alpha).tolist()), values))


def to_srgb(linear: NDArray[np.float32], bits: int = 8) -> NDArray[Any]:
    """Linear RGBA to whole numbers of so many bits, as `codes`; those of 16 high byte first."""
    from pynodes.arrays import np

    out = np.empty(linear.shape, f">u{bits // 8}")
    for channels, is_alpha in ((slice(3), False), (slice(3, None), True)):
        if bits == 8:
            table = np.frombuffer(_table(is_alpha), np.float32)
            coded = np.searchsorted(table, linear[..., channels], side="right")
        else:
            coded = np.floor(_screen(linear[..., channels], is_alpha) * (2.0**bits - 1.0) + 0.5)
        out[..., channels] = coded
    out[np.isnan(linear)] = 0
    return out


def _screen(linear: NDArray[np.float32], is_alpha: bool) -> NDArray[np.float32]:
    """The curve."""
    from pynodes.arrays import np

    x = np.clip(np.nan_to_num(linear, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    if is_alpha:
        return x
    return np.where(x <= 0.0031308, x * 12.92, 1.055 * np.power(x, 1 / 2.4) - 0.055)


@cache
def _table(is_alpha: bool) -> array[float]:
    """The least float32 of each code from 1 to 255."""
    values = (_linear((code - 0.5) / 255.0, is_alpha) for code in range(1, 256))
    return array("f", map(_least_float32, values))


def _linear(screen: float, is_alpha: bool) -> float:
    """The curve backwards."""
    if is_alpha:
        return screen
    if screen <= 0.0031308 * 12.92:
        return screen / 12.92
    return float(((screen + 0.055) / 1.055) ** 2.4)


def _least_float32(value: float) -> float:
    """The least float32 that is no less than a positive value."""
    (near,) = struct.unpack("<f", struct.pack("<f", value))
    if near >= value:
        return float(near)
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    return float(struct.unpack("<f", struct.pack("<I", bits + 1))[0])
