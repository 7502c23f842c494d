"""Small frames without NumPy: the same files, checksums and complaints as with it."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from pynodes.errors import PynodesError
from pynodes.image import files, srgb
from pynodes.image import frame as frames
from pynodes.image.pixels import count_not_finite, sha256
from pynodes.model.job import Job
from pynodes.rendering import outcome
from pynodes.rendering.request import RenderRequest

if TYPE_CHECKING:
    from pynodes.image.pixels import Pixels

OPAQUE, CLEAR, ODD = "opaque", "transparent", "with what is no number"


def frame(kind: str, height: int = 37, width: int = 53) -> Pixels:
    """Values of all sizes, also below 0 and above 1."""
    draw = np.random.default_rng(7)
    pixels = (10.0 ** draw.uniform(-5, 0.5, (height, width, 4)) - 0.01).astype(np.float32)
    pixels[..., 3] = 1.0 if kind == OPAQUE else draw.uniform(-0.1, 1.1, (height, width))
    if kind == ODD:
        pixels[1, 2, :3] = np.nan
        pixels[3, 4] = np.inf
        pixels[5, 6] = -np.inf
        pixels[7, 8, 3] = np.nan
    return pixels


@pytest.mark.parametrize("kind", [OPAQUE, CLEAR, ODD])
def test_file_and_figures_are_those_of_numpy(kind: str, tmp_path: Path) -> None:
    pixels = frame(kind)
    np.save(tmp_path / "frame.npy", pixels)

    found = frames.read(tmp_path / "frame.npy")
    found.save(tmp_path / "small.png", {"scene": "a.py"})
    files.save(pixels, tmp_path / "usual.png", {"scene": "a.py"})

    assert (found.width, found.height) == (53, 37)
    assert found.sha256 == sha256(pixels)
    assert found.not_finite == count_not_finite(pixels) == (4 if kind == ODD else 0)
    assert (tmp_path / "small.png").read_bytes() == (tmp_path / "usual.png").read_bytes()
    with Image.open(tmp_path / "small.png") as image:
        assert (np.asarray(image.convert("RGBA")) == srgb.to_srgb(pixels)).all()


def test_codes_are_those_of_the_curve_at_every_edge() -> None:
    """By the formula, in doubles: on both sides of where each code begins."""
    for is_alpha in (False, True):
        for code, least in enumerate(srgb._table(is_alpha), start=1):
            below = float(np.nextafter(np.float32(least), np.float32(0)))
            assert [*srgb.codes([below, least], is_alpha=is_alpha)] == [code - 1, code]
            assert [by_formula(x, is_alpha) for x in (below, least)] == [code - 1, code]


def by_formula(linear: float, is_alpha: bool) -> int:
    if is_alpha:
        screen = linear
    elif linear <= 0.0031308:
        screen = 12.92 * linear
    else:
        screen = 1.055 * linear ** (1 / 2.4) - 0.055
    return int(screen * 255.0 + 0.5)


def npy(shape: str, values: int, descr: str = "<f4") -> bytes:
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + bytes(4 * values)


def test_what_the_host_writes_is_read(tmp_path: Path) -> None:
    (tmp_path / "frame.npy").write_bytes(npy("(2, 3, 4)", 24))

    assert frames.read(tmp_path / "frame.npy").values.tolist() == [0.0] * 24
    assert np.load(io.BytesIO(npy("(2, 3, 4)", 24))).shape == (2, 3, 4)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY\x01\x00\xff\xff",
        npy("(2, 3, 4)", 23),
        npy("(2, 3, 4)", 25),
        npy("(2, 3, 3)", 18),
        npy("(2, 12)", 24),
        npy("(2, 3, 4)", 24, "<f8"),
        npy("(999999, 999999, 4)", 24),
        npy("(9999999999999, 3, 4)", 24),
        bytes(200),
        bytes(5 << 20),
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_another_file_is_one_error(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "frame.npy").write_bytes(data)

    with pytest.raises(PynodesError, match="the frame file cannot be read"):
        frames.read(tmp_path / "frame.npy")


def test_no_file_is_the_same_error(tmp_path: Path) -> None:
    with pytest.raises(PynodesError, match=r"the frame file cannot be read: No such file"):
        frames.read(tmp_path / "frame.npy")


def test_small_is_what_the_frames_of_a_run_hold_together() -> None:
    def is_small(out: str, side: int, frames: int, bits: int = 8) -> bool:
        job = Job(Path("a.py"), width=side, height=side, frames=tuple(range(frames)))
        return outcome.is_small(RenderRequest(Path("h"), job, Path(out), Path("e"), bits=bits))

    assert is_small("a.PNG", 256, 1)
    assert is_small("a.png", 32, 64)
    assert not is_small("a.png", 32, 65)
    assert not is_small("a.png", 257, 1)
    assert not is_small("a.png", 32, 1, bits=16)
    assert not is_small("a.exr", 2, 1)
