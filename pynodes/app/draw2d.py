"""Drawing in two dimensions: over the view (in a DRAW handler) and in a script's own window (in its
draw callback).

Coordinates are pixels from the top left corner, and may be fractions. A colour is three or four
numbers from 0 to 1, as the screen shows them; the fourth is how much it covers.
"""

from __future__ import annotations

from pynodes.app._bridge import host as _host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

Color = tuple[float, float, float] | tuple[float, float, float, float]

WHITE = (1.0, 1.0, 1.0, 1.0)


def size() -> tuple[int, int]:
    """Width and height of what is being drawn."""
    width, height = _host.draw_size()
    return width, height


def rect(
    x: float, y: float, width: float, height: float, color: Color = WHITE, outline: float = 0
) -> None:
    """A filled rectangle, or with `outline` a frame of that thickness, inside of it."""
    rgba = _rgba(color)
    if not outline:
        _host.draw_shape("rect", x, y, width, height, 0, rgba)
        return
    thick = min(outline, width / 2, height / 2)
    _host.draw_shape("rect", x, y, width, thick, 0, rgba)
    _host.draw_shape("rect", x, y + height - thick, width, thick, 0, rgba)
    _host.draw_shape("rect", x, y + thick, thick, height - 2 * thick, 0, rgba)
    _host.draw_shape("rect", x + width - thick, y + thick, thick, height - 2 * thick, 0, rgba)


def line(
    x0: float, y0: float, x1: float, y1: float, color: Color = WHITE, width: float = 1
) -> None:
    """A straight line with round ends."""
    _host.draw_shape("line", x0, y0, x1, y1, width, _rgba(color))


def polyline(points: Sequence[tuple[float, float]], color: Color = WHITE, width: float = 1) -> None:
    """Lines from point to point."""
    rgba = _rgba(color)
    for i in range(1, len(points)):
        _host.draw_shape("line", *points[i - 1], *points[i], width, rgba)


def disc(x: float, y: float, radius: float, color: Color = WHITE) -> None:
    """A filled circle."""
    _host.draw_shape("disc", x, y, radius, 0, 0, _rgba(color))


def text(x: float, y: float, words: str, color: Color = WHITE, scale: int = 1) -> int:
    """One line of text; returns its width.

    Capitals are 7 * scale pixels high, tails go 2 * scale below.
    """
    return _host.draw_text(x, y, words.replace("\0", " "), scale, _rgba(color))


def clip(x: int, y: int, width: int, height: int) -> None:
    """Draw inside of this part only, from now on to the end of this draw."""
    _host.draw_clip(x, y, width, height)


def _rgba(color: Color) -> tuple[float, ...]:
    numbers = tuple(color)
    if len(numbers) == 3:
        return (*numbers, 1.0)
    if len(numbers) != 4:
        raise ValueError(f"a colour is three or four numbers, got {color!r}")
    return numbers
