"""A flame graph of a profile, as one `<svg>` that stands alone.

A row is a depth of calls, nodes at the top; widths are true to processor time. What each box is
stands in its title, which viewers show under the pointer; no script is needed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from html import escape
from pathlib import PurePath
from typing import NamedTuple

from pynodes import printable
from pynodes.profile.calls import Call, Place
from pynodes.profile.speedscope import label
from pynodes.words import duration, percent, plural

_WIDTH, _SIDE, _TOP = 1200, 12, 64
_ROW, _GAP = 19, 1
_LEAST = 0.4  # narrower boxes, in pixels, are left out: one says so
_LETTER = 6.7
_MAX_ROWS = 70
_FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"
# Fill on light and on dark. A node; then functions, by file.
_NODE = ("#0b7a5b", "#2fb58c")
_FILLS = (
    ("#f3b562", "#b5782a"), ("#ee9a5d", "#ad6128"), ("#f2c879", "#a8852f"), ("#e8a27c", "#a05a3a"),
    ("#d9bf6d", "#8a7532"), ("#f0ac8b", "#9b5b45"),
)  # fmt: skip
_CUT = ("#b9bcc2", "#5c626c")


class _Box(NamedTuple):
    place: Place
    row: int
    begin_s: float
    total_s: float
    own_s: float
    samples: int


def draw(root: Call, title: str) -> str:
    """The graph of a tree of calls.

    Args:
        title: what it is of.
    """
    whole_s = root.total_s or 1.0
    boxes = list(_boxes(root))
    scale = (_WIDTH - 2 * _SIDE) / whole_s
    shown = [box for box in boxes if box.total_s * scale >= _LEAST and box.row < _MAX_ROWS]
    rows = 1 + max((box.row for box in shown), default=0)
    height = _TOP + rows * _ROW + 28
    samples = plural(root.total_samples, "stack")
    about = f"{duration(root.total_s)} of processor time in Python nodes, {samples}"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pn-fl" role="img"'
            f' viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
            f' style="max-width:100%;height:auto">'
        ),
        f"<title>{_text(title)}: {about}</title>",
        f"<style>{_style()}</style>",
        f'<rect class="pn-fl-page" width="{_WIDTH}" height="{height}"/>',
        f'<text class="pn-fl-head" x="{_SIDE}" y="26">{_text(title)}</text>',
        f'<text class="pn-fl-about" x="{_SIDE}" y="47">{about}</text>',
    ]
    parts += (_drawn(box, scale, whole_s) for box in shown)
    left = len(boxes) - len(shown)
    note = "width: time; below a box: what it calls"
    if left:
        note += f"; {plural(left, 'place')} too narrow or deep to draw"
    parts += [f'<text class="pn-fl-about" x="{_SIDE}" y="{height - 10}">{note}</text>', "</svg>"]
    return "\n".join(parts) + "\n"


def _boxes(root: Call) -> Iterator[_Box]:
    """Every call with its place in the drawing; the widest first, side by side."""
    totals = _totals(root)
    rest = [(call, 0, begin_s) for call, begin_s in _row(root, 0.0, totals)]
    while rest:
        call, row, begin_s = rest.pop()
        total_s, samples = totals[id(call)]
        yield _Box(call.place, row, begin_s, total_s, call.own_s, samples)
        rest += ((each, row + 1, at_s) for each, at_s in _row(call, begin_s, totals))


def _row(
    call: Call, begin_s: float, totals: dict[int, tuple[float, int]]
) -> Iterator[tuple[Call, float]]:
    for each in sorted(call.calls.values(), key=lambda below: -totals[id(below)][0]):
        yield each, begin_s
        begin_s += totals[id(each)][0]


def _totals(root: Call) -> dict[int, tuple[float, int]]:
    """Time and samples of every call with all below it: those below come first."""
    found: dict[int, tuple[float, int]] = {}
    for _, call in reversed(list(root.walk())):
        below = [found[id(each)] for each in call.calls.values()]
        total_s = call.own_s + sum(seconds for seconds, _ in below)
        found[id(call)] = total_s, call.samples + sum(samples for _, samples in below)
    return found


def _drawn(box: _Box, scale: float, whole_s: float) -> str:
    place = box.place
    x, y = _SIDE + box.begin_s * scale, _TOP + box.row * _ROW
    width = box.total_s * scale
    drawn = max(width - _GAP, _LEAST)
    line = f":{place.line}" if place.function else ""
    name = label(place) + line
    said = f"{name}\n{duration(box.total_s)}, {percent(box.total_s / whole_s, 1)}"
    said += f"; itself {duration(box.own_s)}; {plural(box.samples, 'stack')}"
    if place.file:
        said += f"\n{place.file}:{place.line}"
    if place.tree:
        said += f"\nnode of tree {place.tree}"
    if not place.node and not place.function:
        said += "\ncalls left out: the stack was too deep"
    rect = (
        f'<rect class="{_class(place)}" x="{x:.2f}" y="{y}" width="{drawn:.2f}"'
        f' height="{_ROW - _GAP}" rx="2"/>'
    )
    room = int((width - 8) / _LETTER)
    text = ""
    if room >= 3:
        shown = name if len(name) <= room else _shortened(label(place), line, room)
        text = f'<text x="{x + 4:.2f}" y="{y + 13}">{_text(shown)}</text>'
    return f"<g><title>{_text(said)}</title>{rect}{text}</g>"


def _shortened(name: str, line: str, room: int) -> str:
    """A name in so many letters: its line is kept, for that says which of several it is."""
    left = room - len(line)
    if line and 0 <= left < 2:
        return line
    return f"{name[: left - 1]}…{line}" if left > 1 else f"{name[: room - 1]}…"


def _class(place: Place) -> str:
    if place.node:
        return "pn-fl-node"
    if not place.function:
        return "pn-fl-cut"
    name = PurePath(place.file).name + place.function
    return f"pn-fl-{zlib.crc32(name.encode('utf-8', 'replace')) % len(_FILLS)}"


def _style() -> str:
    fills = {"node": _NODE, "cut": _CUT, **{str(i): fill for i, fill in enumerate(_FILLS)}}
    light = "".join(f".pn-fl-{name}{{fill:{fill[0]}}}" for name, fill in fills.items())
    dark = "".join(f".pn-fl-{name}{{fill:{fill[1]}}}" for name, fill in fills.items())
    return (
        f".pn-fl text{{font:11.5px {_FONT};fill:#1c2128;pointer-events:none}}"
        ".pn-fl .pn-fl-node+text{fill:#fff}"
        ".pn-fl .pn-fl-head{font-size:17px;font-weight:600}"
        ".pn-fl .pn-fl-about{fill:#5a626d}"
        ".pn-fl-page{fill:#fff}"
        ".pn-fl g:hover rect{stroke:#1c2128;stroke-width:1.2}"
        f"{light}"
        "@media (prefers-color-scheme:dark){.pn-fl text,.pn-fl .pn-fl-node+text{fill:#f2f4f7}"
        ".pn-fl .pn-fl-about{fill:#a9b1bc}.pn-fl-page{fill:#15181d}"
        ".pn-fl g:hover rect{stroke:#f2f4f7}"
        f"{dark}}}"
    )


def _text(said: str) -> str:
    return escape(printable.text(said))
