"""What a sweep says about speed, in sentences: the fastest way to do each kind of work, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from pynodes.report.axes import THREADS, grouped, is_work, joined, settings_name, varying
from pynodes.report.figures import Line, Scaling, may_equal, parts_of
from pynodes.store.model import Cell, Sweep
from pynodes.sweep.stats import Interval, Point
from pynodes.words import duration, percent, plural

_ALIKE = 1.05
_GAIN = 1.15  # less than this is called no gain
_LOUD_WAIT = 0.15
_LOUD_REST = 0.25
_MAX_MENTIONED = 4


def speed(sweep: Sweep, scaling: Scaling | None) -> Iterator[str]:
    """Sentences, the answer first; none when there is nothing to compare."""
    if scaling is None:
        yield from _without_threads(sweep)
        return
    works = _by_work(sweep, scaling.lines)
    if len(works) == 1:
        yield from _all_about(sweep, ranked(scaling.lines))
        return
    for lines in works[:_MAX_MENTIONED]:
        work = _work_name(sweep, lines[0].curve.points[0].cell)
        yield _fastest(sweep, ranked(lines)[0], f"Fastest for {work}")
    if len(works) > _MAX_MENTIONED:
        yield f"The other {len(works) - _MAX_MENTIONED} kinds of work are in the table below."


def ranked(lines: Sequence[Line]) -> list[Line]:
    """The fastest first; lines with runs that were not fine come last."""
    return sorted(lines, key=lambda line: (not line.is_sound, seconds(line.best)))


def seconds(point: Point) -> float:
    """Median render time of a point's cell."""
    return _cell_seconds(point.cell)


def worth_mentioning(sweep: Sweep, scaling: Scaling, most: int) -> list[Line]:
    """The line of most interest, then the best of each other kind of work or engine."""
    works = _by_work(sweep, scaling.lines)
    if len(works) > 1:
        return [ranked(lines)[0] for lines in works][:most]
    lines = ranked(scaling.lines)
    return lines if len(lines) <= most else [lines[0], *_rivals(sweep, lines)][:most]


# --- one kind of work ---


def _all_about(sweep: Sweep, lines: Sequence[Line]) -> Iterator[str]:
    first = lines[0]
    last = first.curve.points[-1]
    yield _fastest(sweep, first, "Fastest")
    alike = _alike(sweep, lines)
    if alike:
        yield (
            f"These runs do not distinguish it from {joined(alike)}: the interval of the ratio of"
            " the times holds 1."
        )
    why = _why(last)
    if why:
        yield f"What holds it back on {plural(last.threads, 'thread')}: {why}."
    limit = _ALIKE * seconds(first.best)
    if len(lines) > _MAX_MENTIONED and all(seconds(line.best) <= limit for line in lines):
        yield (
            f"All {plural(len(lines), 'curve')} come to nearly that: what they differ in makes next"
            " to no difference to the time."
        )
        return
    if any(cell.wrong_pixels for cell in sweep.cells):
        return  # who has wrong pictures does not choose by speed
    for line in _rivals(sweep, lines):
        yield _about_rival(sweep, line)


def _fastest(sweep: Sweep, line: Line, rank: str) -> str:
    best = line.best
    doubt = "" if line.is_sound else ", though not all of its runs were fine"
    lead = f"{rank}{doubt}: {_where(sweep, line, best)}, {duration(seconds(best))} a {_unit(sweep)}"
    if best.threads == line.fewest:
        return f"{lead}; more threads do not make it faster."
    ratio = f"{best.speedup.value:.2f} times as fast as on {_base(line)}"
    return f"{lead}, {ratio}{_interval(best.speedup)}."


def _alike(sweep: Sweep, lines: Sequence[Line]) -> list[str]:
    """What could be as fast as the first line's best: fewer threads of it, or other lines."""
    first = lines[0]
    rivals = [(first, point) for point in first.curve.points if point.threads < first.best.threads]
    if len(lines) <= _MAX_MENTIONED:
        rivals += [(line, line.best) for line in lines[1:] if line.is_sound]
    return [
        _where(sweep, line, point)
        for line, point in rivals
        if may_equal(point.cell, first.best.cell)
    ]


def _rivals(sweep: Sweep, lines: Sequence[Line]) -> list[Line]:
    """Lines to mention besides the first: all when they are few, else the best of each engine."""
    if len(lines) <= _MAX_MENTIONED:
        return list(lines[1:])
    axes = _ways(sweep)
    main = "engine" if "engine" in axes else axes[0]
    seen = {lines[0].curve.settings.get(main)}
    found: list[Line] = []
    for line in lines[1:]:
        value = line.curve.settings.get(main)
        if value not in seen and len(found) < _MAX_MENTIONED:
            seen.add(value)
            found.append(line)
    return found


def _about_rival(sweep: Sweep, line: Line) -> str:
    best, last = line.best, line.curve.points[-1]
    name = settings_name(line.curve.settings, _ways(sweep))
    if best.speedup.value < _GAIN:
        highest = max(point.speedup.value for point in line.curve.points)
        said = (
            f"{name} gains next to nothing from threads: at best {highest:.2f} times as fast,"
            f" {duration(seconds(best))}"
        )
    else:
        said = (
            f"{name}: {best.speedup.value:.2f} times as fast on {plural(best.threads, 'thread')} as"
            f" on {_base(line)}{_interval(best.speedup)}, {duration(seconds(best))}"
        )
    why = _why(last)
    return f"{said}; on {plural(last.threads, 'thread')} {why}." if why else f"{said}."


def _why(point: Point) -> str:
    """The largest loss of a cell, when it is large and no plain consequence of few cores."""
    parts = parts_of(point.cell)
    total = sum(parts.values()) if parts else 0.0
    if parts is None or total <= 0:
        return ""
    wait, core, rest = (parts[part] / total for part in ("wait", "core", "other"))
    if wait >= _LOUD_WAIT:
        return f"{percent(wait)} of the thread time is waiting for the interpreter"
    if max(core, rest) >= _LOUD_REST and not point.over_cores:
        if core >= rest:
            what = "sleep" if point.cell.metric == "wall_s" else "sleep in a node"
            return f"{percent(core)} of the thread time is a wait for a core, or {what}"
        return f"threads have no tile for {percent(rest)} of their time: they start, or end early"
    return ""


# --- sweeps without threads as an axis ---


def _without_threads(sweep: Sweep) -> Iterator[str]:
    ways = _ways(sweep)
    timed = [cell for cell in sweep.cells if cell.timed]
    for alike in grouped(timed, [axis for axis in varying(sweep) if is_work(axis)]).values():
        if len(alike) < 2:
            continue
        work = _work_name(sweep, alike[0])
        best, *_, slowest = sorted(alike, key=_cell_seconds)
        last = settings_name(slowest.settings, ways)
        yield (
            f"Fastest{f' for {work}' if work else ''}: {settings_name(best.settings, ways)},"
            f" {duration(_cell_seconds(best))} a {_unit(sweep)}; {last} takes"
            f" {_cell_seconds(slowest) / _cell_seconds(best):.2f} times as long."
        )


# --- names ---


def _unit(sweep: Sweep) -> str:
    return "run" if sweep.is_of_commands else "render"


def _ways(sweep: Sweep) -> list[str]:
    """Varying axes that say how the work is done, but for threads."""
    return [axis for axis in varying(sweep) if axis != THREADS and not is_work(axis)]


def _work_name(sweep: Sweep, cell: Cell) -> str:
    return settings_name(cell.settings, [axis for axis in varying(sweep) if is_work(axis)])


def _by_work(sweep: Sweep, lines: Sequence[Line]) -> list[list[Line]]:
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(_work_name(sweep, line.curve.points[0].cell), []).append(line)
    return list(found.values())


def _where(sweep: Sweep, line: Line, point: Point) -> str:
    """`isolated on 2 threads`; `2 threads` where nothing else varies."""
    name = settings_name(line.curve.settings, _ways(sweep))
    threads = plural(point.threads, "thread")
    return f"{name} on {threads}" if name else threads


def _cell_seconds(cell: Cell) -> float:
    times = cell.values()
    return median(times) if times else float("inf")


def _base(line: Line) -> str:
    return "one" if line.fewest == 1 else str(line.fewest)


def _interval(found: Interval) -> str:
    if found.low is None or found.high is None:
        return ""
    return f" (95 % interval {found.low:.2f} to {found.high:.2f})"
