"""What scripts drew over a view: the host's overlay file as a picture, alone or over a frame.

An overlay is a float32 array `(height, width, 4)` in the values of the screen, straight alpha, top
row first. Frames are linear. What this module returns is linear too, for `files.save`; laying over
is done in the values of the screen, as a window would do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pynodes.image.pixels import Pixels


def as_frame(overlay: Pixels) -> Pixels:
    """An overlay alone, with its own alpha."""
    from pynodes.arrays import np

    return np.concatenate([_to_linear(overlay[..., :3]), overlay[..., 3:]], axis=2)


def over(frame: Pixels, overlay: Pixels) -> Pixels:
    """A frame with an overlay of the same size on top."""
    from pynodes.arrays import np
    from pynodes.image.srgb import to_srgb

    below = to_srgb(frame).astype(np.float32) / 255
    share, rest = overlay[..., 3:], below[..., 3:] * (1 - overlay[..., 3:])
    alpha = share + rest
    mixed = overlay[..., :3] * share + below[..., :3] * rest
    color = (mixed / np.where(alpha > 0, alpha, 1)).astype(np.float32)
    laid: Pixels = np.concatenate([_to_linear(color), alpha], axis=2).astype(np.float32)
    # What nothing was drawn on stays as it was, to the last bit.
    return np.where(share > 0, laid, frame)


def _to_linear(screen: Pixels) -> Pixels:
    """The sRGB curve backwards."""
    from pynodes.arrays import np

    linear: Pixels = np.where(
        screen <= 0.04045, screen / 12.92, np.power((screen + 0.055) / 1.055, 2.4)
    ).astype(np.float32)
    return linear
