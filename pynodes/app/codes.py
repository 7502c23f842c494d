"""Event codes: what an event callback gets as its first argument.

A letter or digit is its lower-case ASCII code, so `code == ord("q")` works as well as `codes.Q`.
The value that comes with a code is 1 for a press and 0 for a release; for MOUSEX and MOUSEY it is
the coordinate.
"""

from __future__ import annotations

LEFTMOUSE = 1
MIDDLEMOUSE = 2
RIGHTMOUSE = 3
MOUSEX = 4
MOUSEY = 5
WHEELUPMOUSE = 10
WHEELDOWNMOUSE = 11
REDRAW = 18

ZERO, ONE, TWO, THREE, FOUR, FIVE, SIX, SEVEN, EIGHT, NINE = range(48, 58)
A, B, C, D, E, F, G, H, I, J, K, L, M = range(97, 110)  # noqa: E741
N, O, P, Q, R, S, T, U, V, W, X, Y, Z = range(110, 123)  # noqa: E741

LEFTARROW = 137
DOWNARROW = 138
RIGHTARROW = 139
UPARROW = 140
LEFTSHIFT = 217
ESC = 218
TAB = 219
RETURN = 220
SPACE = 221
BACKSPACE = 223
DELETE = 224

CODES: dict[str, int] = {
    name: value for name, value in list(globals().items()) if name.isupper() and name != "CODES"
}
"""All of the names above."""

NAMES: dict[int, str] = {value: name for name, value in CODES.items()}
