"""Small frames, read and written without NumPy: to load that takes longer than they do."""

from __future__ import annotations

import hashlib
import struct
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple

from pynodes import files
from pynodes.errors import PynodesError
from pynodes.image import metadata, png
from pynodes.image.files import writing
from pynodes.image.srgb import codes

_MOST_BYTES = 2 << 20

_MAGIC = b"\x93NUMPY\x01\x00"
_ORDER = "<" if sys.byteorder == "little" else ">"
_HEAD = f"{{'descr': '{_ORDER}f4', 'fortran_order': False, 'shape': (".encode()
_HEAD_END = b", 4), }"


class SmallFrame(NamedTuple):
    """A frame: linear RGBA, straight alpha, top row first."""

    width: int
    height: int
    values: memoryview[float]

    @property
    def sha256(self) -> str:
        """As `compare.sha256`."""
        return hashlib.sha256(self.values).hexdigest()

    @property
    def not_finite(self) -> int:
        """Pixels in which any of red, green, blue or alpha is NaN or infinite."""
        if isfinite(sum(self.values)):
            return 0
        pixels = (self.values[at : at + 4] for at in range(0, len(self.values), 4))
        return sum(not all(map(isfinite, pixel)) for pixel in pixels)

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Write it as a PNG of 8 bits, the very one that `files.save` writes.

        Raises:
            PynodesError: as that.
        """
        alpha = codes(self.values[3::4], is_alpha=True)
        channels = 3 if alpha.count(255) == len(alpha) else 4
        coded = bytearray(channels * len(alpha))
        for channel in range(3):
            coded[channel::channels] = codes(self.values[channel::4])
        if channels == 4:
            coded[3::4] = alpha
        texts = {metadata.KEYWORD: metadata.text_of(about)} if about else {}
        with writing(path) as file:
            png.write(file, self.width, self.height, [coded], channels=channels, texts=texts)


def read(path: Path) -> SmallFrame:
    """Read a frame file that the host wrote, also one that a crash left unfinished.

    Raises:
        PynodesError: it is not such a file.
    """
    try:
        found = files.read(path, _MOST_BYTES)
    except OSError as error:
        raise PynodesError(f"the frame file cannot be read: {error.strerror}", str(path)) from None
    start = len(_MAGIC) + 2
    if found.startswith(_MAGIC) and len(found) > start:
        end = start + struct.unpack_from("<H", found, len(_MAGIC))[0]
        height, width = _shape(found[start:end])
        if height and len(found) == end + 16 * width * height:
            return SmallFrame(width, height, memoryview(found)[end:].cast("f"))
    what = "the frame file cannot be read: it holds no float32 (h, w, 4)"
    raise PynodesError(what, str(path))


def _shape(head: bytes) -> tuple[int, int]:
    """Height and width, as the host writes them; 0 where something else stands."""
    head = head.rstrip()
    if head.startswith(_HEAD) and head.endswith(_HEAD_END):
        height, _, width = head[len(_HEAD) : -len(_HEAD_END)].partition(b", ")
        if height.isdigit() and width.isdigit() and len(height + width) <= 12:
            return int(height), int(width)
    return 0, 0
