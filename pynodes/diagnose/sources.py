"""The program's own sources, where they can be read: the lines around a place."""

from __future__ import annotations

from pynodes import files

_AROUND = 1
_MOST = 64 << 20  # bytes: a generator may have written it
_WIDTH = 200

Line = tuple[int, str]


def lines_of(path: str) -> list[str]:
    """Of a text; empty where it cannot be read."""
    try:
        data = files.read(path, _MOST)
    except (OSError, ValueError):
        return []
    return data.decode(errors="replace").split("\n")


def around(path: str, line: int) -> tuple[Line, ...]:
    """The lines around one, with their numbers; none where the file is gone, or is shorter."""
    lines = lines_of(path) if path.startswith("/") else []
    if not 0 < line <= len(lines):
        return ()
    first = max(1, line - _AROUND)
    shown = lines[first - 1 : line + _AROUND]
    return tuple((first + i, text.rstrip()[:_WIDTH].expandtabs(4)) for i, text in enumerate(shown))
