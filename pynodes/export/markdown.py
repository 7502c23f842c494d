"""Sweeps as Markdown tables, for an issue or a note: what they say, then the figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pynodes import printable
from pynodes.model.figures import METRICS
from pynodes.report import figures
from pynodes.report.axes import axis_name, settings_name, varying
from pynodes.report.chapter import Chapter, chapter
from pynodes.report.choice import decision_table
from pynodes.report.decision import Decision
from pynodes.report.figures import PART_NAMES, HeatMap
from pynodes.store.model import Sweep, value_text
from pynodes.sweep.stats import Curve, Interval, curves, spread
from pynodes.words import count, figure, percent

# Signs of Markdown and HTML, with what GitHub and GitLab add: `~~`, `$`, `@name` and addresses that
# become links. `_` means something at the edge of a word, others at the start of a text only.
_MARKS = re.compile(
    r"[\\`*{}\[\]<|~&$@]|!(?=\[)|:(?=//)|(?<=\bwww)\.|(?<!\w)_|_(?!\w)"
    r"|^[#>]|^[-+=](?=[-+=\s]|$)|(?:(?<=^\d)|(?<=^\d\d))[.)](?=\s|$)"
)
_TICKS = re.compile("`+")


def export(sweeps: Sequence[Sweep], metric: str | None = None) -> Iterator[str]:
    """One section a sweep. The table of cells is of `metric`, else of the time."""
    for number, sweep in enumerate(sweeps):
        if number:
            yield "\n"
        for line in _section(chapter(sweep), metric or sweep.metric):
            yield f"{line}\n"


def _section(of_sweep: Chapter, metric: str) -> Iterator[str]:
    sweep = of_sweep.sweep
    yield f"## {text(of_sweep.title)}"
    yield ""
    yield text(of_sweep.subtitle)
    yield ""
    yield f"**{text(of_sweep.story.lead)}**"
    if of_sweep.story.rest:
        yield ""
        yield from (f"- {text(said)}" for said in of_sweep.story.rest)
    for decision in of_sweep.decisions:
        yield ""
        yield from _decision(decision)
    yield ""
    yield from _cells(sweep, metric)
    fits = list(_fits(curves(sweep, metric), sweep))
    if fits:
        yield ""
        yield from fits
    if of_sweep.causes:
        yield ""
        yield from (f"- {text(cause)}" for cause in of_sweep.causes)
    for heat in of_sweep.heats:
        yield ""
        yield from _heat(heat)
    yield ""
    for group in of_sweep.cautions.values():
        yield from (f"> {text(caution.what)}  \n> {text(caution.help)}\n" for caution in group)
    yield from (f"- {text(name)}: {text(value)}" for name, value in of_sweep.facts)
    yield ""
    yield from (f"{text(each.text)}\n\n{_code(each.line)}\n" for each in of_sweep.commands)
    unit, definition = METRICS[metric].unit, METRICS[metric].definition
    yield f"{metric} is in {unit or 'pieces'}: {text(definition)}; the figure of a cell is the"
    yield "median of its runs."


def _decision(decision: Decision) -> Iterator[str]:
    """Which way to take, as a report has it."""
    heads, rows = decision_table(decision)
    yield f"Which to take{f': {text(decision.work)}' if decision.work else ''}"
    yield ""
    yield row(heads)
    yield rule(["---"] * len(heads))
    for cells in rows:
        yield row([str(each) for each in cells])


def _cells(sweep: Sweep, metric: str) -> Iterator[str]:
    points = {point.cell.key: point for curve in curves(sweep, metric) for point in curve.points}
    found_parts = (figures.parts_of(cell) for cell in sweep.cells)
    shares = figures.present_parts(parts for parts in found_parts if parts)
    head = [*map(axis_name, sweep.axes), "runs", "verdict", metric.removesuffix("_s"), "spread"]
    texts = len(sweep.axes)
    if points:
        head += ["speed-up", "95 % interval", "efficiency"]
    if shares:
        head += [PART_NAMES[part] for part in shares]
    yield row(head)
    yield rule([*["---"] * texts, "---:", "---", *["---:"] * (len(head) - texts - 2)])
    for cell in sweep.cells:
        line = [value_text(cell.settings.get(axis)) for axis in sweep.axes]
        ended = [f"{v} {n}" if len(cell.verdicts) > 1 else str(v) for v, n in cell.verdicts.items()]
        line += [str(len(cell.measured)), ", ".join(ended) or "not run"]
        found = spread(cell.values(metric))
        line.append(figure(found.median, METRICS[metric].unit) if found else "")
        line.append(percent(found.spread, 1) if found and found.spread is not None else "")
        if points:
            point = points.get(cell.key)
            line += (
                [f"{point.speedup.value:.2f}", _interval(point.speedup), percent(point.efficiency)]
                if point
                else ["", "", ""]
            )
        if shares:
            parts = figures.parts_of(cell)
            total = sum(parts.values()) if parts else 0.0
            line += [
                percent(parts.get(part, 0.0) / total) if parts and total else "" for part in shares
            ]
        yield row(line)


def _fits(found: Sequence[Curve], sweep: Sweep) -> Iterator[str]:
    fitted = [curve for curve in found if curve.usl is not None]
    if not fitted:
        return
    yield row(["fit", "σ", "κ", "peak", "R²"])
    yield rule(["---", "---:", "---:", "---:", "---:"])
    for curve in fitted:
        fit = curve.usl
        assert fit is not None
        name = settings_name(curve.settings, varying(sweep)) or "all"
        peak = "none" if fit.peak is None else f"{fit.peak:.1f}"
        yield row([name, f"{fit.sigma:.3f}", f"{fit.kappa:.4f}", peak, f"{fit.r2:.3f}"])


def _heat(heat: HeatMap) -> Iterator[str]:
    title = f", {heat.title}" if heat.title else ""
    yield f"Wrong pixels of {count(heat.pixels)}{text(title)}:"
    yield ""
    yield row([f"{heat.row_axis} \\ {heat.column_axis}".lstrip(" \\"), *heat.columns])
    yield rule(["---", *("---:" for _ in heat.columns)])
    for name, squares in zip(heat.rows, heat.squares, strict=True):
        cells = [
            "" if s is None else s.verdict if s.value is None else count(s.value) for s in squares
        ]
        yield row([name, *cells])


def _interval(found: Interval) -> str:
    if found.low is None or found.high is None:
        return ""
    return f"{found.low:.2f} to {found.high:.2f}"


def row(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(map(text, cells))} |"


def rule(columns: Sequence[str]) -> str:
    """The line below the head of a table: `---` a column of texts, `---:` one of figures."""
    return f"| {' | '.join(columns)} |"


def text(said: str) -> str:
    """What would be read as Markdown, HTML or a link is escaped, a line stays a line."""
    return _MARKS.sub(r"\\\g<0>", printable.line(" ".join(said.split())))


def _code(line: str) -> str:
    """A command as a block of code, whatever stands in it."""
    fence = max(["``", *_TICKS.findall(line)], key=len) + "`"
    return f"{fence}sh\n{printable.line(line)}\n{fence}"
