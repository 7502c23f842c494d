"""What the figures of a report show, as plain data: drawn by `plots`, written as tables by `page`.

Nothing here knows how it is drawn. All of it is taken from stored cells; statistics are those of
`sweep.stats`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mean, median
from typing import Any

from pynodes.model.verdict import Verdict, worst
from pynodes.report.axes import (
    SWITCH_INTERVAL,
    THREADS,
    axis_name,
    grouped,
    settings_name,
    value_name,
    varying,
    work_of,
)
from pynodes.store.model import Cell, Run, Sweep, value_text
from pynodes.sweep.stats import (
    Curve,
    Interval,
    Point,
    Usl,
    cores_of,
    curves,
    paired_ratio,
    projected,
)

PARTS = ("processor", "native", "python", "core", "wait", "other")
PART_NAMES = {
    "processor": "on the processor",
    "native": "native",
    "python": "Python",
    "core": "off the processor",
    "wait": "waiting for the interpreter",
    "other": "without a tile",
}
MAX_LINES = 8  # in one panel: a ninth needs a colour that looks like another one
MAX_PANELS = 9
MAX_BARS = 40
MAX_HEATS = 6

_ALIKE = 0.02
_NEAR = 0.05
_FIT_HOLDS = 0.1
_FEW_LINES = 5  # as many share one panel, whatever they differ in


@dataclass(frozen=True)
class Line:
    """One speed-up curve with its name; `color` is its number among all lines of the figure.

    `first` is the fastest cell with the fewest threads among those that do the same work.
    """

    name: str
    color: int
    curve: Curve
    first: Cell

    @property
    def best(self) -> Point:
        """The highest speed-up; of those that nearly reach it, the fewest threads."""
        highest = max(self.curve.points, key=lambda point: point.speedup.value)
        return next(point for point in self.curve.points if _is_near(point, highest))

    @cached_property
    def gains(self) -> tuple[Interval, ...]:
        """How many times as fast as `first` each point is."""
        return tuple(
            Interval(1.0)
            if point.cell is self.first
            else paired_ratio(self.first.by_round(), point.cell.by_round())
            for point in self.curve.points
        )

    @property
    def gain(self) -> Interval:
        """That of the best point."""
        return self.gains[self.curve.points.index(self.best)]

    @property
    def is_sound(self) -> bool:
        """Whether every run of its cells was fine."""
        return all(point.cell.verdict is Verdict.OK for point in self.curve.points)

    @property
    def fewest(self) -> int:
        """What its speed-up is against."""
        return self.curve.points[0].threads

    @property
    def fit(self) -> Usl | None:
        """The law fitted to it."""
        return self.curve.usl

    def projection(self, cores: Sequence[int]) -> list[Interval]:
        """Seconds on so many cores by the law; empty where it may not be drawn on."""
        found = projected(self.curve, cores) if self.fit_holds else []
        return [Interval(1 / rate.value, *_inverse(rate.high, rate.low)) for rate in found]

    @property
    def fit_holds(self) -> bool:
        """Whether the law comes close to every point; else it is not drawn."""
        return self.fit is not None and all(
            abs(self.fitted(point.threads) / gain.value - 1) <= _FIT_HOLDS
            for point, gain in zip(self.curve.points, self.gains, strict=True)
        )

    def fitted(self, threads: float) -> float:
        """What the law gives, on the scale of `gains`."""
        assert self.fit is not None
        return self.fit.throughput(threads) * median(self.first.values())


def may_equal(slower: Cell, faster: Cell) -> bool:
    """Whether the interval of the ratio of two cells' times holds 1; False when there is none."""
    found = paired_ratio(slower.by_round(), faster.by_round())
    return found.low is not None and found.low <= 1.0


def _inverse(*rates: float | None) -> list[float | None]:
    return [1 / rate if rate else None for rate in rates]


def _is_near(point: Point, fastest: Point) -> bool:
    slower = fastest.speedup.value / point.speedup.value
    if point is fastest or slower <= 1 + _ALIKE:
        return True
    return slower <= 1 + _NEAR and may_equal(point.cell, fastest.cell)


@dataclass(frozen=True, slots=True)
class Panel:
    """Lines that share a pair of axes."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Scaling:
    """Speed-up over threads; `cores` is what the runs could use, None when it is not known."""

    panels: tuple[Panel, ...]
    cores: int | None

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for panel in self.panels for line in panel.lines)

    @property
    def points(self) -> Iterator[Point]:
        for line in self.lines:
            yield from line.curve.points

    @property
    def beyond(self) -> list[int]:
        """Numbers of cores that are not here: twice as many, and so on."""
        return [self.cores * times for times in (2, 4, 8, 16)] if self.cores else []

    @property
    def base(self) -> str:
        """`one thread`: what the lines start from; `the fewest threads` when that differs."""
        return self._base(line.fewest for line in self.lines)

    @property
    def first(self) -> str:
        """`best one thread`: what `gains` are against."""
        base = self._base(line.first.threads or 1 for line in self.lines)
        return f"best {base}" if base != "the fewest threads" else f"best of {base}"

    def _base(self, threads: Iterable[int]) -> str:
        found = set(threads)
        if found == {1}:
            return "one thread"
        return f"{found.pop()} threads" if len(found) == 1 else "the fewest threads"


@dataclass(frozen=True, slots=True)
class Bar:
    """Thread time in seconds of a cell's median run, by what it was spent on (keys: `PARTS`)."""

    group: str
    label: str
    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())

    def share(self, part: str) -> float:
        return self.parts.get(part, 0.0) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True)
class Square:
    """One square of a heat map: `value` is the worst of its runs, None where none was compared."""

    value: int | None
    runs: int
    wrong: int
    verdict: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Pixels that differ, over two axes; `pixels` is how many there are."""

    title: str
    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    squares: tuple[tuple[Square | None, ...], ...]
    pixels: int

    @property
    def worst(self) -> int:
        return max((s.value or 0 for row in self.squares for s in row if s is not None), default=0)


@dataclass(frozen=True, slots=True)
class Matrix:
    """Verdicts over two axes: runs of a cell by verdict, the worst first; None for no cell."""

    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[dict[Verdict, int] | None, ...], ...]


# --- speed-up ---


def scaling(sweep: Sweep) -> Scaling | None:
    """None without a curve of two points."""
    found = [curve for curve in curves(sweep) if len(curve.points) > 1]
    if not found:
        return None
    axes = [axis for axis in varying(sweep) if axis != THREADS]
    by_line, by_panel = _split(sweep, axes, len(found))
    names = list(dict.fromkeys(settings_name(curve.settings, by_line) for curve in found))
    panels: dict[str, list[Line]] = {}
    for curve in found:
        name = settings_name(curve.settings, by_line)
        line = Line(name, names.index(name), curve, _first(found, curve))
        panels.setdefault(settings_name(curve.settings, by_panel), []).append(line)
    return Scaling(
        tuple(Panel(title, tuple(lines)) for title, lines in panels.items()), cores_of(sweep)
    )


def _first(found: Sequence[Curve], curve: Curve) -> Cell:
    """Where the speed-up of a curve begins: the fastest of the fewest threads, for its work."""
    work = work_of(curve.settings)
    cells = [each.points[0].cell for each in found if work_of(each.settings) == work]
    fewest = min(cell.threads or 1 for cell in cells)
    return min(
        (cell for cell in cells if (cell.threads or 1) == fewest),
        key=lambda cell: median(cell.values()),
    )


def _split(sweep: Sweep, axes: Sequence[str], lines: int) -> tuple[list[str], list[str]]:
    """Axes that distinguish lines, and axes that distinguish panels."""
    if lines <= _FEW_LINES:
        return list(axes), []
    counts = {axis: len(sweep.values_of(axis)) for axis in axes}
    fitting = [axis for axis in axes if counts[axis] <= MAX_LINES]
    if not fitting:
        return [], list(axes)
    chosen = "engine" if "engine" in fitting else max(fitting, key=lambda axis: counts[axis])
    return [chosen], [axis for axis in axes if axis != chosen]


# --- where the time went ---


def middle_runs(cell: Cell) -> list[Run]:
    """The run whose time is the median, or the two whose mean that is; none of no run."""
    timed = sorted(cell.timed, key=lambda sample: sample.figures[cell.metric] or 0.0)
    return timed[(len(timed) - 1) // 2 : len(timed) // 2 + 1]


def parts_of(cell: Cell) -> dict[str, float] | None:
    """Thread time of the median run by `PARTS`, the mean of two; None when it was not measured."""
    of_run = _parts_of_command if cell.metric == "wall_s" else _parts_of_render
    found = [of_run(run, cell.threads) for run in middle_runs(cell)] if cell.threads else []
    known = [parts for parts in found if parts is not None]
    if not known or len(known) < len(found):
        return None
    return {part: mean(parts[part] for parts in known) for part in known[0]}


def _parts_of_render(run: Run, threads: int) -> dict[str, float] | None:
    """Those of a render.

    Native and Python time is by the clock. What the processor did not spend on it, a thread waited
    for a core, or slept in a node; it is taken from both in proportion.
    """
    known = [run.figures[name] for name in ("render_s", "native_s", "python_s", "wait_s")]
    if any(value is None for value in known):
        return None
    render, native, python, wait = (value or 0.0 for value in known)
    other = max(0.0, threads * render - native - python - wait)
    work, cpu = native + python, run.figures["cpu_s"]
    core = 0.0 if cpu is None else max(0.0, work - cpu)
    on_core = 1 - core / work if work else 1.0
    spent = (native * on_core, python * on_core, core, wait, other)
    return dict(zip(PARTS[1:], spent, strict=True))


def _parts_of_command(run: Run, threads: int) -> dict[str, float] | None:
    """Those of a command, of which the processor's time is known, and waits where it was asked for.

    A program may have other threads than the number that it was given: then there is no rest.
    """
    spent, cpu = run.figures["wall_s"], run.figures["cpu_s"]
    if spent is None or cpu is None:
        return None
    wait = run.figures["wait_s"] or 0.0
    core = max(0.0, threads * spent - cpu - wait)
    return dict.fromkeys(PARTS, 0.0) | {"processor": cpu, "core": core, "wait": wait}


def present_parts(found: Iterable[Mapping[str, float]]) -> list[str]:
    """The parts that there are in any of them, in order."""
    all_of_them = list(found)
    return [part for part in PARTS if any(parts.get(part, 0.0) > 0 for parts in all_of_them)]


def bars(sweep: Sweep) -> tuple[Bar, ...]:
    """One for each cell that was measured, grouped by what is not the number of threads."""
    axes = varying(sweep)
    inner = THREADS if THREADS in axes else axes[-1] if axes else THREADS
    outer = [axis for axis in axes if axis != inner]
    found = []
    for cells in grouped(sweep.cells, outer).values():
        for cell in cells:
            parts = parts_of(cell)
            if parts is not None:
                value = cell.settings.get(inner, cell.threads)
                group = settings_name(cell.settings, outer)
                found.append(Bar(group, value_name(inner, value), parts))
    return tuple(found)


# --- pixels that differ ---


def heats(sweep: Sweep) -> tuple[HeatMap, ...]:
    """One for each combination of the axes that are not a side of it.

    None at all when nothing is wrong and the switch interval, which is what one turns to get wrong
    pixels, does not vary.
    """
    axes = varying(sweep)
    any_wrong = any(cell.wrong_pixels for cell in sweep.cells)
    compared = any(cell.wrong_pixels is not None for cell in sweep.cells)
    if not axes or not compared or not (any_wrong or SWITCH_INTERVAL in axes):
        return ()
    column, row = _sides(axes)
    outer = [axis for axis in axes if axis not in (column, row)]
    groups = grouped(sweep.cells, outer).values()
    return tuple(
        _heat(settings_name(cells[0].settings, outer), cells, row, column) for cells in groups
    )


def _sides(axes: Sequence[str]) -> tuple[str, str]:
    """The axes of columns and rows of a table of cells; rows may be the columns' axis again."""
    column = THREADS if THREADS in axes else axes[-1]
    rest = [axis for axis in axes if axis != column]
    if not rest:
        return column, ""
    return column, SWITCH_INTERVAL if SWITCH_INTERVAL in rest else rest[0]


def _heat(title: str, cells: Sequence[Cell], row: str, column: str) -> HeatMap:
    rows = _values(cells, row)
    columns = _values(cells, column)
    places = {(c.settings.get(row), c.settings.get(column)): c for c in cells}
    return HeatMap(
        title=title,
        row_axis=axis_name(row) if row else "",
        column_axis=axis_name(column),
        rows=tuple(value_text(value) if row else "all" for value in rows),
        columns=tuple(value_text(value) for value in columns),
        squares=tuple(tuple(_square(places.get((r, c))) for c in columns) for r in rows),
        pixels=max((_pixels(cell) for cell in cells), default=0),
    )


def _square(cell: Cell | None) -> Square | None:
    if cell is None:
        return None
    compared = [s.wrong_pixels for s in cell.samples if s.wrong_pixels is not None]
    wrong = sum(1 for value in compared if value)
    return Square(cell.wrong_pixels, len(compared), wrong, str(cell.verdict or "not run"))


def _pixels(cell: Cell) -> int:
    """Pixels of all frames of one run."""
    for sample in cell.samples:
        sizes = [(r.get("width") or 0) * (r.get("height") or 0) for r in sample.records]
        if sum(sizes):
            return sum(sizes)
    return 0


# --- verdicts ---


def matrix(sweep: Sweep) -> Matrix:
    """All cells: threads (else the last axis) to the right, all else downwards."""
    axes = varying(sweep)
    column = THREADS if THREADS in axes else axes[-1] if axes else ""
    outer = [axis for axis in axes if axis != column]
    columns = _values(sweep.cells, column)
    rows = []
    names = []
    for cells in grouped(sweep.cells, outer).values():
        names.append(settings_name(cells[0].settings, outer) or "all")
        places = {cell.settings.get(column): cell for cell in cells}
        found = [places.get(value) for value in columns]
        rows.append(tuple(_worst_first(cell.verdicts) if cell else None for cell in found))
    return Matrix(
        row_axis=" · ".join(axis_name(axis) for axis in outer),
        column_axis=axis_name(column) if column else "",
        rows=tuple(names),
        columns=tuple(value_text(value) if column else "runs" for value in columns),
        cells=tuple(rows),
    )


def _worst_first(counts: Counter[Verdict]) -> dict[Verdict, int]:
    left = counts.copy()
    found: dict[Verdict, int] = {}
    while (verdict := worst(left)) is not None:
        found[verdict] = left.pop(verdict)
    return found


def verdict_counts(sweep: Sweep) -> dict[Verdict, int]:
    """Runs by verdict, over all cells, the worst first."""
    return _worst_first(sum((cell.verdicts for cell in sweep.cells), Counter()))


def _values(cells: Sequence[Cell], axis: str) -> list[Any]:
    """The values of an axis that occur, in the order of the cells; [None] without an axis."""
    return list(dict.fromkeys(cell.settings.get(axis) for cell in cells)) if axis else [None]
