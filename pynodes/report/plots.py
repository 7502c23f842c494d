"""Figures drawn with matplotlib (extra `plot`), for the page or as files.

For the page a drawing is an SVG whose colours come from the page's theme, once wide and once
narrow. Files come in a light and a dark variant. Colours suit any colour vision and never stand
alone: curves have markers and dashes, bars have hatches, squares have numbers.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any
from warnings import catch_warnings

from pynodes import outputs, printable
from pynodes.errors import CannotStartError
from pynodes.report import figures
from pynodes.report.figures import MAX_LINES, PARTS, Bar, HeatMap, Line, Panel, Scaling
from pynodes.report.palette import DARK, LIGHT, STAND_INS, Palette
from pynodes.report.svg import inline
from pynodes.sweep.stats import Interval

FORMATS = ("svg", "png")

_MARKERS = "osD^vPX*"
_DASHED = (0, (4, 2.5))
_DOTTED = (0, (1.2, 2.4))
_HEAT_MOST = 0.78  # a stronger colour would make the numbers hard to read
_NAME_MOST = 40  # characters; a longer name would leave no room for the figure
_HATCHES = {
    **dict.fromkeys(("processor", "native", "python"), ""),
    "core": "\\\\\\\\",
    "wait": "////",
    "other": "..",
}


_STYLE: dict[str, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.facecolor": "none",
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.linewidth": 1.0,
    "hatch.linewidth": 1.2,
    "legend.frameon": False,
    "svg.fonttype": "none",
    "text.parse_math": False,
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.06,
}
_SIZED = ("font.size", "axes.titlesize", "axes.labelsize", "legend.fontsize")
_COLORED = {
    "ink": "axes.titlecolor text.color xtick.labelcolor ytick.labelcolor",
    "muted": "axes.labelcolor axes.edgecolor xtick.color ytick.color",
    "grid": "grid.color",
}


def check_matplotlib() -> None:
    """Raises `CannotStartError` when plots cannot be drawn."""
    try:
        import matplotlib  # noqa: F401

        import pynodes.arrays  # noqa: F401 - it brings NumPy
    except ImportError as error:
        raise CannotStartError(
            f"plots need matplotlib: {error}",
            help="python3 -m pip install 'pynodes[plot]'",
        ) from None


def has_matplotlib() -> bool:
    try:
        check_matplotlib()
    except CannotStartError:
        return False
    return True


Draw = Callable[[Any, Palette, bool], None]


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure that can be drawn at two widths."""

    name: str
    label: str
    draw: Draw
    height: float
    narrow_height: float


def scaling_plot(name: str, scaling: Scaling) -> Plot:
    """Speed-up curves with the ideal line and the fits."""
    scaling = _printable(scaling)
    shown = min(len(scaling.panels), figures.MAX_PANELS)
    wide_rows = math.ceil(shown / _columns(shown))
    return Plot(
        name,
        f"Speed-up against {scaling.base}, over threads; the numbers are in the table below",
        lambda figure, palette, narrow: _draw_scaling(figure, palette, narrow, scaling),
        5.4 if shown == 1 else 0.9 + 3.9 * wide_rows,
        4.8 if shown == 1 else 1.0 + 3.4 * shown,
    )


def time_plot(name: str, bars: tuple[Bar, ...]) -> Plot:
    """Thread time of each cell, stacked by what it was spent on."""
    bars = _printable(bars[: figures.MAX_BARS])
    groups = len(dict.fromkeys(bar.group for bar in bars if bar.group))
    return Plot(
        name,
        "Thread time by what it was spent on; the numbers are in the table below",
        lambda figure, palette, narrow: _draw_time(figure, palette, narrow, bars),
        1.5 + 0.31 * len(bars) + 0.3 * groups,
        1.9 + 0.34 * len(bars) + 0.42 * groups,
    )


def heat_plot(name: str, heat: HeatMap) -> Plot:
    """Pixels that differ, a square for each pair of settings."""
    heat = _printable(heat)
    return Plot(
        name,
        "Pixels that differ; the numbers are in the squares",
        lambda figure, palette, narrow: _draw_heat(figure, palette, narrow, heat),
        1.5 + 0.55 * len(heat.rows),
        1.5 + 0.5 * len(heat.rows),
    )


def _printable(figure: Any) -> Any:
    """The same figure, or a part of it, with names that fonts and XML have, cut where too long.

    The tables beside it have them whole.
    """
    match figure:
        case str():
            name = printable.line(figure)
            return name if len(name) <= _NAME_MOST else f"{name[: _NAME_MOST - 1]}…"
        case tuple():
            return tuple(map(_printable, figure))
        case Scaling() | Panel() | Line() | Bar() | HeatMap():
            parts = {field.name: getattr(figure, field.name) for field in fields(figure)}
            return replace(figure, **{name: _printable(part) for name, part in parts.items()})
    return figure


def for_page(plot: Plot) -> tuple[str, str]:
    """The plot as two SVG elements: wide and narrow."""
    colors = {color: f"var(--plot-{role})" for role, color in STAND_INS.roles.items()}
    colors |= {color: f"var(--curve-{i})" for i, color in enumerate(STAND_INS.curves)}

    def drawn(narrow: bool, name: str) -> str:
        drawing = _render(plot, STAND_INS, narrow, "svg", name).decode()
        return inline(drawing, name, plot.label, colors)

    return drawn(False, plot.name), drawn(True, f"{plot.name}-narrow")


def write_files(plots: list[Plot], folder: Path, formats: tuple[str, ...]) -> list[Path]:
    """Write each plot as `NAME.FORMAT` and `NAME-dark.FORMAT`.

    Raises:
        PynodesError: the folder cannot be made or written to.
    """
    check_matplotlib()
    written = []
    try:
        outputs.make_folder(folder)
        for plot in plots:
            for kind in formats:
                for palette, suffix in ((LIGHT, ""), (DARK, "-dark")):
                    path = folder / f"{plot.name}{suffix}.{kind}"
                    path.write_bytes(_render(plot, palette, False, kind, plot.name))
                    written.append(path)
    except OSError as error:
        raise CannotStartError(
            f"cannot write plots: {error.strerror or error}",
            str(error.filename or folder),
            "name a folder that can be written to with --plots",
        ) from None
    return written


def _render(plot: Plot, palette: Palette, narrow: bool, kind: str, salt: str) -> bytes:
    check_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    colors = {key: palette[role] for role, keys in _COLORED.items() for key in keys.split()}
    sizes = dict.fromkeys(_SIZED, 12.5 if narrow else 14)
    with rc_context({**_STYLE, **colors, **sizes, "svg.hashsalt": salt}):
        width = 4.7 if narrow else 12.4
        height = plot.narrow_height if narrow else plot.height
        figure = Figure(figsize=(width, height), layout="constrained")
        plot.draw(figure, palette, narrow)
        out = io.BytesIO()
        is_stand_in = palette is STAND_INS
        with catch_warnings(action="ignore"):  # a name in a script that the font does not have
            figure.savefig(
                out,
                format=kind,
                transparent=is_stand_in,
                facecolor="none" if is_stand_in else palette["surface"],
                dpi=72 if kind == "svg" else 150,
                metadata={"Date": None} if kind == "svg" else None,
            )
    return out.getvalue()


# --- speed-up ---


def _columns(panels: int) -> int:
    return 1 if panels == 1 else 2 if panels in (2, 4) else 3


def _draw_scaling(figure: Any, palette: Palette, narrow: bool, scaling: Scaling) -> None:
    panels = scaling.panels[: figures.MAX_PANELS]
    columns = 1 if narrow else _columns(len(panels))
    rows = math.ceil(len(panels) / columns)
    axes = figure.subplots(rows, columns, squeeze=False, sharey=len(panels) > 1)
    for at, panel in enumerate(panels):
        ax = axes[at // columns][at % columns]
        _draw_panel(ax, palette, panel, scaling)
        if at % columns == 0:
            ax.set_ylabel(f"speed-up against {scaling.base}")
        if at >= len(panels) - columns:
            ax.set_xlabel("threads")
        if panel.title:
            ax.set_title(panel.title)
    for at in range(len(panels), rows * columns):
        axes[at // columns][at % columns].set_axis_off()
    _scaling_legend(figure, palette, narrow, scaling)


def _top(scaling: Scaling) -> float:
    """Where the axis ends: what was measured decides, not the ideal line."""
    best = max((_high(point.speedup) for point in scaling.points), default=1.0)
    threads = max((point.threads for point in scaling.points), default=1)
    return max(best * 1.12, min(scaling.cores or 1, threads) * 1.12, 1.3)


def _low(found: Interval) -> float:
    return found.value if found.low is None else min(found.low, found.value)


def _high(found: Interval) -> float:
    return found.value if found.high is None else max(found.high, found.value)


def _draw_panel(ax: Any, palette: Palette, panel: Panel, scaling: Scaling) -> None:
    threads = sorted({point.threads for line in panel.lines for point in line.curve.points})
    first, last = threads[0], threads[-1]
    is_log = last > 16
    top = _top(scaling)
    bottom = 0.0
    ax.grid(axis="y")
    if is_log:
        ax.set_xscale("log", base=2)
        ax.set_yscale("log", base=2)
        bottom = min([0.8, *(_low(point.speedup) * 0.9 for point in scaling.points)])
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
    for base in {line.fewest for line in panel.lines}:
        ends = [float(base), float(last)]
        ideal = [1.0, last / base]
        ax.plot(ends, ideal, color=palette["muted"], linewidth=1.5, linestyle=_DOTTED, zorder=1.5)
    for line in panel.lines:
        _draw_line(ax, palette, line)
    ax.set_xlim(left, right)
    ax.set_ylim(bottom, top)
    _thread_ticks(ax, threads)
    if is_log:
        from matplotlib.ticker import FuncFormatter, NullLocator

        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_locator(NullLocator())


def _thread_ticks(ax: Any, threads: list[int]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    shown = threads if len(threads) <= 10 else threads[:: math.ceil(len(threads) / 10)]
    ax.xaxis.set_major_locator(FixedLocator(shown))
    ax.xaxis.set_major_formatter(FixedFormatter([str(number) for number in shown]))
    ax.xaxis.set_minor_locator(NullLocator())


def _draw_line(ax: Any, palette: Palette, line: Line) -> None:
    number = line.color % MAX_LINES
    color = palette.curves[number]
    points = line.curve.points
    threads = [point.threads for point in points]
    ratios = [point.speedup.value for point in points]
    if line.fit_holds:
        first, last = threads[0], threads[-1]
        steps = [first + (last - first) * i / 60 for i in range(61)]
        fitted = [line.fitted(n) for n in steps]
        ax.plot(steps, fitted, color=color, linewidth=1.3, linestyle=_DASHED, alpha=0.9)
    ax.plot(threads, ratios, color=color, linewidth=2.2, zorder=2.5)
    below = [point.speedup.value - _low(point.speedup) for point in points]
    above = [_high(point.speedup) - point.speedup.value for point in points]
    ax.errorbar(
        threads,
        ratios,
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
    marked = {"markersize": 9, "markeredgecolor": palette["surface"], "linewidth": 2.2}
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
    _legend(figure, handles, narrow)


def _legend(figure: Any, handles: list[Any], narrow: bool) -> None:
    """Above the axes, in as many columns as there is room for, row after row."""
    widths = [len(handle.get_label()) + 7 for handle in handles]
    room = 42 if narrow else 112
    columns = len(handles) if sum(widths) <= room else max(1, room // max(widths))
    columns = min(columns, len(handles))
    figure.legend(
        # matplotlib fills column after column
        handles=[handles[i] for c in range(columns) for i in range(c, len(handles), columns)],
        loc="outside upper left",
        ncols=columns,
        handlelength=2.2,
        borderpad=0.1,
        columnspacing=1.6,
    )


# --- where the time went ---


def _draw_time(figure: Any, palette: Palette, narrow: bool, bars: tuple[Bar, ...]) -> None:
    from matplotlib.patches import Patch

    ax = figure.subplots()
    ax.grid(axis="x")
    longest = max((bar.total for bar in bars), default=1.0)
    scale, unit = (1.0, "s") if longest >= 1 else (1e3, "ms")
    look = {part: {"edgecolor": palette["surface"], "hatch": _HATCHES[part]} for part in PARTS}
    at = 0.0
    group = ""
    ticks: list[float] = []
    for bar in bars:
        if bar.group != group:
            group = bar.group
            at += 0.35 if ticks else 0.0
            if group:
                ax.text(0, at, group, fontweight="bold", va="center", ha="left", clip_on=False)
                at += 0.9
        left = 0.0
        for part in PARTS:
            width = bar.parts.get(part, 0.0) * scale
            if width <= 0:
                continue
            bar_look = {"color": palette[part], "linewidth": 0.6, **look[part]}
            ax.barh(at, width, left=left, height=0.72, **bar_look)
            left += width
        ticks.append(at)
        at += 1.0
    ax.set_yticks(ticks, [bar.label for bar in bars])
    ax.set_ylim(at - 0.4, -0.6)
    ax.set_xlim(0, longest * scale * 1.02 or 1.0)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.set_xlabel(f"thread time of a run ({unit})")
    present = figures.present_parts(bar.parts for bar in bars)
    handles = [
        Patch(facecolor=palette[part], label=figures.PART_NAMES[part], **look[part])
        for part in present
    ]
    _legend(figure, handles, narrow)


# --- pixels that differ ---


def heat_share(value: int, worst: int) -> float:
    """How strong the colour of a square is, 0 to 1, by the logarithm of the pixels."""
    if value <= 0 or worst <= 0:
        return 0.0
    strength: float = (math.log1p(value) / math.log1p(worst)) ** 1.5
    return 0.25 + 0.75 * strength


def _draw_heat(figure: Any, palette: Palette, narrow: bool, heat: HeatMap) -> None:
    from matplotlib.patches import Rectangle

    ax = figure.subplots()
    for y, row in enumerate(heat.squares):
        for x, square in enumerate(row):
            if square is None:
                continue
            value = square.value
            share = heat_share(value or 0, heat.worst)
            ax.add_patch(
                Rectangle(
                    (x + 0.03, y + 0.04),
                    0.94,
                    0.92,
                    facecolor=palette["bad"] if share else palette["shade"],
                    alpha=share * _HEAT_MOST or 1.0,
                    linewidth=0,
                )
            )
            text = square.verdict if value is None else f"{value:,}"
            ax.text(
                x + 0.5,
                y + 0.5,
                text,
                ha="center",
                va="center",
                fontsize="small" if narrow else "medium",
                color=palette["ink"] if value != 0 else palette["muted"],
            )
    ax.set_xlim(0, len(heat.columns))
    ax.set_ylim(len(heat.rows), 0)
    ax.set_xticks([x + 0.5 for x in range(len(heat.columns))], heat.columns)
    ax.set_yticks([y + 0.5 for y in range(len(heat.rows))], heat.rows)
    ax.set_xlabel(heat.column_axis)
    ax.set_ylabel(heat.row_axis)
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.set_title(heat.title)
