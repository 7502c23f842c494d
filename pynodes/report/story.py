"""What a sweep says, in sentences: the answer first, then why, then what to be careful about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pynodes.model.verdict import Verdict
from pynodes.report.axes import THREADS, axis_name, grouped, joined, settings_name, varying
from pynodes.report.figures import (
    MAX_LINES,
    Line,
    Scaling,
    median_run,
    parts_of,
    verdict_counts,
)
from pynodes.store.model import Cell, Sweep, value_text
from pynodes.sweep.stats import Interval, Point, paired_ratio
from pynodes.words import count, duration, percent, plural

_ALIKE = 1.05
_GAIN = 1.15  # less than this is called no gain
_LOUD_WAIT = 0.15
_LOUD_REST = 0.25
_MAX_LINES_TOLD = 4
_MAX_TILES = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that matters; `tone` is good, bad, or the colour of a line such as c0."""

    label: str
    number: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """`lead` is the one sentence for whoever reads no more; `rest` are those that follow it."""

    lead: str
    rest: tuple[str, ...]
    tiles: tuple[Tile, ...]


def tell(sweep: Sweep, scaling: Scaling | None) -> Story:
    """The story of one sweep."""
    correctness = list(_correctness(sweep))
    speed = list(_speed(sweep, scaling))
    is_bad = any(verdict is not Verdict.OK for verdict in verdict_counts(sweep))
    said = correctness + speed if is_bad else speed + correctness
    return Story(said[0], tuple(said[1:]), tuple(_tiles(sweep, scaling)))


# --- speed ---


def _speed(sweep: Sweep, scaling: Scaling | None) -> Iterator[str]:
    if scaling is None:
        timed = [cell for cell in sweep.cells if cell.timed]
        if len(timed) > 1:
            yield _fastest_cell(sweep, timed)
        return
    lines = sorted(scaling.lines, key=lambda line: (not line.is_sound, _seconds(line.best)))
    first = lines[0]
    best = first.best
    where = f"on {plural(best.threads, 'thread')}"
    which = f"{_name(sweep, first)} {where}".lstrip()
    rank = "Fastest" if first.is_sound else "Fastest, though not all of its runs were fine"
    lead = f"{rank}: {which}, {duration(_seconds(best))} a render"
    if best.threads == first.fewest:
        yield f"{lead}; more threads do not make it faster."
    else:
        ratio = f"{best.speedup.value:.2f} times as fast as on {_base(first)}"
        yield f"{lead}, {ratio}{_interval(best.speedup)}."
    alike = [_name(sweep, line) for line in lines[1:] if line.is_sound and _may_equal(line, first)]
    if alike and len(lines) <= _MAX_LINES_TOLD:
        yield (
            f"These runs do not tell it apart from {joined(alike)}: the interval of the ratio of"
            " their times holds 1."
        )
    why = _why(first.curve.points[-1])
    if why:
        yield f"What holds it back on {plural(first.curve.points[-1].threads, 'thread')}: {why}."
    limit = _ALIKE * _seconds(best)
    if len(lines) > _MAX_LINES_TOLD and all(_seconds(line.best) <= limit for line in lines):
        yield (
            f"All {plural(len(lines), 'curve')} come to nearly that: what they differ in makes next"
            " to no difference to the time."
        )
        return
    if any(cell.wrong_pixels for cell in sweep.cells):
        return  # who has wrong pictures does not choose by speed
    for line in _rivals(sweep, lines):
        yield _about_line(sweep, line)


def _may_equal(line: Line, first: Line) -> bool:
    """Whether the fastest cells of two lines could be equally fast."""
    found = paired_ratio(line.best.cell.by_round(), first.best.cell.by_round())
    return found.low is None or found.low <= 1.0


def _rivals(sweep: Sweep, lines: Sequence[Line]) -> list[Line]:
    """Lines to tell of beside the first: all when they are few, else the best of each engine."""
    if len(lines) <= _MAX_LINES_TOLD:
        return list(lines[1:])
    axes = [axis for axis in varying(sweep) if axis != THREADS]
    main = "engine" if "engine" in axes else axes[0]
    seen = {lines[0].curve.settings.get(main)}
    found: list[Line] = []
    for line in lines[1:]:
        value = line.curve.settings.get(main)
        if value not in seen and len(found) < _MAX_LINES_TOLD:
            seen.add(value)
            found.append(line)
    return found


def _about_line(sweep: Sweep, line: Line) -> str:
    best, last = line.best, line.curve.points[-1]
    name = _name(sweep, line)
    if best.speedup.value < _GAIN:
        highest = max(point.speedup.value for point in line.curve.points)
        said = (
            f"{name} gains next to nothing from threads: at best {highest:.2f} times as fast,"
            f" {duration(_seconds(best))}"
        )
    else:
        said = (
            f"{name}: {best.speedup.value:.2f} times as fast on {plural(best.threads, 'thread')} as"
            f" on {_base(line)}{_interval(best.speedup)}, {duration(_seconds(best))}"
        )
    why = _why(last)
    return f"{said}; on {plural(last.threads, 'thread')} {why}." if why else f"{said}."


def _why(point: Point) -> str:
    """The largest loss of a cell, when it is large and no plain consequence of few cores."""
    parts = parts_of(point.cell)
    total = sum(parts.values()) if parts else 0.0
    if parts is None or total <= 0:
        return ""
    wait, rest = parts["wait"] / total, parts["other"] / total
    if wait >= _LOUD_WAIT:
        return f"{percent(wait)} of the thread time is waiting for the interpreter"
    if rest >= _LOUD_REST and not point.over_cores:
        return f"{percent(rest)} of the thread time is neither work nor a wait for the interpreter"
    return ""


def _fastest_cell(sweep: Sweep, timed: Sequence[Cell]) -> str:
    """For sweeps without threads as an axis."""
    ranked = sorted(timed, key=_cell_seconds)
    best, worst = ranked[0], ranked[-1]
    axes = varying(sweep)
    return (
        f"Fastest: {settings_name(best.settings, axes)}, {duration(_cell_seconds(best))} a render;"
        f" {settings_name(worst.settings, axes)} takes"
        f" {_cell_seconds(worst) / _cell_seconds(best):.2f} times as long."
    )


# --- right or wrong ---


def _correctness(sweep: Sweep) -> Iterator[str]:
    counts = verdict_counts(sweep)
    runs = sum(counts.values())
    compared = sum(s.wrong_pixels is not None for s in sweep.samples)
    wrong = counts.get(Verdict.WRONG_IMAGE, 0)
    if wrong:
        bad = [cell for cell in sweep.cells if cell.wrong_pixels]
        yield (
            f"{count(wrong)} of {plural(runs, 'run')} gave a wrong picture, in {count(len(bad))} of"
            f" {plural(len(sweep.cells), 'cell')}{_only_where(sweep, bad)}."
        )
        most = max(bad, key=lambda cell: cell.wrong_pixels or 0)
        yield (
            f"The worst picture has {plural(most.wrong_pixels or 0, 'wrong pixel')}:"
            f" {settings_name(most.settings, varying(sweep)) or 'the only cell'}."
        )
        yield from _clean_side(sweep, bad)
    for verdict, words in _BAD_ENDS.items():
        if counts.get(verdict):
            bad = [cell for cell in sweep.cells if cell.verdicts[verdict]]
            yield (
                f"{count(counts[verdict])} of {plural(runs, 'run')} {words}"
                f"{_only_where(sweep, bad)}."
            )
    if compared and not wrong:
        which = "pictures" if compared == runs else "pictures of whole runs"
        yield f"All {count(compared)} {which} equal that of one thread, to the last bit."
    missing = [cell for cell in sweep.cells if not cell.samples]
    if missing:
        yield (
            f"{plural(len(missing), 'cell')} of {count(len(sweep.cells))} have not run yet; the"
            " same command goes on where it stopped."
        )
    if not runs and not missing:
        yield "Nothing has run yet."


_BAD_ENDS = {
    Verdict.CRASH: "crashed",
    Verdict.HANG: "did not end in time",
    Verdict.CANNOT_START: "could not start",
    Verdict.NODE_ERROR: "had an error in a node",
    Verdict.INTERRUPTED: "were interrupted",
}


def _only_where(sweep: Sweep, bad: Sequence[Cell]) -> str:
    """`, all of them with node sharing shared`: what bad cells, and no others, have in common."""
    told = []
    for axis in varying(sweep):
        values = {cell.settings.get(axis) for cell in bad}
        if len(values) == 1 and axis != THREADS:
            told.append(f"{axis_name(axis)} {value_text(values.pop())}")
    return f", all of them with {joined(told)}" if told else ""


def _clean_side(sweep: Sweep, bad: Sequence[Cell]) -> Iterator[str]:
    """The other values of such an axis, where everything was right."""
    for axis in varying(sweep):
        values = {cell.settings.get(axis) for cell in bad}
        if len(values) != 1 or axis == THREADS:
            continue
        for (value,), cells in grouped(sweep.cells, [axis]).items():
            if value in values:
                continue
            compared = sum(s.wrong_pixels is not None for c in cells for s in c.samples)
            if compared:
                setting = f"{axis_name(axis)} {value_text(value)}"
                yield f"With {setting} every one of {plural(compared, 'picture')} was right."


# --- numbers to look at ---


def _tiles(sweep: Sweep, scaling: Scaling | None) -> Iterator[Tile]:
    counts = verdict_counts(sweep)
    runs = sum(counts.values())
    wrong = counts.get(Verdict.WRONG_IMAGE, 0)
    good = counts.get(Verdict.OK, 0)
    left = _MAX_TILES - 1
    if wrong:
        yield Tile("wrong pictures", f"{count(wrong)} of {count(runs)}", "runs", "bad")
        most = max(sweep.cells, key=lambda cell: cell.wrong_pixels or 0)
        yield Tile(
            "worst picture",
            count(most.wrong_pixels or 0),
            f"pixels differ: {settings_name(most.settings, varying(sweep))}",
            "bad",
        )
        left = 1
    elif good < runs:
        bad = [f"{n} {verdict}" for verdict, n in counts.items() if verdict is not Verdict.OK]
        yield Tile("runs that were fine", f"{count(good)} of {count(runs)}", joined(bad), "bad")
    lines = (
        sorted(scaling.lines, key=lambda line: (not line.is_sound, _seconds(line.best)))
        if scaling
        else []
    )
    if len(lines) > left:
        lines = [lines[0], *_rivals(sweep, lines)]
    for line in lines[:left]:
        best = line.best
        yield Tile(
            _name(sweep, line) or "speed-up",
            f"{best.speedup.value:.2f}×",
            f"on {plural(best.threads, 'thread')}, {percent(best.efficiency)} of ideal,"
            f" {duration(_seconds(best))}",
            f"c{line.color % MAX_LINES}",
        )
    if runs and good == runs:
        yield Tile("runs", count(runs), "all ok", "good")


def _name(sweep: Sweep, line: Line) -> str:
    axes = [axis for axis in varying(sweep) if axis != THREADS]
    return settings_name(line.curve.settings, axes)


def _seconds(point: Point) -> float:
    return _cell_seconds(point.cell)


def _cell_seconds(cell: Cell) -> float:
    run = median_run(cell)
    return (run.render_s or 0.0) if run is not None else float("inf")


def _base(line: Line) -> str:
    return "one" if line.fewest == 1 else str(line.fewest)


def _interval(found: Interval) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" (95 % interval {found.low:.2f} to {found.high:.2f})"
