"""What distinguishes two pictures: a checksum, and counts of pixels that are not colours."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pynodes.image.files import Pixels


def sha256(pixels: Pixels) -> str:
    """Hex digest over the bytes of the pixels: float32 RGBA, top row first, no file header."""
    import numpy as np

    digest = hashlib.sha256()
    for row in pixels:
        digest.update(np.ascontiguousarray(row).data)
    return digest.hexdigest()


def count_not_finite(pixels: Pixels) -> int:
    """Pixels in which any of red, green, blue or alpha is NaN or infinite."""
    import numpy as np

    return sum(int((~np.isfinite(row)).any(axis=-1).sum()) for row in pixels)
