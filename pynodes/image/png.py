"""PNG files, written and read with the standard library alone.

RGB or RGBA of 8 or 16 bits, in sRGB; what is said of a picture stands in text chunks before it.

Source:
    W3C, Portable Network Graphics (PNG) Specification, third edition.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    Bytes = bytes | bytearray | memoryview

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOR_TYPES = {3: 2, 4: 6}  # by channels
_SUB = b"\x01"  # the filter: each byte less the one of the pixel before it
_MOST_TEXT = 1 << 20


def write(
    file: BinaryIO,
    width: int,
    height: int,
    bands: Iterable[Bytes],
    *,
    channels: int,
    depth: int = 8,
    texts: Mapping[str, str] | None = None,
) -> None:
    """Write a picture.

    Args:
        bands: its rows, top row first, one or more whole ones at a time; samples of 16 bits have
            their high byte first.
        channels: 3 for RGB, 4 for RGBA with straight alpha.
        depth: bits a sample, 8 or 16.
        texts: Latin-1, by keyword (of 1 to 79 characters).
    Raises:
        ValueError: the bands have more or fewer than `height` rows.
    """
    pixel = channels * depth // 8
    header = struct.pack(">IIBBBBB", width, height, depth, _COLOR_TYPES[channels], 0, 0, 0)
    file.write(_SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"sRGB", b"\0"))
    for keyword, text in (texts or {}).items():
        file.write(_chunk(b"tEXt", keyword.encode("latin-1") + b"\0" + text.encode("latin-1")))
    pack = zlib.compressobj()
    written = 0
    for band in bands:
        filtered = b"".join(_filtered(memoryview(band).cast("B"), width * pixel, pixel))
        written += len(filtered)
        if packed := pack.compress(filtered):
            file.write(_chunk(b"IDAT", packed))
    if written != height * (width * pixel + 1):
        raise ValueError(f"{written // (width * pixel + 1)} rows for a height of {height}")
    file.write(_chunk(b"IDAT", pack.flush()) + _chunk(b"IEND", b""))


def read_texts(file: BinaryIO) -> dict[str, str]:
    """The texts of a whole PNG file, by keyword.

    Raises:
        ValueError: it is not a PNG, or it is damaged or cut off somewhere.
    """
    if file.read(len(_SIGNATURE)) != _SIGNATURE:
        raise ValueError("it is not a PNG file")
    found = {}
    name = b""
    while name != b"IEND":
        head = file.read(8)
        if len(head) < 8:
            raise ValueError("it is cut off")
        length, name = struct.unpack(">I4s", head)
        is_text = name == b"tEXt" and length <= _MOST_TEXT
        crc, text = zlib.crc32(name), bytearray()
        while length:
            piece = file.read(min(length, _MOST_TEXT))
            if not piece:
                raise ValueError("it is cut off")
            crc = zlib.crc32(piece, crc)
            length -= len(piece)
            if is_text:
                text += piece
        checksum = file.read(4)
        if checksum != struct.pack(">I", crc):
            raise ValueError("it is damaged" if len(checksum) == 4 else "it is cut off")
        if is_text:
            keyword, _, value = text.decode("latin-1").partition("\0")
            found[keyword] = value
    return found


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def _filtered(band: memoryview, row: int, pixel: int) -> Iterator[bytes]:
    """The rows of a band, each with its filter before it.

    All bytes of a row are subtracted at once, as one number: the high bit of each is kept out of
    the subtraction, so that none borrows from its neighbour, and put in afterwards.
    """
    high = int.from_bytes(b"\x80" * row, "little")
    low = int.from_bytes(b"\x7f" * row, "little")
    for at in range(0, len(band), row):
        here = int.from_bytes(band[at : at + row], "little")
        before = here << 8 * pixel & (high | low)
        yield _SUB
        yield (((here | high) - (before & low)) ^ ((here ^ ~before) & high)).to_bytes(row, "little")
