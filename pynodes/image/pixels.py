"""Pixels in memory: what they are, and what is said of all of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.float32]  # (height, width, 4), linear RGBA, top row first


def sha256(pixels: Pixels) -> str:
    """Hex digest over the bytes of the pixels: float32 RGBA, top row first, no file header."""
    from pynodes.arrays import np

    digest = hashlib.sha256()
    for row in pixels:
        digest.update(np.ascontiguousarray(row).data)
    return digest.hexdigest()


def count_not_finite(pixels: Pixels) -> int:
    """Pixels in which any of red, green, blue or alpha is NaN or infinite."""
    from pynodes.arrays import np

    return sum(int((~np.isfinite(row)).any(axis=-1).sum()) for row in pixels)
