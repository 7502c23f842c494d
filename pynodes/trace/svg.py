"""A still picture of a timeline: a lane a thread, coloured by what it was at.

Widths are true to time. Where a pixel's column holds several states their heights are its shares,
so that thousands of short waits show as a band and not as a blur of one colour.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from itertools import groupby, islice

from pynodes import printable
from pynodes.trace.timeline import RENDER_SPAN, Stretch, Thread, Trace

# In words, and the colours on light and on dark: distinguished with any kind of colour vision, and
# by their lightness in print.
SHOWN = {
    "python": ("attached to Python", "#0b7a5b", "#2fb58c"),
    "asleep": ("attached, asleep in the system", "#a3304f", "#e07a92"),
    "collect": ("in a collection", "#8a6d00", "#cfae3d"),
    "calls": ("attached call by call", "#6cc3a5", "#1c6b53"),
    "entry": ("in an entry point", "#7a3e9d", "#b98ad6"),
    "wait": ("waiting to attach", "#e8871e", "#f0a04b"),
    "stopped": ("stopped with all threads", "#c9a227", "#e3c766"),
    "object": ("waiting for an object's lock", "#d6556b", "#ef8fa0"),
    "native": ("native, detached", "#7fb8e6", "#3f78a8"),
    "setup": ("setting up", "#b9bcc2", "#5c626c"),
}
"""From the bottom of a lane to its top."""

# The main thread is shown for what it does during a render.
_OF_MAIN = ("entry", "wait")

_NONE = "none"  # what the lane itself is
_LABEL, _RIGHT, _TOP, _HEAD = 92, 14, 26, 26
_MAX_LANES, _MAX_LABEL = 2048, 40
_LABELLED = 8  # where lanes are too low for a label each, one in so many has one
_FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"


def draw(trace: Trace, *, frame: int | None = None, width: int = 960, heading: str = "") -> str:
    """The timeline of one frame (or, without it, of all that was rendered) as one `<svg>`.

    It carries its own style for light and dark, so it stands alone and inside a page.

    Args:
        width: in pixels; at least 320.
        heading: a line above it, of what it is; none inside a page that says so.
    """
    width = max(width, 320)
    begin, span = _window(trace, frame)
    end = begin + span
    found = trace.all_stretches()
    lanes = {
        thread: stretches
        for thread in trace.threads()
        if (stretches := _cut(found.get(thread, []), begin, end))
        and (trace.is_render_thread(thread) or any(s.state in _OF_MAIN for s in stretches))
    }
    shares = _shares(trace, lanes)
    more = len(lanes) - _MAX_LANES
    drawn = dict(islice(lanes.items(), _MAX_LANES))
    height, gap = _lane_size(len(drawn))
    plot = width - _LABEL - _RIGHT
    bottom = _TOP + len(drawn) * (height + gap)
    seen = {stretch.state for stretches in drawn.values() for stretch in stretches}
    used = [state for state in SHOWN if state in seen]
    covered = sum(s.end - s.begin for stretches in drawn.values() for s in stretches)
    if covered < 0.99 * span * len(drawn):
        used.append(_NONE)
    legend, legend_rows = _legend(used, shares, bottom + 14, width)
    above = _HEAD if heading else 0
    total = above + bottom + 14 + 20 * legend_rows
    said = ": ".join(filter(None, (heading, _in_words(lanes, shares, span))))
    if more > 0:
        said += f"; the first {_MAX_LANES:,} threads are drawn"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pn-tl" role="img"'
            f' viewBox="0 0 {width} {total}" width="{width}" height="{total}"'
            f' style="max-width:100%;height:auto">'
        ),
        f"<title>{_text(said)}</title>",
        f"<style>{_style()}</style>",
        f'<text class="pn-tl-head" x="14" y="20">{_text(heading)}</text>' if heading else "",
        f'<g transform="translate(0 {above})">',
        f'<g class="pn-tl-axis">{"".join(_axis(span, plot, bottom))}</g>',
    ]
    for place, (thread, stretches) in enumerate(drawn.items()):
        top = _TOP + place * (height + gap)
        label = trace.label(thread) if height >= 12 or place % _LABELLED == 0 else ""
        parts.append(_lane(_short(label), stretches, begin, span, plot, top, height))
    parts += [legend, "</g></svg>"]
    return "\n".join(filter(None, parts)) + "\n"


def _window(trace: Trace, frame: int | None) -> tuple[float, float]:
    """When the frame (or all frames) began to be rendered and how long that took.

    The whole trace when that is not known.
    """
    spans = [
        span
        for span in trace.spans
        if span.name == RENDER_SPAN
        and span.category == "frame"
        and (frame is None or span.args.get("frame") == frame)
    ]
    if not spans:
        spans = list(trace.spans)
    if not spans:
        return 0.0, 1.0
    begin = min(span.begin for span in spans)
    return begin, max(0.001, max(span.end for span in spans) - begin)


def _cut(stretches: list[Stretch], begin: float, end: float) -> list[Stretch]:
    return [
        Stretch(max(s.begin, begin), min(s.end, end), s.state)
        for s in stretches
        if s.end > begin and s.begin < end
    ]


def _shares(trace: Trace, lanes: dict[Thread, list[Stretch]]) -> dict[str, float]:
    """Of the time of all render threads, the share in each state."""
    spent = dict.fromkeys(SHOWN, 0.0)
    for thread, stretches in lanes.items():
        if trace.is_render_thread(thread):
            for stretch in stretches:
                spent[stretch.state] += stretch.end - stretch.begin
    total = sum(spent.values()) or 1.0
    return {state: time / total for state, time in spent.items()}


def _lane_size(lanes: int) -> tuple[int, int]:
    """Height of a lane, and of the gap below it."""
    if lanes <= 12:
        return 20, 5
    return (12, 3) if lanes <= 40 else (4, 1)


def _in_words(lanes: dict[Thread, list[Stretch]], shares: dict[str, float], span: float) -> str:
    parts = [f"{SHOWN[state][0]} {shares[state]:.0%}" for state in SHOWN if shares[state] >= 0.005]
    noun = "thread" if len(lanes) == 1 else "threads"
    return f"Timeline of {len(lanes)} {noun} over {_time(span, span)}: {', '.join(parts) or 'idle'}"


def _style() -> str:
    light = "".join(f".pn-tl-{state}{{fill:{row[1]}}}" for state, row in SHOWN.items())
    dark = "".join(f".pn-tl-{state}{{fill:{row[2]}}}" for state, row in SHOWN.items())
    return (
        f".pn-tl text{{font:12px {_FONT};fill:#3a3f47}}"
        ".pn-tl .pn-tl-head{font-size:15px;font-weight:600}"
        ".pn-tl-axis line{stroke:#8a919c;stroke-opacity:.35}"
        f".pn-tl-lane,.pn-tl-{_NONE}{{fill:#8a919c;fill-opacity:.13}}"
        f"{light}"
        "@media (prefers-color-scheme:dark){.pn-tl text{fill:#d5d9df}"
        f"{dark}}}"
    )


def _time(us: float, span: float) -> str:
    """A time in the unit that suits the whole span."""
    if span >= 2e6:
        return f"{us / 1e6:.3g} s"
    return f"{us / 1e3:.3g} ms" if span >= 2e3 else f"{us:.3g} us"


def _axis(span: float, plot: int, bottom: int) -> Iterator[str]:
    step = _step(span / max(plot / 110, 1))
    for number in range(int(span / step) + 1):
        x = _LABEL + number * step / span * plot
        yield f'<line x1="{x:.1f}" y1="{_TOP - 4}" x2="{x:.1f}" y2="{bottom}"/>'
        yield (
            f'<text x="{x:.1f}" y="{_TOP - 10}" text-anchor="middle">'
            f"{_time(number * step, span)}</text>"
        )


def _step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-3)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * 0.999)


def _lane(
    label: str,
    stretches: list[Stretch],
    begin: float,
    span: float,
    plot: int,
    top: int,
    height: int,
) -> str:
    parts = [f'<rect class="pn-tl-lane" x="{_LABEL}" y="{top}" width="{plot}" height="{height}"/>']
    if label:
        middle = top + height / 2 + 4
        parts.append(
            f'<text x="{_LABEL - 8}" y="{middle:.0f}" text-anchor="end">{_text(label)}</text>'
        )
    drawn: dict[str, list[str]] = {}
    for x, width, bands in _runs(_columns(stretches, begin, span, plot), height):
        y = top + height
        for state, size in bands:
            y -= size
            drawn.setdefault(state, []).append(f"M{_LABEL + x} {y}h{width}v{size}h-{width}z")
    parts += [f'<path class="pn-tl-{state}" d="{"".join(d)}"/>' for state, d in drawn.items()]
    return "<g>" + "".join(parts) + "</g>"


def _short(label: str) -> str:
    return label if len(label) <= _MAX_LABEL else f"{label[: _MAX_LABEL - 1]}…"


def _columns(
    stretches: list[Stretch], begin: float, span: float, plot: int
) -> list[dict[str, float]]:
    """Per pixel the share of its time in each state."""
    columns: list[dict[str, float]] = [{} for _ in range(plot)]
    scale = plot / span
    for stretch in stretches:
        left, right = (stretch.begin - begin) * scale, (stretch.end - begin) * scale
        for x in range(int(left), min(math.ceil(right), plot)):
            share = min(right, x + 1) - max(left, x)
            columns[x][stretch.state] = columns[x].get(stretch.state, 0.0) + share
    return columns


def _runs(
    columns: list[dict[str, float]], height: int
) -> Iterator[tuple[int, int, tuple[tuple[str, int], ...]]]:
    """Neighbours that look alike, as one: place, width, and the states with their heights."""
    begin = 0
    for bands, group in groupby(columns, key=lambda column: _bands(column, height)):
        width = len(list(group))
        if bands:
            yield begin, width, bands
        begin += width


def _bands(column: dict[str, float], height: int) -> tuple[tuple[str, int], ...]:
    """Whole pixels for each state, from the bottom; they never add up to more than `height`."""
    bands = []
    total, y = 0.0, 0
    for state in SHOWN:
        total += column.get(state, 0.0)
        top = min(round(total * height), height)
        if top > y:
            bands.append((state, top - y))
            y = top
    return tuple(bands)


def _legend(used: list[str], shares: dict[str, float], top: int, width: int) -> tuple[str, int]:
    parts = []
    x, rows = _LABEL, 1
    for state in used:
        share = f" {shares[state]:.0%}" if shares.get(state, 0) > 0 else ""
        text = f"{SHOWN[state][0]}{share}" if state in SHOWN else "none of these"
        wide = 22 + 7 * len(text)
        if x > _LABEL and x + wide > width:
            x, rows = _LABEL, rows + 1
        y = top + 20 * (rows - 1)
        parts.append(f'<rect class="pn-tl-{state}" x="{x}" y="{y}" width="12" height="12" rx="2"/>')
        parts.append(f'<text x="{x + 17}" y="{y + 10}">{text}</text>')
        x += wide + 8
    return "<g>" + "".join(parts) + "</g>", rows


def _text(said: str) -> str:
    return escape(printable.text(said))
