"""An overlay as a picture, and over a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from pynodes.image.files import save
from pynodes.image.overlay import as_frame, over
from pynodes.image.srgb import to_srgb


def test_overlay_alone_keeps_its_values_on_the_screen(tmp_path: Path) -> None:
    drawn = np.linspace(0, 1, 3 * 5 * 4, dtype=np.float32).reshape(3, 5, 4)

    save(as_frame(drawn), tmp_path / "o.png")

    shown = np.asarray(Image.open(tmp_path / "o.png")).astype(int)
    assert np.abs(shown - np.round(drawn * 255)).max() <= 1


def test_a_frame_stays_as_it_is_where_nothing_is_drawn() -> None:
    rng = np.random.default_rng(1)
    frame = rng.random((4, 4, 4), dtype=np.float32)
    drawn = np.zeros((4, 4, 4), np.float32)
    drawn[1, 2] = (1, 0.5, 0, 1)

    laid = over(frame, drawn)

    assert to_srgb(laid)[1, 2].tolist() == [255, 128, 0, 255]
    laid[1, 2] = frame[1, 2]
    assert (laid == frame).all()


def test_half_covers_half_on_the_screen() -> None:
    frame = np.ones((1, 2, 4), np.float32)
    frame[0, 1] = 0  # nothing below
    drawn = np.full((1, 2, 4), (0, 0, 0, 0.5), np.float32)
    drawn[0, 1] = (1, 0, 0, 0.5)

    laid = to_srgb(over(frame, drawn))

    assert laid[0, 0].tolist() == [128, 128, 128, 255]
    assert laid[0, 1].tolist() == [255, 0, 0, 128]
