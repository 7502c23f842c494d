"""What a picture file says of itself: which scene, which options, which pynodes.

It is one JSON object, in ASCII: the text `pynodes` of a PNG, the comment of a JPEG, the attribute
`pynodes` of an EXR, a second array after the pixels of an NPY. A PFM has no place for it.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pynodes import decode, files
from pynodes.decode import DecodeError

KEYWORD = "pynodes"

_SOI, _COMMENT = b"\xff\xd8", b"\xff\xfe"
_CRC = "crc32"  # of a form whose files do not show by themselves that they are whole
_DAMAGED = "it is damaged or cut off"
_LONGEST_COMMENT = 0xFFFF - 2

SUFFIXES = (".png", ".jpg", ".jpeg", ".npy", ".exr")


def text_of(about: Mapping[str, Any]) -> str:
    """It, for a PNG and an NPY."""
    return decode.json_text(about)


def with_comment(jpeg: bytes, about: Mapping[str, Any]) -> bytes:
    """A JPEG with a comment, unless that is longer than one can be."""
    text = text_of({**about, _CRC: zlib.crc32(jpeg)}).encode("ascii")
    if len(text) > _LONGEST_COMMENT:
        return jpeg
    return _SOI + _COMMENT + struct.pack(">H", len(text) + 2) + text + jpeg[len(_SOI) :]


def with_sum(about: Mapping[str, Any], pixels: Any) -> str:
    """The text for an EXR; `pixels` are those in the file."""
    return text_of({**about, _CRC: zlib.crc32(pixels)})


def read(path: Path) -> dict[str, Any]:
    """What a whole file says; nothing where it says nothing, or is no such file.

    Raises:
        ValueError: it is damaged; says how.
        OSError: it cannot be read.
    """
    reader = _READERS.get(path.suffix.lower())
    files.check(path)
    return reader(path) if reader is not None else {}


def _object(text: str) -> dict[str, Any]:
    try:
        found = decode.json_value(text)
    except DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _of_png(path: Path) -> dict[str, Any]:
    from pynodes.image import png

    with files.opened(path) as file:
        return _object(png.read_texts(file).get(KEYWORD, ""))


def _of_jpeg(path: Path) -> dict[str, Any]:
    data = files.read(path, files.PICTURE)
    if not data.startswith(_SOI):
        raise ValueError("it is not a JPEG file")
    if not data.startswith(_COMMENT, len(_SOI)):
        return {}
    begin = len(_SOI) + len(_COMMENT) + 2
    end = begin + int.from_bytes(data[begin - 2 : begin], "big") - 2
    found = _object(data[begin:end].decode("ascii", "replace"))
    if _CRC in found and found.pop(_CRC) != zlib.crc32(data[end:], zlib.crc32(_SOI)):
        raise ValueError(_DAMAGED)
    return found


def _of_npy(path: Path) -> dict[str, Any]:
    from pynodes.arrays import np
    from pynodes.image.pixels import sha256

    try:
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
        with files.opened(path) as file:
            if file.seek(0, os.SEEK_END) == file.seek(pixels.offset + pixels.nbytes):
                return {}
            said = np.load(file, allow_pickle=False)
    except Exception:  # NumPy reads the header as Python, and raises what it meets there
        raise ValueError(_DAMAGED) from None
    found = _object(bytes(said[()]).decode("ascii", "replace") if said.dtype.kind == "S" else "")
    if "sha256" in found and found["sha256"] != sha256(pixels):
        raise ValueError(_DAMAGED)
    return found


def _of_exr(path: Path) -> dict[str, Any]:
    import OpenEXR  # type: ignore[import-not-found, unused-ignore]

    from pynodes.arrays import np

    try:
        with OpenEXR.File(str(path)) as exr:
            found = _object(str(exr.header().get(KEYWORD, "")))
            pixels = exr.channels()["RGBA"].pixels if found else None
    except Exception:
        raise ValueError(_DAMAGED) from None
    if _CRC in found and found.pop(_CRC) != zlib.crc32(np.ascontiguousarray(pixels).data):
        raise ValueError(_DAMAGED)
    return found


_READERS: dict[str, Callable[[Path], dict[str, Any]]] = {
    ".png": _of_png,
    ".jpg": _of_jpeg,
    ".jpeg": _of_jpeg,
    ".npy": _of_npy,
    ".exr": _of_exr,
}
