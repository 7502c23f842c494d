"""Write a frame as PNG, JPEG, NPY, PFM or EXR, by the suffix of its name.

A frame is a float32 array `(height, width, 4)`: linear RGBA, straight alpha, top row first.
A file is written next to its place and then moved there, so that nothing ever leaves half a picture
or destroys an older one. NumPy and Pillow are imported on first use.
"""

from __future__ import annotations

import errno
import io
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from pynodes import files, outputs
from pynodes.errors import CannotStartError, PynodesError, needed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pynodes.image.pixels import Pixels

SUFFIXES = (".png", ".jpg", ".jpeg", ".npy", ".pfm", ".exr")
OPAQUE = (".jpg", ".jpeg", ".pfm")
ROUNDED = (".png", ".jpg", ".jpeg")  # to whole numbers; the others keep floats
BITS = (8, 16)

_BAND_BYTES = 16 << 20


def check_output(path: Path, image_bytes: int = 0) -> None:
    """Refuse a place where the picture cannot be written, before anything is rendered.

    Args:
        image_bytes: what the frame file will take; 0 leaves the free space unchecked.
    Raises:
        CannotStartError: the suffix is unknown, the folder is missing or not writable, and so on.
    """
    folder = path.parent
    with needed("the picture cannot be written there", path, "choose another OUT"):
        _check_place(path)
    with needed(f"nothing can be written in {folder}", path, "choose another OUT"):
        outputs.try_in(folder)
        facts = os.statvfs(folder)
        free = facts.f_bavail * facts.f_frsize
    if image_bytes > free:
        raise CannotStartError(
            f"the frame file takes {image_bytes >> 20} MiB, {free >> 20} MiB are free in {folder}",
            str(path),
            "make room, or choose another OUT",
        )


def _check_place(path: Path) -> None:
    where = str(path)
    kind = files.kind_of(path)
    if kind == files.FOLDER:
        help = f"name a file in it, such as {path / 'out.png'}"
        raise CannotStartError("OUT is a folder", where, help)
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        said = f"a picture cannot be written as {suffix}" if suffix else "OUT has no suffix"
        raise CannotStartError(said, where, f"end the name in one of {', '.join(SUFFIXES)}")
    if suffix == ".exr" and not has_exr():
        raise CannotStartError(
            "writing .exr needs the package OpenEXR, which is not installed",
            where,
            "`pip install 'pynodes[exr]'`, or use .npy or .pfm, which keep all of the range too",
        )
    folder = path.parent
    kind_of_folder = files.kind_of(folder)
    if not kind_of_folder:
        raise CannotStartError(
            f"there is no folder {folder}", where, f"`mkdir -p {folder}`, or --create-dir"
        )
    if kind_of_folder != files.FOLDER:
        raise CannotStartError(f"{folder} is not a folder", where, "choose another OUT")
    if kind and not (kind == files.FILE and os.access(path, os.W_OK)):
        raise CannotStartError("OUT exists and may not be replaced", where, "choose another OUT")


def has_exr() -> bool:
    """Whether OpenEXR can be imported (it is not imported by asking)."""
    from importlib.util import find_spec

    return find_spec("OpenEXR") is not None


def frame_path(pattern: Path, frame: int, several: bool) -> Path:
    """Where one frame goes: `#`s in the name become its number, padded to their count.

    Without `#`s the number is put before the suffix when there are several frames.
    """
    if not pattern.name:
        return pattern
    name = numbered(pattern).name if several else pattern.name
    if "#" not in name:
        return pattern
    return pattern.with_name(re.sub("#+", lambda run: str(frame).zfill(min(len(run[0]), 20)), name))


def numbered(pattern: Path) -> Path:
    """A name that has `#`s for the number of a frame; `a_####.png` for `a.png`."""
    return pattern if "#" in pattern.name else pattern.with_stem(f"{pattern.stem}_####")


def partial_path(path: Path) -> Path:
    """Where a picture goes that is not finished: `a.partial.png`, which viewers open too."""
    return path.with_suffix(f".partial{path.suffix}")


def host_pattern(pattern: Path, several: bool) -> Path:
    """The `.npy` name for the host's `--out`, where the host itself puts in the frame numbers."""
    pattern = pattern.with_suffix(".npy")
    return numbered(pattern) if several else pattern


def preload() -> None:
    """Import what pictures are made with; whoever needs what is missing reports it."""
    with suppress(ImportError, MemoryError, OSError):
        from pynodes.arrays import np  # noqa: F401
        from pynodes.image import png, srgb  # noqa: F401


def open_frame(path: Path) -> Pixels:
    """Map a frame file that the host wrote, also one that a crash left unfinished.

    Raises:
        PynodesError: it is not such a file.
    """
    from pynodes.arrays import np

    try:
        files.check(path)
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    except Exception as error:  # NumPy reads the header as Python, and raises what it meets there
        raise PynodesError(f"the frame file cannot be read: {error}", str(path)) from None
    if pixels.dtype != np.float32 or pixels.ndim != 3 or pixels.shape[2] != 4:
        raise PynodesError(
            f"the frame file holds {pixels.dtype} {pixels.shape}, not float32 (h, w, 4)", str(path)
        )
    return pixels  # type: ignore[no-any-return]


def save(pixels: Pixels, path: Path, about: Mapping[str, Any] | None = None, bits: int = 8) -> None:
    """Write a picture; an older one stays until the new one is whole.

    Args:
        about: what the file says of itself, where its form has a place for that.
        bits: of a sample in a PNG, 8 or 16.
    Raises:
        PynodesError: the disk is full, the folder is gone, and so on.
    """
    with writing(path) as file:
        _WRITERS[path.suffix.lower()](pixels, file, about or {}, bits)


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """A file for a picture, as `outputs.replacing` gives it; what fails is a `PynodesError`."""
    try:
        with outputs.replacing(path) as file:
            yield file
    except OSError as error:
        help = "make room on the disk" if error.errno == errno.ENOSPC else ""
        raise PynodesError(
            f"the picture cannot be written: {error.strerror or error}", str(path), help
        ) from None


def loses_alpha(path: Path, pixels: Pixels) -> bool:
    """Whether this file form drops transparency that the picture has."""
    return path.suffix.lower() in OPAQUE and any(
        bool((band[..., 3] < 1.0).any()) for band in _bands(pixels)
    )


def write_png(pixels: Pixels, file: BinaryIO, said: Mapping[str, Any], bits: int) -> None:
    """A PNG: RGBA, or RGB when every pixel is opaque."""
    from pynodes.arrays import np
    from pynodes.image import metadata, png
    from pynodes.image.srgb import to_srgb

    coded = np.empty(pixels.shape, f">u{bits // 8}")
    at = 0
    for band in _bands(pixels):
        coded[at : at + len(band)] = to_srgb(band, bits)
        at += len(band)
    channels = 3 if (coded[..., 3] == 2**bits - 1).all() else 4
    height, width, _ = pixels.shape
    rows = (
        np.ascontiguousarray(band).view(np.uint8).data for band in _bands(coded[..., :channels])
    )
    texts = {metadata.KEYWORD: metadata.text_of(said)} if said else {}
    png.write(file, width, height, rows, channels=channels, depth=bits, texts=texts)


def _write_jpeg(pixels: Pixels, file: BinaryIO, said: Mapping[str, Any], bits: int) -> None:
    """RGB over black: laid over in linear light."""
    from PIL import Image

    from pynodes.arrays import np
    from pynodes.image.metadata import with_comment
    from pynodes.image.srgb import to_srgb

    coded = np.empty((*pixels.shape[:2], 3), np.uint8)
    at = 0
    for band in _bands(pixels):
        over_black = band * np.clip(band[..., 3:], 0.0, 1.0)
        coded[at : at + len(band)] = to_srgb(over_black)[..., :3]
        at += len(band)
    made = io.BytesIO()
    Image.fromarray(coded).save(made, format="JPEG", quality=95, subsampling=0)
    file.write(with_comment(made.getvalue(), said) if said else made.getvalue())


def _write_npy(pixels: Pixels, file: BinaryIO, said: Mapping[str, Any], bits: int) -> None:
    from pynodes.arrays import np
    from pynodes.image.metadata import text_of

    arrays = [np.ascontiguousarray(pixels)]
    if said:
        arrays.append(np.array(text_of(said).encode("ascii")))
    for array in arrays:
        np.lib.format.write_array(file, array, version=(1, 0))


def _write_pfm(pixels: Pixels, file: BinaryIO, said: Mapping[str, Any], bits: int) -> None:
    """RGB, little-endian, bottom row first."""
    from pynodes.arrays import np

    height, width, _ = pixels.shape
    file.write(f"PF\n{width} {height}\n-1.0\n".encode("ascii"))
    for band in reversed(list(_bands(pixels))):
        file.write(np.ascontiguousarray(band[::-1, :, :3], dtype="<f4").tobytes())


def _write_exr(pixels: Pixels, file: BinaryIO, said: Mapping[str, Any], bits: int) -> None:
    """RGBA in 32-bit floats; in EXR files colours are multiplied by their alpha."""
    import OpenEXR  # type: ignore[import-not-found, unused-ignore]

    from pynodes.arrays import np

    rgba = np.array(pixels, dtype=np.float32)
    rgba[..., :3] *= rgba[..., 3:]
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    if said:
        from pynodes.image import metadata

        header[metadata.KEYWORD] = metadata.with_sum(said, rgba)
    file.close()
    OpenEXR.File(header, {"RGBA": rgba}).write(file.name)


_WRITERS: dict[str, Callable[[Pixels, BinaryIO, Mapping[str, Any], int], None]] = {
    ".png": write_png,
    ".jpg": _write_jpeg,
    ".jpeg": _write_jpeg,
    ".npy": _write_npy,
    ".pfm": _write_pfm,
    ".exr": _write_exr,
}


def _bands(pixels: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Slices of whole rows from the top, small enough to compute on."""
    rows = max(1, _BAND_BYTES // max(1, pixels.shape[1] * 16))
    for top in range(0, pixels.shape[0], rows):
        yield pixels[top : top + rows]
