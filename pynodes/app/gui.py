"""A window of a script: callbacks for drawing and input, and buttons.

    from pynodes import app
    from pynodes.app import gui

    def draw():
        gui.push("Hello", 1)

    def button(number):
        print("pressed", number)

    app.register(draw, button=button)

`draw()` makes all of the window each time: what it draws with `app.draw2d`, and the buttons. A
button with a callback of its own calls `callback(number, value)`; the others call the script's
`button(number)`, which may ask for `gui.value(number)`. `event(code, value)` gets all other input.
A callback that raises closes the window and ends the script; sys.exit() too.
"""

from __future__ import annotations

from pynodes.app._bridge import host as _host
from pynodes.nodes._names import article

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Place = tuple[int, int] | tuple[int, int, int, int] | None
    """Left and top, or with width and height; None: below the button before it."""
    OnChange = Callable[[int, Any], object] | None

_PUSH, _TOGGLE, _NUMBER, _SLIDER, _MENU, _TEXT, _COLOR = range(7)
_SIZE = (150, 20)
_GAP = 5
_FAR = 1e9

_KEY = (("area", "area"), ("code", "code"), ("value", "int", 1), ("ascii", "text", ""))

EVENTS = {
    "key": _KEY,
    "mouse": _KEY,
    "press": (("area", "area"), ("button", "name"), ("value", "value", "")),
    "redraw": (("area", "area"),),
    "type": (("area", "area"), ("button", "name"), ("text", "text")),
}
"""Events of replays, with their keys as rows of `pynodes.replay.kinds.Key`."""


def register(
    draw: Callable[[], object] | None = None,
    event: Callable[[int, int], object] | None = None,
    button: Callable[[int], object] | None = None,
    *,
    size: tuple[int, int] = (320, 240),
) -> None:
    """Give this script a window, or replace its callbacks. It is drawn as soon as nothing else is
    due.

    Args:
        size: width and height; the first registration decides.
    Raises:
        TypeError: something that cannot be called.
        RuntimeError: not in a text or menu script, or where there is nobody at the window.
    """
    for name, each in (("draw", draw), ("event", event), ("button", button)):
        if each is not None and not callable(each):
            raise TypeError(f"{name} must be a function or None, got {article(each)}")
    width, height = size
    _host.gui_register(draw, event, button, width, height)


def redraw(area: str | None = None) -> None:
    """Draw an area as soon as nothing else is due: this script's, or the named one (`view3d`)."""
    _host.gui_redraw(area)


def draw_now(area: str | None = None) -> None:
    """Draw an area before this returns: its draw callback runs inside of the one that is running.

    Raises:
        RuntimeError: it is being drawn already.
    """
    _host.gui_draw_now(area)


def exit() -> None:
    """Close the window: drop its callbacks and buttons. The script ends when nothing else waits for
    it."""
    _host.gui_exit()


def value(button: int | str) -> Any:
    """The value of a button of the last draw, by its number or label.

    Raises:
        KeyError: there is no such button.
    """
    return _host.gui_value(str(button))


# --- buttons ---


def push(label: str, number: int = 0, on_press: OnChange = None, *, at: Place = None) -> None:
    """A button to press. Its callback gets None as value."""
    _make(_PUSH, label, number, None, on_press, at)


def toggle(
    label: str, on: bool, number: int = 0, on_change: OnChange = None, *, at: Place = None
) -> None:
    """On or off: a bool."""
    _make(_TOGGLE, label, number, bool(on), on_change, at)


def number(
    label: str,
    start: float,
    number: int = 0,
    on_change: OnChange = None,
    *,
    low: float = -_FAR,
    high: float = _FAR,
    at: Place = None,
) -> None:
    """A number field: an int when `start` is one, else a float. An expression may be typed into
    it."""
    _make(_NUMBER, label, number, start, on_change, at, low, high)


def slider(
    label: str,
    start: float,
    number: int = 0,
    on_change: OnChange = None,
    *,
    low: float = 0,
    high: float = 1,
    at: Place = None,
) -> None:
    """As number(), to be dragged; the callback comes with each step of the mouse."""
    _make(_SLIDER, label, number, start, on_change, at, low, high)


def menu(
    label: str,
    choices: Sequence[str],
    chosen: int = 0,
    number: int = 0,
    on_change: OnChange = None,
    *,
    at: Place = None,
) -> None:
    """One of several choices: its place, an int."""
    words = tuple(str(choice) for choice in choices)
    _make(_MENU, label, number, int(chosen), on_change, at, choices=words)


def text(
    label: str, start: str = "", number: int = 0, on_change: OnChange = None, *, at: Place = None
) -> None:
    """A line of text: a str."""
    _make(_TEXT, label, number, start, on_change, at)


def color(
    label: str,
    start: tuple[float, float, float],
    number: int = 0,
    on_change: OnChange = None,
    *,
    at: Place = None,
) -> None:
    """A colour: three floats from 0 to 1."""
    red, green, blue = start
    _make(_COLOR, label, number, (red, green, blue), on_change, at)


def _make(
    kind: int,
    label: str,
    number: int,
    start: object,
    callback: OnChange,
    at: Place,
    low: float = 0,
    high: float = 1,
    choices: tuple[str, ...] = (),
) -> None:
    if callback is not None and not callable(callback):
        raise TypeError(f"{label}: the callback must be a function, got {article(callback)}")
    if at is None:
        x, y = _host.gui_next_place(_GAP)
        width, height = _SIZE
    else:
        x, y, width, height = at if len(at) == 4 else (*at, *_SIZE)
    _host.gui_button(kind, label, number, x, y, width, height, start, low, high, choices, callback)
