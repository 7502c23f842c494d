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
from pynodes.report.chapter import Chapter
from pynodes.report.figures import PARTS, Bar, HeatMap, Line, Panel, Scaling
from pynodes.report.legend import draw_legend
from pynodes.report.palette import DARK, LIGHT, STAND_INS, Palette
from pynodes.report.scaling_plot import draw_scaling
from pynodes.report.svg import inline

FORMATS = ("svg", "png")

_HEAT_MOST = 0.78  # a stronger colour would make the numbers hard to read
_HEAD = 0.8  # inches of a file
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
    """One figure that can be drawn at two widths; a file of it has a `title`, and what it is of."""

    name: str
    label: str
    draw: Draw
    height: float
    narrow_height: float
    title: str = ""
    about: str = ""


def scaling_plot(name: str, scaling: Scaling) -> Plot:
    """Times over threads, and speed-up with the ideal line and the fits."""
    scaling = _printable(scaling)
    shown = min(len(scaling.panels), figures.MAX_PANELS)
    return Plot(
        name,
        f"Time, and speed-up against the {scaling.first}, over threads; the numbers are in the"
        " table below",
        lambda figure, palette, narrow: draw_scaling(figure, palette, narrow, scaling),
        5.4 if shown == 1 else 0.9 + 3.9 * shown,
        1.0 + 7.2 * shown,
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


def of_chapter(chapter: Chapter) -> list[Plot]:
    """All plots of a sweep, as files have them."""
    name = chapter.sweep.name
    found: list[tuple[str, Plot]] = []
    if chapter.scaling is not None:
        found.append(("time and speed-up", scaling_plot(f"{name}-speed-up", chapter.scaling)))
    if chapter.bars:
        found.append(("where the time went", time_plot(f"{name}-time", chapter.bars)))
    for number, heat in enumerate(chapter.heats, 1):
        found.append(("wrong pixels", heat_plot(f"{name}-wrong-pixels-{number}", heat)))
    machine = chapter.sweep.machine
    processor = str(machine.facts.get("processor") or "")
    about = " · ".join(filter(None, [chapter.subtitle, machine.name, processor]))
    return [replace(plot, title=f"{chapter.title}, {what}", about=about) for what, plot in found]


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
        is_stand_in = palette is STAND_INS
        is_file = not is_stand_in
        figure = Figure(figsize=(width, height + _HEAD * is_file), layout="constrained")
        plot.draw(_below_head(figure, palette, plot) if is_file else figure, palette, narrow)
        out = io.BytesIO()
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


def _below_head(figure: Any, palette: Palette, plot: Plot) -> Any:
    """The part of a file that is left for the figure: above it stands what it is, and of what."""
    head, rest = figure.subfigures(2, 1, height_ratios=(_HEAD, plot.height))
    for part in (head, rest):
        part.set_facecolor("none")
    title, about = printable.line(plot.title), printable.line(plot.about)
    head.text(0.01, 0.9, title, va="top", fontsize=17, fontweight="bold")
    head.text(0.01, 0.35, about, va="top", fontsize="small", color=palette["muted"])
    return rest


# --- where the time went ---


def _draw_time(figure: Any, palette: Palette, narrow: bool, bars: tuple[Bar, ...]) -> None:
    from matplotlib.patches import Patch

    ax = figure.subplots()
    ax.grid(axis="x")
    longest = max((bar.total for bar in bars), default=1.0)
    scale, unit = (1.0, "s") if longest >= 1 else (1e3, "ms")
    look: dict[str, dict[str, Any]] = {
        part: {"edgecolor": palette["surface"], "hatch": _HATCHES[part]} for part in PARTS
    }
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
    draw_legend(figure, handles, narrow)


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
