"""Forecasts as a plot: frames a second over cores, with what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pynodes.predict.forecast import Forecast, title_of
from pynodes.report.axes import settings_name, varying
from pynodes.report.chapter import subtitle_of
from pynodes.report.figures import MAX_LINES
from pynodes.report.legend import draw_legend
from pynodes.report.palette import Palette
from pynodes.report.plots import Plot
from pynodes.store.model import Sweep
from pynodes.sweep.stats import cores_of
from pynodes.words import count

_MARKERS = "osD^vPX*"


def forecast_plot(sweep: Sweep, found: Sequence[Forecast], times: int) -> Plot:
    """One file for all ways of a sweep; those past the eighth are in the text only.

    What was measured is shown where frames are those that were: `times` is 1.
    """
    here = cores_of(sweep) or 1
    large = "" if times == 1 else f", {count(times)} times the tiles"
    processor = str(sweep.machine.facts.get("processor") or "")
    return Plot(
        f"{sweep.name}-predicted",
        "Frames a second over cores, predicted",
        lambda figure, palette, narrow: _draw(
            figure, palette, narrow, sweep, found[:MAX_LINES], times == 1
        ),
        6.2,
        6.2,
        title=f"{title_of(sweep)}{large}: predicted, beyond {here} cores not measured",
        about=" · ".join(filter(None, [subtitle_of(sweep), processor])),
    )


def _draw(
    figure: Any,
    palette: Palette,
    narrow: bool,
    sweep: Sweep,
    found: Sequence[Forecast],
    shows_measured: bool,
) -> None:
    from matplotlib.lines import Line2D

    ax = figure.subplots()
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.grid(axis="y")
    here = cores_of(sweep) or 1
    handles = []
    for number, each in enumerate(found):
        color = palette.curves[number]
        cores = [point.cores for point in each.points]
        best = [1 / point.frame_s for point in each.points]
        worst = [1 / point.slowest_s for point in each.points]
        ax.plot(cores, best, color=color, linewidth=2.2, marker=_MARKERS[number], markersize=7)
        ax.fill_between(cores, worst, best, color=color, alpha=0.18, linewidth=0)
        within = [check for check in each.checks if check.threads <= here and shows_measured]
        ax.plot(
            [check.threads for check in within],
            [1 / check.measured_s for check in within],
            linestyle="none",
            marker="_",
            markersize=18,
            markeredgewidth=3,
            color=palette["ink"],
            zorder=4,
        )
        label = settings_name(each.way.curve.settings, varying(sweep)) or "all"
        look: dict[str, Any] = {
            "color": color,
            "linewidth": 2.2,
            "marker": _MARKERS[number],
            "markersize": 7,
        }
        handles.append(Line2D([], [], label=label, **look))
    if shows_measured:
        measured: dict[str, Any] = {
            "linestyle": "none",
            "marker": "_",
            "markersize": 14,
            "markeredgewidth": 3,
        }
        handles.append(Line2D([], [], color=palette["ink"], label="measured", **measured))
    last = max((point.cores for each in found for point in each.points), default=here)
    if last > here:
        ax.axvspan(here, last * 1.2, color=palette["shade"], linewidth=0, zorder=0)
    _label(ax, sorted({point.cores for each in found for point in each.points}))
    draw_legend(figure, handles, narrow)


def _label(ax: Any, cores: Sequence[int]) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, NullLocator

    ax.xaxis.set_major_locator(FixedLocator(cores))
    ax.xaxis.set_major_formatter(FixedFormatter([str(number) for number in cores]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.set_xlabel("cores, with as many threads")
    ax.set_ylabel("frames a second")
