"""pynodes.app outside of a host: it can be imported, and says where it works."""

from __future__ import annotations

import pytest

from pynodes import app
from pynodes.app import codes, draw2d, gui


def test_every_call_says_how_to_run_it() -> None:
    for call in (
        lambda: app.register(),
        lambda: app.popup_confirm("?"),
        lambda: app.file_selector(print),
        lambda: draw2d.rect(0, 0, 1, 1),
        lambda: gui.push("Go"),
        lambda: app.event,
        app.menus,
        app.quit,
    ):
        with pytest.raises(RuntimeError, match="`pynodes run`"):
            call()


def test_names_of_the_package_are_there() -> None:
    assert [name for name in app.__all__ if not hasattr(app, name)] == []


def test_codes_have_one_name_each() -> None:
    assert len(codes.NAMES) == len(codes.CODES)
    assert codes.CODES["A"] == ord("a")
    assert codes.CODES["ESC"] == codes.ESC
    assert all(isinstance(value, int) for value in codes.CODES.values())


@pytest.mark.parametrize("color", [(1, 1), (1, 1, 1, 1, 1), ()])
def test_a_colour_has_three_or_four_numbers(color: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="three or four"):
        draw2d._rgba(color)  # type: ignore[arg-type]
