"""Pictures are written right side up, whole or not at all, and only where they can be."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from pynodes.errors import CannotStartError, PynodesError
from pynodes.image import files, png
from pynodes.image.files import (
    check_output,
    frame_path,
    has_exr,
    host_pattern,
    loses_alpha,
    open_frame,
    save,
)
from pynodes.image.pixels import count_not_finite, sha256
from pynodes.image.srgb import to_srgb

if TYPE_CHECKING:
    from pynodes.image.pixels import Pixels


@pytest.fixture
def pixels() -> Pixels:
    """3 rows, 2 columns: red in the top left corner, blue in the bottom right one."""
    found = np.zeros((3, 2, 4), np.float32)
    found[..., 3] = 1.0
    found[0, 0] = (1.0, 0.0, 0.0, 1.0)
    found[2, 1] = (0.0, 0.0, 4.0, 1.0)
    return found


def test_srgb_curve_has_its_known_points() -> None:
    linear = np.array([[0.0, 0.0031308, 0.5, 0.25], [1.0, 2.0, -1.0, 9.0]], np.float32)

    coded = to_srgb(linear)

    assert coded.tolist() == [[0, 10, 188, 64], [255, 255, 0, 255]]


def test_srgb_of_what_is_no_number_is_black_or_white() -> None:
    linear = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)

    assert to_srgb(linear).tolist() == [0, 255, 0, 255]


def test_png_keeps_the_top_row_on_top(tmp_path: Path, pixels: Pixels) -> None:
    save(pixels, tmp_path / "a.png")

    with Image.open(tmp_path / "a.png") as image:
        assert (image.mode, image.size) == ("RGB", (2, 3))
        assert image.getpixel((0, 0)) == (255, 0, 0)
        assert image.getpixel((1, 2)) == (0, 0, 255)


def test_png_is_transparent_where_the_picture_is(tmp_path: Path, pixels: Pixels) -> None:
    pixels[1] = 0.0

    save(pixels, tmp_path / "a.PNG")

    with Image.open(tmp_path / "a.PNG") as image:
        assert image.mode == "RGBA"
        assert image.getpixel((0, 1)) == (0, 0, 0, 0)


def test_npy_keeps_every_bit(tmp_path: Path, pixels: Pixels) -> None:
    save(pixels, tmp_path / "a.npy")

    again = open_frame(tmp_path / "a.npy")
    assert again.tobytes() == pixels.tobytes()
    assert (tmp_path / "a.npy").stat().st_size == 128 + pixels.nbytes


def test_pfm_begins_with_the_bottom_row(tmp_path: Path, pixels: Pixels) -> None:
    save(pixels, tmp_path / "a.pfm")

    head, data = (tmp_path / "a.pfm").read_bytes().split(b"-1.0\n", 1)
    assert head == b"PF\n2 3\n"
    rows = np.frombuffer(data, "<f4").reshape(3, 2, 3)
    assert rows[2, 0].tolist() == [1.0, 0.0, 0.0]
    assert rows[0, 1].tolist() == [0.0, 0.0, 4.0]


def test_pfm_of_a_tall_picture_keeps_its_rows(tmp_path: Path) -> None:
    tall = np.zeros((5000, 300, 4), np.float32)
    tall[..., 0] = np.arange(5000, dtype=np.float32)[:, None]

    save(tall, tmp_path / "a.pfm")

    data = (tmp_path / "a.pfm").read_bytes().split(b"-1.0\n", 1)[1]
    rows = np.frombuffer(data, "<f4").reshape(5000, 300, 3)
    assert (rows[::-1, 0, 0] == np.arange(5000)).all()


def test_pfm_tells_of_lost_transparency(pixels: Pixels) -> None:
    assert not loses_alpha(Path("a.pfm"), pixels)
    pixels[1, 1, 3] = 0.5
    assert loses_alpha(Path("a.pfm"), pixels)
    assert loses_alpha(Path("a.JPG"), pixels)
    assert not loses_alpha(Path("a.png"), pixels)


def test_png_of_16_bits_has_the_finer_curve() -> None:
    linear = np.array([[0.0, 0.0031308, 0.5, 0.25], [1.0, 2.0, np.nan, 9.0]], np.float32)

    coded = to_srgb(linear, 16)

    assert coded.tolist() == [[0, 2651, 48192, 16384], [65535, 65535, 0, 65535]]
    assert coded.dtype == ">u2"


def test_png_has_the_bits_that_are_asked_for(tmp_path: Path, pixels: Pixels) -> None:
    save(pixels, tmp_path / "a.png", bits=16)

    head = (tmp_path / "a.png").read_bytes()[16:26]
    assert head == bytes((0, 0, 0, 2, 0, 0, 0, 3, 16, 2))


def test_jpeg_is_laid_over_black_in_linear_light(tmp_path: Path) -> None:
    pixels = np.empty((16, 16, 4), np.float32)
    pixels[:] = (0.5, 0.5, 0.5, 0.5)

    save(pixels, tmp_path / "a.jpeg")

    with Image.open(tmp_path / "a.jpeg") as image:
        assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (16, 16))
        assert image.getpixel((8, 8)) == (137, 137, 137)  # 0.25 on the curve


@pytest.mark.skipif(not has_exr(), reason="OpenEXR is not installed")
def test_exr_keeps_the_top_row_on_top(tmp_path: Path, pixels: Pixels) -> None:
    OpenEXR = pytest.importorskip("OpenEXR")  # noqa: N806

    pixels[2, 1, 3] = 0.5

    save(pixels, tmp_path / "a.exr")

    with OpenEXR.File(str(tmp_path / "a.exr")) as file:
        rgba = file.channels()["RGBA"].pixels
    assert rgba[0, 0].tolist() == [1.0, 0.0, 0.0, 1.0]
    assert rgba[2, 1].tolist() == [0.0, 0.0, 2.0, 0.5]


def test_save_that_fails_leaves_the_older_picture(
    tmp_path: Path, pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "a.png"
    out.write_bytes(b"older")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(png, "write", fail)
    with pytest.raises(PynodesError, match="No space left"):
        save(pixels, out)

    assert out.read_bytes() == b"older"
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_save_keeps_mode_and_link_of_the_older_picture(tmp_path: Path, pixels: Pixels) -> None:
    (tmp_path / "real.png").write_bytes(b"older")
    (tmp_path / "real.png").chmod(0o640)
    (tmp_path / "link.png").symlink_to("real.png")

    save(pixels, tmp_path / "link.png")

    assert (tmp_path / "link.png").is_symlink()
    assert stat.S_IMODE((tmp_path / "real.png").stat().st_mode) == 0o640
    assert (tmp_path / "real.png").read_bytes().startswith(b"\x89PNG")


def test_save_gives_a_new_picture_the_usual_mode(tmp_path: Path, pixels: Pixels) -> None:
    before = os.umask(0o027)
    try:
        save(pixels, tmp_path / "a.png")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a.png").stat().st_mode) == 0o640


@pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"not numpy at all"])
def test_frame_file_that_is_none_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(data)

    with pytest.raises(PynodesError, match="cannot be read"):
        open_frame(tmp_path / "a.npy")


def test_frame_file_of_another_shape_is_told(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((3, 2), np.float64))

    with pytest.raises(PynodesError, match="float64"):
        open_frame(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("a.gif", r"cannot be written as \.gif"),
        ("a", "no suffix"),
        ("none/a.png", "there is no folder"),
        ("folder.png", "is a folder"),
        ("file/a.png", "is not a folder"),
    ],
)
def test_output_that_cannot_be_is_refused(tmp_path: Path, name: str, complaint: str) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(CannotStartError, match=complaint) as caught:
        check_output(tmp_path / name)

    assert caught.value.help
    assert caught.value.exit_code == 3


def test_output_in_a_locked_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:  # a folder's mode does not stop root
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)

    with pytest.raises(CannotStartError, match=r"nothing can be written in .*: Permission"):
        check_output(tmp_path / "a.png")


def test_output_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match="MiB are free"):
        check_output(tmp_path / "a.png", image_bytes=1 << 60)


def test_exr_without_the_package_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "has_exr", lambda: False)

    with pytest.raises(CannotStartError) as caught:
        check_output(tmp_path / "a.exr")

    assert "pynodes[exr]" in caught.value.help


def test_check_leaves_nothing_in_the_folder(tmp_path: Path) -> None:
    check_output(tmp_path / "a.png", image_bytes=1)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("pattern", "frame", "several", "name"),
    [
        ("a.png", 7, False, "a.png"),
        ("a.png", 7, True, "a_0007.png"),
        ("a_##.png", 7, True, "a_07.png"),
        ("a_##.png", 123, True, "a_123.png"),
        ("a_##.png", 7, False, "a_07.png"),
        ("#/a.png", 7, True, "a_0007.png"),
    ],
)
def test_frame_number_goes_into_the_name(
    pattern: str, frame: int, several: bool, name: str
) -> None:
    assert frame_path(Path(pattern), frame, several) == Path(pattern).with_name(name)


def test_host_gets_a_pattern_of_the_same_frames() -> None:
    assert host_pattern(Path("a.png"), several=False) == Path("a.npy")
    assert host_pattern(Path("a.png"), several=True) == Path("a_####.npy")
    assert host_pattern(Path("x/a-##.exr"), several=True) == Path("x/a-##.npy")


def test_checksum_is_over_the_pixels_alone(tmp_path: Path, pixels: Pixels) -> None:
    np.save(tmp_path / "a.npy", pixels)

    assert sha256(open_frame(tmp_path / "a.npy")) == hashlib.sha256(pixels.tobytes()).hexdigest()


def test_pixels_that_are_no_colours_are_counted(pixels: Pixels) -> None:
    assert count_not_finite(pixels) == 0
    pixels[0, 0] = np.nan
    pixels[1, 1, 2] = np.inf
    assert count_not_finite(pixels) == 2
