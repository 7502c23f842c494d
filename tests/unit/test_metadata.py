"""What a picture says of itself is read back, and a file that is not whole is found out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pynodes.image import metadata
from pynodes.image.files import has_exr, save
from pynodes.image.pixels import sha256

NAMES = ["a.png", "a.jpg", "a.npy", "a.exr"]
ABOUT = {"scene": "caf\xe9.py", "options": {"define": ["a=1"]}, "frame": 3}


@pytest.fixture
def pixels() -> np.ndarray:
    found = np.random.default_rng(5).random((40, 30, 4), np.float32)
    found[:20, :, 3] = 1.0
    return found


@pytest.fixture(params=NAMES)
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param.endswith(".exr") and not has_exr():
        pytest.skip("OpenEXR is not installed")
    return tmp_path / str(request.param)


def test_picture_says_of_itself_what_it_was_given(path: Path, pixels: np.ndarray) -> None:
    about = {**ABOUT, "sha256": sha256(pixels)}

    save(pixels, path, about)

    assert metadata.read(path) == about


def test_equal_pictures_are_equal_files(path: Path, pixels: np.ndarray) -> None:
    save(pixels, path, ABOUT)
    first = path.read_bytes()

    save(pixels, path, ABOUT)

    assert path.read_bytes() == first


def test_picture_without_a_word_says_nothing(path: Path, pixels: np.ndarray) -> None:
    save(pixels, path)

    assert metadata.read(path) == {}


def test_picture_that_was_cut_off_or_changed_is_never_taken_for_whole(
    path: Path, pixels: np.ndarray
) -> None:
    about = {**ABOUT, "sha256": sha256(pixels)}
    save(pixels, path, about)
    whole = path.read_bytes()

    for at in np.linspace(0, len(whole) - 1, 40, dtype=int):
        turned = bytearray(whole)
        turned[at] ^= 0x41
        for data in (bytes(turned), whole[:at]):
            path.write_bytes(data)
            try:
                found = metadata.read(path)
            except ValueError:
                continue
            assert found != about or _is_beside_the_picture(path, at)


def _is_beside_the_picture(path: Path, at: int) -> bool:
    """Bytes of a header of EXR, and of a file of NumPy, that mean nothing to its pixels."""
    return path.suffix in (".exr", ".npy") and at < 512


def test_picture_of_others_says_nothing(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "a.jpg", comment=b"by hand")
    np.save(tmp_path / "a.npy", np.zeros(3))
    (tmp_path / "a.pfm").write_bytes(b"PF\n1 1\n-1.0\n" + bytes(12))

    for name in ("a.png", "a.jpg", "a.npy", "a.pfm"):
        assert metadata.read(tmp_path / name) == {}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.npy"])
def test_file_that_is_no_picture_is_damaged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")

    with pytest.raises(ValueError, match="it is"):
        metadata.read(tmp_path / name)


def test_text_that_is_too_long_for_a_jpeg_is_left_out(tmp_path: Path, pixels: np.ndarray) -> None:
    save(pixels, tmp_path / "a.jpg", {"options": {"define": ["x=" + "y" * 70_000]}})

    assert metadata.read(tmp_path / "a.jpg") == {}
    with Image.open(tmp_path / "a.jpg") as image:
        image.load()


def test_other_programs_read_it_too(tmp_path: Path, pixels: np.ndarray) -> None:
    for name in ("a.png", "a.jpg", "a.npy"):
        save(pixels, tmp_path / name, {"frame": 3})

    with Image.open(tmp_path / "a.png") as image:
        assert image.info["pynodes"] == '{"frame":3}'
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.info["comment"].startswith(b'{"frame":3,"crc32":')
    with (tmp_path / "a.npy").open("rb") as file:
        assert (np.load(file) == pixels).all()
        assert np.load(file)[()] == b'{"frame":3}'
    assert np.load(tmp_path / "a.npy").shape == (40, 30, 4)
