"""How far pictures are apart."""

from __future__ import annotations

import numpy as np
import pytest

from pynodes.image.compare import compare, difference_picture


def flat(value: float = 0.5) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.full((4, 6, 4), value, np.float32)


def test_equal_pictures_do_not_differ() -> None:
    found = compare(flat(), flat())

    assert (found.pixels, found.of, found.largest) == (0, 24, 0.0)


def test_pixels_are_counted_once_and_the_largest_channel_is_told() -> None:
    other = flat()
    other[1, 2, :3] = 0.75, 0.6, 0.5
    other[3, 5, 0] = 0.4

    found = compare(other, flat())

    assert found.pixels == 2
    assert found.largest == pytest.approx(0.25)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_no_number_is_infinitely_far(value: float) -> None:
    other = flat()
    other[0, 0, 0] = value

    assert compare(other, flat()).largest == np.inf
    assert compare(other, other).pixels == 0


def test_bits_that_differ_by_nothing_are_counted() -> None:
    other, zero = flat(0.0), flat(0.0)
    other[0, 0, 0] = -0.0

    found = compare(other, zero)

    assert (found.pixels, found.largest) == (1, 0.0)


def test_difference_picture_shows_where() -> None:
    other = flat()
    other[1, 2, 0] = 0.75
    other[1, 3, 0] = 0.51

    shown = difference_picture(other, flat(), 0.25)

    assert tuple(shown[1, 2]) == (1.0, 0.0, 0.0, 1.0)
    assert shown[1, 3, 0] == 1.0
    assert shown[1, 3, 1] > 0.5
    assert (shown[0, :, 0] < 0.1).all()


def test_single_pixel_has_a_halo() -> None:
    expected = np.full((40, 40, 4), 0.5, np.float32)
    other = expected.copy()
    other[0, 10, 0] = 0.75

    shown = difference_picture(other, expected, 0.25)

    brown = np.asarray(np.isclose(shown, (0.25, 0.07, 0.0, 1.0)).all(axis=-1))
    assert brown[:3, 8:13].sum() == 14
    assert brown.sum() == 14
