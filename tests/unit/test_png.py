"""PNG files of our own are what others read, pixel for pixel."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from pynodes.image import png

WIDTH, HEIGHT = 53, 37


def noise(channels: int, kind: type) -> np.ndarray:
    generator = np.random.default_rng(3)
    return generator.integers(0, np.iinfo(kind).max, (HEIGHT, WIDTH, channels), kind, endpoint=True)


def written(samples: np.ndarray, **how: object) -> io.BytesIO:
    """A PNG of the samples, in two bands."""
    file = io.BytesIO()
    bands = [samples[:5].tobytes(), samples[5:].tobytes()]
    depth = samples.dtype.itemsize * 8
    png.write(file, WIDTH, HEIGHT, bands, channels=samples.shape[2], depth=depth, **how)  # type: ignore[arg-type]
    file.seek(0)
    return file


def unpacked(file: io.BytesIO, channels: int) -> np.ndarray:
    """16-bit samples of a file whose rows all have the filter Sub (Pillow reads 8 bits of them)."""
    data, packed = file.getvalue(), b""
    at = 8
    while at < len(data):
        length, name = struct.unpack_from(">I4s", data, at)
        packed += data[at + 8 : at + 8 + length] if name == b"IDAT" else b""
        at += length + 12
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(HEIGHT, -1)
    assert (rows[:, 0] == 1).all()
    pixels = rows[:, 1:].reshape(HEIGHT, WIDTH, channels * 2)
    summed = np.add.accumulate(pixels, axis=1, dtype=np.uint8)
    return summed.view(">u2").astype(np.uint16)


@pytest.mark.parametrize("channels", [3, 4])
def test_png_of_8_bits_is_read_back_by_pillow_unchanged(channels: int) -> None:
    samples = noise(channels, np.uint8)

    picture = Image.open(written(samples))
    picture.load()

    assert picture.mode == {3: "RGB", 4: "RGBA"}[channels]
    assert (np.asarray(picture) == samples).all()


@pytest.mark.parametrize("channels", [3, 4])
def test_png_of_16_bits_keeps_every_bit(channels: int) -> None:
    samples = noise(channels, np.uint16)

    file = written(samples.astype(">u2"))

    assert (unpacked(file, channels) == samples).all()
    Image.open(file).verify()


def test_png_texts_are_read_back_here_and_by_pillow() -> None:
    texts = {"pynodes": '{"frame": 3}', "Comment": "caf\xe9"}

    file = written(noise(3, np.uint8), texts=texts)

    assert png.read_texts(file) == texts
    file.seek(0)
    assert Image.open(file).info.items() >= texts.items()


def test_png_with_rows_missing_is_refused() -> None:
    with pytest.raises(ValueError, match="2 rows for a height of 3"):
        png.write(io.BytesIO(), 4, 3, [bytes(24)], channels=3)


def test_png_texts_of_a_file_cut_anywhere_are_an_error() -> None:
    whole = written(noise(3, np.uint8), texts={"pynodes": "{}"}).getvalue()

    for length in (*range(200), len(whole) - 12, len(whole) - 1):
        with pytest.raises(ValueError, match=r"cut off|not a PNG"):
            png.read_texts(io.BytesIO(whole[:length]))


def test_png_texts_of_a_file_with_any_bit_turned_are_an_error() -> None:
    whole = written(noise(3, np.uint8), texts={"pynodes": "{}"}).getvalue()

    for at in range(0, len(whole), 7):
        turned = bytearray(whole)
        turned[at] ^= 4
        with pytest.raises(ValueError, match=r"cut off|damaged|not a PNG"):
            png.read_texts(io.BytesIO(turned))
