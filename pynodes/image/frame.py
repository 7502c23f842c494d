"""A frame that the host wrote, in memory; a small one is handled without NumPy.

To load NumPy takes longer than to write a small picture.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from pynodes import files
from pynodes.checksum import sha256
from pynodes.errors import PynodesError
from pynodes.image import metadata, png
from pynodes.image.files import save, write_png, writing
from pynodes.image.srgb import codes

if TYPE_CHECKING:
    from pynodes.image.pixels import Pixels

SMALL = 1 << 16  # pixels, of all frames of a run

_MAGIC = b"\x93NUMPY\x01\x00"
_ORDER = "<" if sys.byteorder == "little" else ">"
_HEAD = f"{{'descr': '{_ORDER}f4', 'fortran_order': False, 'shape': (".encode()
_HEAD_END = b", 4), }"


class Frame(NamedTuple):
    """A frame: linear RGBA, straight alpha, top row first."""

    width: int
    height: int
    values: memoryview[float]

    @property
    def sha256(self) -> str:
        """As `pixels.sha256`."""
        found = sha256(self.values.nbytes)
        found.update(self.values)
        return found.hexdigest()

    @property
    def not_finite(self) -> int:
        """Pixels in which any of red, green, blue or alpha is NaN or infinite."""
        if isfinite(sum(self.values)):
            return 0
        pixels = (self.values[at : at + 4] for at in range(0, len(self.values), 4))
        return sum(not all(map(isfinite, pixel)) for pixel in pixels)

    def array(self) -> Pixels:
        """The pixels as a NumPy array `(height, width, 4)`; it may be written to.

        Raises:
            ImportError: NumPy is not installed.
        """
        from pynodes.arrays import np

        return np.array(self.values, np.float32).reshape(self.height, self.width, 4)

    @property
    def is_small(self) -> bool:
        return self.width * self.height <= SMALL

    def save(self, path: Path, about: Mapping[str, Any] | None = None) -> None:
        """Write a picture, as `files.save` does.

        Raises:
            PynodesError: as that.
        """
        if self.is_small and path.suffix.lower() == ".png":
            with writing(path) as file:
                self.write_png(file, about)
        else:
            save(self.array(), path, about)

    def write_png(self, file: BinaryIO, about: Mapping[str, Any] | None = None) -> None:
        """Write a PNG of 8 bits, the very one that `files.save` writes."""
        if not self.is_small:
            write_png(self.array(), file, about or {}, 8)
            return
        alpha = codes(self.values[3::4], is_alpha=True)
        channels = 3 if alpha.count(255) == len(alpha) else 4
        coded = bytearray(channels * len(alpha))
        for channel in range(3):
            coded[channel::channels] = codes(self.values[channel::4])
        if channels == 4:
            coded[3::4] = alpha
        texts = {metadata.KEYWORD: metadata.text_of(about)} if about else {}
        png.write(file, self.width, self.height, [coded], channels=channels, texts=texts)


def read(path: Path) -> Frame:
    """Read a frame file that the host wrote, also one that a crash left unfinished.

    Raises:
        PynodesError: it is not such a file.
    """
    try:
        found = files.read(path, files.FRAME)
    except OSError as error:
        raise PynodesError(f"the frame file cannot be read: {error.strerror}", str(path)) from None
    start = len(_MAGIC) + 2
    if found.startswith(_MAGIC) and len(found) > start:
        end = start + struct.unpack_from("<H", found, len(_MAGIC))[0]
        height, width = _shape(found[start:end])
        if height and len(found) == end + 16 * width * height:
            return Frame(width, height, memoryview(found)[end:].cast("f"))
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
