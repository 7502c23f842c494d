"""Cards with a plot and the table behind it: how a sweep scales, and where its time went."""

from __future__ import annotations

from collections.abc import Sequence

from pynodes.report import definitions, plots
from pynodes.report.axes import joined
from pynodes.report.blocks import (
    card,
    caution_lines,
    data_table,
    definition,
    folded,
    left_out,
    number_cell,
    remark,
)
from pynodes.report.chapter import Chapter
from pynodes.report.figures import (
    MAX_BARS,
    MAX_PANELS,
    PART_NAMES,
    Bar,
    Line,
    Scaling,
    present_parts,
)
from pynodes.report.markup import Markup, join, tag
from pynodes.sweep.stats import Interval, spread
from pynodes.words import count, duration, percent, plural


def _plot(plot: plots.Plot, draws: bool) -> Markup:
    if not draws:
        return remark(
            "The plot is left out: matplotlib is not installed (pip install 'pynodes[plot]')."
        )
    widths = zip(("wide", "narrow"), plots.for_page(plot), strict=True)
    return tag("figure", [tag("div", Markup(drawn), class_=width) for width, drawn in widths])


def _numbers(table: Markup, draws: bool) -> Markup:
    """The table behind a plot: folded away when there is a plot."""
    return folded("The numbers", table, is_open=not draws)


def scaling_card(chapter: Chapter, scaling: Scaling, name: str, draws: bool) -> Markup:
    """Speed-up by threads: plot, cautions, numbers, fit."""
    fitted = any(line.fit for line in scaling.lines)
    more = len(scaling.panels) - MAX_PANELS
    return card(
        "How it scales",
        _plot(plots.scaling_plot(f"{name}-speed-up", scaling), draws),
        left_out(more, f"{more} more groups of curves are in the table only."),
        _not_fitting(scaling) if draws else None,
        caution_lines(chapter, "scaling"),
        _projection(scaling),
        _numbers(join([_scaling_table(scaling), _fit_table(scaling) if fitted else None]), draws),
        definition(
            definitions.SPEED_UP,
            definitions.COMMAND_TIME if chapter.sweep.is_of_commands else definitions.RENDER_TIME,
            definitions.FIT if fitted else "",
        ),
    )


def _not_fitting(scaling: Scaling) -> Markup | None:
    bad = [name for name, line in _lines(scaling) if line.fit and not line.fit_holds]
    if not bad:
        return None
    names = joined(bad) if len(bad) <= 4 else plural(len(bad), "curve")
    return remark(f"No fit is drawn for {names}: the law is off by more than 10 % at some point.")


def _projection(scaling: Scaling) -> Markup | None:
    """What the law says of more cores, where it may be asked."""
    rows = [
        tag(
            "tr",
            tag("th", title, scope="row"),
            [number_cell(duration(time.value), _times(time)) for time in found],
        )
        for title, line in _lines(scaling)
        if (found := line.projection(scaling.beyond))
    ]
    if not rows:
        return None
    heads = ("", *(f"{count(cores)} cores" for cores in scaling.beyond))
    return join(
        [
            data_table("Projection, not measured: time by the fitted law", heads, rows),
            remark(
                f"A projection: the law that was fitted up to {plural(scaling.cores or 1, 'core')},"
                " drawn on. `pynodes predict` plays what happens there instead."
            ),
        ]
    )


def _times(found: Interval) -> str:
    if found.low is None or found.high is None:
        return ""
    return f"{duration(found.low)} to {duration(found.high)}"


def _scaling_table(scaling: Scaling) -> Markup:
    rows: list[Markup] = []
    for title, line in _lines(scaling):
        for i, (point, gain) in enumerate(zip(line.curve.points, line.gains, strict=True)):
            found = spread(point.cell.values())
            assert found is not None  # a point has a run
            rows.append(
                tag(
                    "tr",
                    tag("th", title, scope="row") if i == 0 else tag("td"),
                    number_cell(point.threads),
                    number_cell(duration(found.median)),
                    number_cell("" if found.spread is None else f"± {percent(found.spread, 1)}"),
                    number_cell(f"{gain.value:.2f}"),
                    number_cell(_interval(gain)),
                    number_cell(f"{point.speedup.value:.2f}"),
                    number_cell(percent(point.efficiency)),
                    number_cell(found.n),
                    class_="first" if i == 0 and rows else None,
                )
            )
    heads = ("", "threads", "time", "spread", "speed-up", "95 % interval",
             "against itself", "efficiency", "runs")  # fmt: skip
    return data_table(f"Speed-up against the {scaling.first}", heads, rows)


def _fit_table(scaling: Scaling) -> Markup:
    rows = []
    for title, line in _lines(scaling):
        fit, amdahl = line.fit, line.curve.amdahl
        if fit is None:
            continue
        rows.append(
            tag(
                "tr",
                tag("th", title, scope="row"),
                number_cell(f"{fit.sigma:.3f}"),
                number_cell(f"{fit.kappa:.4f}"),
                number_cell("none" if fit.peak is None else f"{fit.peak:.1f}"),
                number_cell(f"{fit.r2:.3f}"),
                number_cell("" if amdahl is None or amdahl.r2 < 0 else percent(amdahl.serial, 1)),
                tag("td", "all points" if fit.over_cores else "points within the cores"),
            )
        )
    heads = (
        "",
        "contention σ",
        "coherence κ",
        "peak at threads",
        "R²",
        "Amdahl’s serial part",
        "fitted over",
    )
    return data_table("The universal scalability law, fitted", heads, rows, texts_last=1)


def _lines(scaling: Scaling) -> list[tuple[str, Line]]:
    """All lines with their full names."""
    return [
        (", ".join(filter(None, [panel.title, line.name])) or "all", line)
        for panel in scaling.panels
        for line in panel.lines
    ]


def _interval(found: Interval) -> str:
    if found.low is None or found.high is None or found.low == found.high:
        return ""
    return f"{found.low:.2f} to {found.high:.2f}"


def time_card(chapter: Chapter, name: str, draws: bool) -> Markup:
    """Where the threads' time went: plot, cautions, numbers."""
    more = len(chapter.bars) - MAX_BARS
    return card(
        "Where the time went",
        _plot(plots.time_plot(f"{name}-time", chapter.bars), draws),
        left_out(more, f"{plural(more, 'more bar')} would follow: see the table."),
        caution_lines(chapter, "time"),
        _numbers(_time_table(chapter.bars), draws),
        definition(
            definitions.COMMAND_THREAD_TIME
            if chapter.sweep.is_of_commands
            else definitions.THREAD_TIME
        ),
    )


def _time_table(bars: Sequence[Bar]) -> Markup:
    rows: list[Markup] = []
    group = None
    present = present_parts(bar.parts for bar in bars)
    for bar in bars:
        is_first = bar.group != group
        group = bar.group
        rows.append(
            tag(
                "tr",
                tag("th", bar.group or "all", scope="row") if is_first else tag("td"),
                tag("td", bar.label),
                number_cell(duration(bar.total)),
                [
                    number_cell(duration(bar.parts.get(part, 0.0)), percent(bar.share(part)))
                    for part in present
                ],
                class_="first" if is_first and rows else None,
            )
        )
    heads = ("", "", "thread time", *(PART_NAMES[part] for part in present))
    return data_table("Thread time of the median run", heads, rows)
