"""A sweep as text: cells with their figures, fits, warnings. For `sweep` and `results show`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from statistics import median

from pynodes.cli.console import Console
from pynodes.errors import PynodesError
from pynodes.model.figures import METRICS
from pynodes.model.verdict import Verdict
from pynodes.store.model import Cell, Run, Sweep, value_text
from pynodes.sweep.stats import Interval, Point, Spread, curves, memory_per_thread, spread
from pynodes.sweep.warn import Caution, cautions
from pynodes.words import count, duration, figure, plural

_R2_THAT_FITS = 0.5
_MAX_LEFT_OUT = 5
_MAX_THREADS = 8
_OF_COMMANDS = ("cpu_s", "peak_mib", "vcsw", "ivcsw")


def sweep_lines(console: Console, sweep: Sweep, metric: str | None) -> Iterator[str]:
    """All of a sweep in one view; `metric` None is the time that its work took."""
    metric = metric or sweep.metric
    yield console.style(side_name(sweep), "bold")
    for name, value in sweep.settings.items():
        if name not in ("host", "scenes"):
            yield f"  {name} {value_text(value)}"
    hosts = sweep.settings.get("host") or []
    if hosts:
        yield f"  Python {', '.join(str(host.get('python')) for host in hosts)}"
    yield ""
    yield from cell_lines(console, sweep, metric)
    fits = list(fit_lines(sweep, metric))
    if fits:
        yield ""
        yield from fits
    found = cautions(sweep, metric)
    if found:
        yield ""
    for caution in found:
        yield from caution_lines(console, caution)


def side_name(sweep: Sweep) -> str:
    """`sweep 3, tilings-3, begun 2025-01-31 12:00 UTC on HOST (2 cores), revision 1a2b3c`."""
    cores = sweep.machine.facts.get("usable_cores")
    size = f" ({plural(cores, 'core')})" if cores else ""
    revision = f", revision {sweep.revision}" if sweep.revision else ""
    begun = sweep.created[:16].replace("T", " ")
    return (
        f"sweep {sweep.id}, {sweep.name}, begun {begun} UTC on {sweep.machine.name}{size}{revision}"
    )


def samples_lines(console: Console, sweep: Sweep) -> Iterator[str]:
    """Every run of a sweep, as it was."""
    for cell in sweep.cells:
        yield console.style(cell.label, "bold")
        for sample in cell.samples:
            name = f"round {sample.round}" if sample.round else "warm-up"
            if cell.timeline is not None and sample.evidence == cell.timeline.parent:
                name = "traced"
            seconds = sample.figures[cell.metric]
            spent = duration(seconds) if seconds is not None else "-"
            said = f"{cell.metric.removesuffix('_s')} {spent}"
            yield f"  {name}, {sample.begun}: {sample.verdict}, {said}"
            if sample.verdict is not Verdict.OK:
                yield f"    {sample.verdict_text}"
            if sweep.is_of_commands and (waited := _who_waited(sample)):
                yield f"    waited for Python: {waited}"
            for path in (sample.image, sample.difference, sample.evidence):
                if path is not None:
                    yield f"    {path}"
            yield f"    $ {sample.command}"


def _who_waited(run: Run) -> str:
    """Threads by how long they waited, the longest first: `serve 60 ms in 400 attachments`."""
    names = run.record.get("thread_names")
    named = names if isinstance(names, list | tuple) else ()
    threads = zip(named, run.record.get("per_thread") or (), strict=False)
    found = sorted(threads, key=lambda each: -(each[1].get("wait_s") or 0.0))
    said = []
    for name, each in found[:_MAX_THREADS]:
        times = plural(each.get("waits") or 0, "attachment")
        said.append(f"{name} {duration(each.get('wait_s') or 0.0)} in {times}")
    more = len(found) - _MAX_THREADS
    return ", ".join([*said, f"{more} more"] if more > 0 else said)


def cell_lines(console: Console, sweep: Sweep, metric: str) -> Iterator[str]:
    """One line a cell."""
    points = {point.cell.key: point for curve in curves(sweep, metric) for point in curve.points}
    unit = METRICS[metric].unit
    spreads = {cell.key: spread(cell.values(metric)) for cell in sweep.cells}

    def of_point(show: Callable[[Point], str]) -> Callable[[Cell], str]:
        return lambda cell: show(points[cell.key]) if cell.key in points else "-"

    def of_spread(show: Callable[[Spread], str]) -> Callable[[Cell], str]:
        return lambda cell: show(found) if (found := spreads[cell.key]) else "-"

    table: dict[str, Callable[[Cell], str]] = {
        **{axis: partial(_setting, axis) for axis in sweep.axes},
        "runs": lambda cell: str(len(cell.measured)),
        "verdict": _verdict,
        metric.removesuffix("_s"): of_spread(lambda found: figure(found.median, unit)),
        "spread": of_spread(lambda f: "-" if f.spread is None else f"{f.spread:.1%}"),
    }
    if points:
        table["speed-up"] = of_point(lambda point: interval_text(point.speedup))
        table["efficiency"] = of_point(lambda point: f"{point.efficiency:.0%}")
    if sweep.is_of_commands:
        for other in _OF_COMMANDS:
            table[other.removesuffix("_s")] = partial(_median, other)
    if any(cell.values("wait_s") for cell in sweep.cells):
        table["wait/thread"] = _wait
    if any(cell.wrong_pixels for cell in sweep.cells):
        table["wrong pixels"] = lambda cell: (
            "-" if cell.wrong_pixels is None else count(cell.wrong_pixels)
        )
    rows = [[*table], *([show(cell) for show in table.values()] for cell in sweep.cells)]
    styles = ["", *("" if cell.verdict in (Verdict.OK, None) else "bad" for cell in sweep.cells)]
    verdict = len(sweep.axes) + 1
    yield from columns(console, rows, [*range(len(sweep.axes)), verdict], styles, verdict)


def fit_lines(sweep: Sweep, metric: str) -> Iterator[str]:
    """What the speed-up curves say."""
    for curve in curves(sweep, metric):
        shared = ", ".join(f"{name} {value_text(value)}" for name, value in curve.settings.items())
        parts = []
        if curve.usl is not None:
            fit = curve.usl
            peak = "no peak" if fit.peak is None else f"fastest at {fit.peak:.1f} threads"
            if fit.peak == 1.0:
                peak = "fastest on one thread"
            values = f"sigma {fit.sigma:.3f}, kappa {fit.kappa:.4f}, {peak}"
            parts.append(_fit("USL", values, fit.r2, fit.points))
        if curve.amdahl is not None:
            serial = f"{curve.amdahl.serial:.1%} serial"
            parts.append(_fit("Amdahl", serial, curve.amdahl.r2, curve.amdahl.points))
        memory = memory_per_thread(curve)
        if memory is not None:
            parts.append(f"{memory:.2f} MiB per thread")
        if parts:
            law = curve.usl or curve.amdahl
            over = law is not None and law.over_cores
            tail = "; points over the cores are in it: too few within" if over else ""
            yield f"{shared + ': ' if shared else ''}{'; '.join(parts)}{tail}"


def _fit(law: str, values: str, r2: float, points: int) -> str:
    """The parameters, unless they explain less than half of what was measured."""
    if r2 < _R2_THAT_FITS:
        return f"{law} does not fit (R2 {r2:.2f} over {points} points)"
    return f"{law} {values} (R2 {r2:.3f} over {points} points)"


def caution_lines(console: Console, caution: Caution) -> Iterator[str]:
    yield f"{console.style('note:', 'warn')} {caution.what}"
    if caution.help:
        yield f"      {caution.help}"


def left_out(console: Console, found: Iterable[PynodesError]) -> int:
    """Warn of rows that could not be read; the exit status, 1 when there are some."""
    rows = [*{(error.what, error.where): error for error in found}.values()]
    for at, error in enumerate(rows[:_MAX_LEFT_OUT]):
        console.warning(error.what, error.where, "" if at else error.help)
    if rows[_MAX_LEFT_OUT:]:
        console.warning(f"{plural(len(rows) - _MAX_LEFT_OUT, 'row')} more left out")
    return 1 if rows else 0


def interval_text(found: Interval) -> str:
    """`1.93 [1.88, 1.97]`."""
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def _setting(axis: str, cell: Cell) -> str:
    return value_text(cell.settings.get(axis))


def _median(metric: str, cell: Cell) -> str:
    values = cell.values(metric)
    return figure(median(values), METRICS[metric].unit) if values else "-"


def _wait(cell: Cell) -> str:
    waits = cell.values("wait_s")
    return duration(median(waits) / (cell.threads or 1)) if waits else "-"


def _verdict(cell: Cell) -> str:
    """`ok`, or the worst with how often it came."""
    verdict = cell.verdict
    if verdict is None:
        return "not run"
    times, runs = cell.verdicts[verdict], len(cell.samples)
    return str(verdict) if times == runs else f"{verdict} {times}/{runs}"


def columns(
    console: Console,
    rows: Sequence[Sequence[str]],
    texts: Sequence[int],
    styles: Sequence[str] = (),
    styled: int = -1,
) -> Iterator[str]:
    """Rows in columns, the first is the head: those in `texts` to the left, figures to the right.

    `styles` has a style for each row, for its column `styled`.
    """
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(len(rows[0]))]
    for at, row in enumerate(rows):
        cells = []
        for i, text in enumerate(row):
            put: Callable[[int], str] = text.ljust if i in texts else text.rjust
            shown = put(widths[i])
            if at and i == styled and styles[at]:
                shown = console.style(shown, styles[at])
            cells.append(shown)
        line = "  ".join(cells).rstrip()
        yield console.style(line, "dim") if at == 0 else line
