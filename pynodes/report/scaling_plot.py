"""How a sweep scales, drawn: times of all lines on one scale, and their speed-up beside them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

from pynodes.report.figures import MAX_LINES, MAX_PANELS, Line, Panel, Scaling
from pynodes.report.legend import draw_legend
from pynodes.report.palette import Palette
from pynodes.sweep.stats import Interval

_MARKERS = "osD^vPX*"
_DASHED = (0, (4, 2.5))
_DOTTED = (0, (1.2, 2.4))
_LINEAR_MOST = 16  # threads; more are shown by their logarithm


def draw_scaling(figure: Any, palette: Palette, narrow: bool, scaling: Scaling) -> None:
    """A row a panel: times on one scale, and speed-up beside them; below them when narrow."""
    panels = scaling.panels[:MAX_PANELS]
    rows, columns = (2 * len(panels), 1) if narrow else (len(panels), 2)
    places = iter(figure.subplots(rows, columns, squeeze=False).flat)
    for panel in panels:
        times, gains = next(places), next(places)
        _draw_times(times, palette, panel, scaling)
        _draw_gains(gains, palette, panel, scaling)
        if panel.title:
            times.set_title(panel.title)
        if panel is panels[-1]:
            for ax in (times, gains):
                ax.set_xlabel("threads")
    _scaling_legend(figure, palette, narrow, scaling)


def _top(scaling: Scaling) -> float:
    """Where the axis of speed-up ends: what was measured decides, not the ideal line."""
    best = max((_high(gain) for line in scaling.lines for gain in line.gains), default=1.0)
    threads = max((point.threads for point in scaling.points), default=1)
    return max(best * 1.12, min(scaling.cores or 1, threads) * 1.12, 1.3)


def _low(found: Interval) -> float:
    return found.value if found.low is None else min(found.low, found.value)


def _high(found: Interval) -> float:
    return found.value if found.high is None else max(found.high, found.value)


def _draw_times(ax: Any, palette: Palette, panel: Panel, scaling: Scaling) -> None:
    """Medians, with the range of the runs."""
    longest = max(max(point.cell.values()) for point in scaling.points)
    scale, unit = (1.0, "s") if longest >= 1 else (1e3, "ms")
    for line in panel.lines:
        runs = [[value * scale for value in point.cell.values()] for point in line.curve.points]
        _draw_line(ax, palette, line, [(median(each), min(each), max(each)) for each in runs])
    _draw_threads(ax, palette, panel, scaling)
    ax.set_ylabel(f"time ({unit}), lower is better")
    ax.set_ylim(0, longest * scale * 1.08)


def _draw_gains(ax: Any, palette: Palette, panel: Panel, scaling: Scaling) -> None:
    threads = _threads(panel)
    first, last = threads[0], threads[-1]
    is_log = last > _LINEAR_MOST
    bottom = 0.0
    if is_log:
        ax.set_yscale("log", base=2)
        bottom = min([0.8, *(_low(gain) * 0.9 for line in scaling.lines for gain in line.gains)])
    for base in {line.first.threads or 1 for line in panel.lines}:
        ends, ideal = [float(base), float(last)], [1.0, last / base]
        ax.plot(ends, ideal, color=palette["muted"], linewidth=1.5, linestyle=_DOTTED, zorder=1.5)
    for line in panel.lines:
        if line.fit_holds:
            steps = [first + (last - first) * i / 60 for i in range(61)]
            fitted = [line.fitted(n) for n in steps]
            color = palette.curves[line.color % MAX_LINES]
            ax.plot(steps, fitted, color=color, linewidth=1.3, linestyle=_DASHED, alpha=0.9)
        _draw_line(
            ax, palette, line, [(gain.value, _low(gain), _high(gain)) for gain in line.gains]
        )
    _draw_threads(ax, palette, panel, scaling, bottom)
    ax.set_ylabel(f"speed-up, {scaling.first} = 1")
    ax.set_ylim(bottom, _top(scaling))
    if is_log:
        from matplotlib.ticker import FuncFormatter, NullLocator

        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_locator(NullLocator())


def _threads(panel: Panel) -> list[int]:
    return sorted({point.threads for line in panel.lines for point in line.curve.points})


def _draw_threads(
    ax: Any, palette: Palette, panel: Panel, scaling: Scaling, bottom: float = 0.0
) -> None:
    """The axis of threads, and from where on they are more than the cores."""
    threads = _threads(panel)
    first, last = threads[0], threads[-1]
    is_log = last > _LINEAR_MOST
    ax.grid(axis="y")
    if is_log:
        ax.set_xscale("log", base=2)
    right = last * 1.15 if is_log else last + 0.06 * (last - first)
    left = first * 0.9 if is_log else first - 0.06 * (last - first)
    cores = scaling.cores
    if cores is not None and first <= cores < last:
        ax.axvspan(cores, right, color=palette["shade"], linewidth=0, zorder=0)
        ax.annotate(
            f"more threads than cores ({cores})",
            (right, bottom),
            xytext=(-6, 6),
            textcoords="offset points",
            ha="right",
            va="bottom",
            color=palette["muted"],
            fontsize="small",
        )
    ax.set_xlim(left, right)
    _thread_ticks(ax, threads)


def _thread_ticks(ax: Any, threads: list[int]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    shown = threads if len(threads) <= 10 else threads[:: math.ceil(len(threads) / 10)]
    ax.xaxis.set_major_locator(FixedLocator(shown))
    ax.xaxis.set_major_formatter(FixedFormatter([str(number) for number in shown]))
    ax.xaxis.set_minor_locator(NullLocator())


def _draw_line(
    ax: Any, palette: Palette, line: Line, found: Sequence[tuple[float, float, float]]
) -> None:
    """Values over threads, each with its lower and upper end."""
    number = line.color % MAX_LINES
    color = palette.curves[number]
    threads = [point.threads for point in line.curve.points]
    values = [value for value, _, _ in found]
    ax.plot(threads, values, color=color, linewidth=2.2, zorder=2.5)
    below = [value - low for value, low, _ in found]
    above = [high - value for value, _, high in found]
    ax.errorbar(
        threads,
        values,
        yerr=[below, above],
        fmt=_MARKERS[number],
        color=color,
        markersize=9,
        markeredgecolor=palette["surface"],
        markeredgewidth=1.2,
        capsize=5,
        elinewidth=1.8,
        capthick=1.8,
        zorder=3,
    )


def _scaling_legend(figure: Any, palette: Palette, narrow: bool, scaling: Scaling) -> None:
    from matplotlib.lines import Line2D

    lines = {line.name: line.color % MAX_LINES for line in scaling.lines}
    marked: dict[str, Any] = {
        "markersize": 9,
        "markeredgecolor": palette["surface"],
        "linewidth": 2.2,
    }
    handles = [
        Line2D(
            [], [], color=palette.curves[n], marker=_MARKERS[n], label=name or "measured", **marked
        )
        for name, n in lines.items()
    ]
    if any(line.fit_holds for line in scaling.lines):
        only = palette.curves[0] if len(lines) == 1 else palette["muted"]
        handles.append(Line2D([], [], color=only, linewidth=1.3, linestyle=_DASHED, label="fit"))
    handles.append(
        Line2D([], [], color=palette["muted"], linewidth=1.5, linestyle=_DOTTED, label="ideal")
    )
    draw_legend(figure, handles, narrow)
