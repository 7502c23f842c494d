"""Statistics of samples, each with its definition. Figures in, figures out; nothing is printed.

numpy is imported on first use. Intervals come from a bootstrap with a fixed seed, so the same
samples always give the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING, Any, TypeVar

from pynodes.options.engines import engine_of
from pynodes.store.model import Cell, Sweep

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Number = TypeVar("Number", float, Floats)

# What the words of a table mean; the report prints them next to its figures.
DEFINITIONS = {
    "median": "the middle of the measured runs of a cell, warm-ups left out",
    "spread": "half of the range that holds the middle half of the runs (half the interquartile"
    " range), as a part of the median",
    "interval": "95 % bootstrap interval: the statistic of 4000 resamples of the runs (for cells"
    " of one sweep whole rounds are drawn, so that drift that hit both cancels); it needs three"
    " runs, and with less than about eight it is narrower than it should be",
    "speed-up": "time of the cell with the fewest threads that is otherwise the same, divided by"
    " the time of this one; both medians",
    "efficiency": "speed-up divided by the ratio of the numbers of threads; 1 is perfect",
    "Amdahl": "the serial part f of the model time(N) = time(1) * (f + (1 - f) / N), by least"
    " squares on relative differences",
    "USL": "the universal scalability law, throughput(N) = N * throughput(1) /"
    " (1 + sigma * (N - 1) + kappa * N * (N - 1)): sigma is contention (waiting for what one thread"
    " at a time can have), kappa coherence (each thread's work to agree with each other one), by"
    " least squares on relative differences; neither is below 0",
    "projection": "time by the universal scalability law on more cores than were measured, with as"
    " many threads; fitted to five numbers of threads within the cores at least. Its interval holds"
    " 95 % of the laws fitted to resampled runs: it does not say whether the law goes on to hold",
    "peak": "the number of threads with the highest throughput by the fit,"
    " sqrt((1 - sigma) / kappa) and at least 1; none when kappa is 0 and sigma below 1",
    "memory per thread": "peak memory with the most threads less that with the fewest, divided by"
    " the difference of their numbers; of engine process it is not given, for there each worker has"
    " its own",
}

# Figures whose ratio is a speed-up: seconds on the clock, not sums over threads, and not counts.
SPEEDS = ("render_s", "wall_s", "start_s", "ready_s", "load_s", "stop_s")

MIN_FOR_INTERVAL = 3
FEWEST_FITTED = 5  # numbers of threads: a law fits fewer, whatever they are
_REFITS = 400
_RESAMPLES = 4000
_SEED = 20080529


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with the 95 % interval around it; None, None when runs are too few for one."""

    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Some runs in short. `spread` is None with less than three runs."""

    n: int
    median: float
    low: float
    high: float
    spread: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """One cell on a speed-up curve. `over_cores`: more threads than cores could be used."""

    cell: Cell
    threads: int
    speedup: Interval
    efficiency: float
    over_cores: bool


@dataclass(frozen=True, slots=True)
class Curve:
    """Cells that differ in their threads alone. `settings` are the axes that they share.

    `usl` and `amdahl` are over the points within the cores when there are five, else over all; None
    of fewer.
    """

    settings: Mapping[str, Any]
    points: tuple[Point, ...]
    usl: Usl | None
    amdahl: Amdahl | None


@dataclass(frozen=True, slots=True)
class Usl:
    """The universal scalability law, fitted; `single` is the throughput of one thread."""

    single: float
    sigma: float
    kappa: float
    r2: float
    points: int
    over_cores: bool

    @property
    def peak(self) -> float | None:
        """Threads at the highest throughput, at least one; None when it never falls."""
        if self.sigma >= 1.0:
            return 1.0
        if self.kappa <= 0.0:
            return None
        return max(1.0, math.sqrt((1.0 - self.sigma) / self.kappa))

    def throughput(self, threads: Number) -> Number:
        n = threads
        return n * self.single / (1 + self.sigma * (n - 1) + self.kappa * n * (n - 1))


@dataclass(frozen=True, slots=True)
class Amdahl:
    """Amdahl's law, fitted; `serial` is the part that does not become faster."""

    single: float
    serial: float
    r2: float
    points: int
    over_cores: bool

    def speedup(self, threads: Number) -> Number:
        return 1.0 / (self.serial + (1.0 - self.serial) / threads)


def spread(values: Sequence[float]) -> Spread | None:
    """Median, range and spread of some runs; None for no run."""
    if not values:
        return None
    middle = median(values)
    relative: float | None = None
    if len(values) >= 3 and middle > 0:
        from pynodes.arrays import np

        low, high = np.percentile(values, (25, 75))
        relative = float(high - low) / 2 / middle
    return Spread(len(values), middle, min(values), max(values), relative)


def has_ratios(values: Iterable[float]) -> bool:
    """Whether there are figures and all are above 0, so that they can be divided by."""
    known = list(values)
    return bool(known) and min(known) > 0


def ratio(above: Sequence[float], below: Sequence[float]) -> Interval:
    """median(above) / median(below), each resampled by itself. Both hold one value at least."""
    value = median(above) / median(below)
    if min(len(above), len(below)) < MIN_FOR_INTERVAL:
        return Interval(value)
    return _interval(value, _medians(above, 1) / _medians(below, 2))


def paired_ratio(above: Mapping[int, float], below: Mapping[int, float]) -> Interval:
    """The same for two cells of one sweep, by round: whole rounds are drawn.

    Rounds that one of them lacks are left out, unless too few are left: then as `ratio`.
    """
    rounds = sorted(above.keys() & below.keys())
    if len(rounds) < MIN_FOR_INTERVAL or len(rounds) < max(len(above), len(below)):
        return ratio(list(above.values()), list(below.values()))
    from pynodes.arrays import np

    a = np.array([above[number] for number in rounds])
    b = np.array([below[number] for number in rounds])
    drawn = np.random.default_rng(_SEED).integers(len(rounds), size=(_RESAMPLES, len(rounds)))
    found = np.median(a[drawn], axis=1) / np.median(b[drawn], axis=1)
    return _interval(float(np.median(a) / np.median(b)), found)


def geometric_mean(pairs: Sequence[tuple[Sequence[float], Sequence[float]]]) -> Interval:
    """The geometric mean of the ratios of several pairs of cells, all resampled at once."""
    value = math.exp(sum(math.log(median(a) / median(b)) for a, b in pairs) / len(pairs))
    if min(min(len(a), len(b)) for a, b in pairs) < MIN_FOR_INTERVAL:
        return Interval(value)
    from pynodes.arrays import np

    logs = [np.log(_medians(a, 2 * i) / _medians(b, 2 * i + 1)) for i, (a, b) in enumerate(pairs)]
    return _interval(value, np.exp(np.mean(logs, axis=0)))


def curves(sweep: Sweep, metric: str | None = None) -> list[Curve]:
    """Speed-up curves: cells in groups that share everything but threads.

    Empty when threads are not an axis, or the figure is not one of speed. Cells without a timed
    run, or with a figure of 0, which has no ratio, are left out.
    """
    metric = metric or sweep.metric
    if "threads" not in sweep.axes or metric not in SPEEDS:
        return []
    groups: dict[tuple[tuple[str, Any], ...], list[Cell]] = {}
    for cell in sweep.cells:
        shared = tuple((k, v) for k, v in cell.settings.items() if k != "threads")
        if cell.threads is not None and has_ratios(cell.values(metric)):
            groups.setdefault(shared, []).append(cell)
    return [_curve(dict(shared), cells, sweep, metric) for shared, cells in groups.items()]


def memory_per_thread(curve: Curve) -> float | None:
    """MiB that one more thread takes; None when it is not known."""
    cells = [point.cell for point in curve.points if engine_of(point.cell.engine).unit == "thread"]
    known = [(cell.threads or 1, median(mib)) for cell in cells if (mib := cell.values("peak_mib"))]
    if not known or known[0][0] == known[-1][0]:
        return None
    (fewest, least), (most, all_of_it) = known[0], known[-1]
    return (all_of_it - least) / (most - fewest)


def cores_of(sweep: Sweep) -> int | None:
    """Cores that a sweep's hosts could use: those of --pin, else the machine's."""
    pinned = sweep.settings.get("pin")
    return len(pinned) if pinned else sweep.machine.facts.get("usable_cores")


def fit_usl(
    threads: Sequence[float], throughput: Sequence[float], over_cores: bool = False
) -> Usl | None:
    """Fit the law to points; None with less than five different numbers of threads.

    N / X(N) is linear in 1/X1, sigma/X1 and kappa/X1. Weighted by X(N)/N a residual is the relative
    difference in X. Of the four ways to hold sigma, kappa or both at 0 the best that keeps all
    three at 0 or above is taken, which solves the constrained problem exactly.
    """
    if len(set(threads)) < FEWEST_FITTED:
        return None
    from pynodes.arrays import np

    n = np.asarray(threads, float)
    x = np.asarray(throughput, float)
    columns = np.stack([np.ones_like(n), n - 1, n * (n - 1)], axis=1) * (x / n)[:, None]
    single, sigma, kappa = _least_squares(columns, first=True)
    found = Usl(1 / single, sigma / single, kappa / single, 0.0, len(n), over_cores)
    return replace(found, r2=_r2(x, found.throughput(n)))


def projected(curve: Curve, threads: Sequence[int]) -> list[Interval]:
    """Throughput by the law of a curve on so many threads and cores, which were not measured.

    The interval is that of resampled runs, each fitted anew: it says how far the runs hold the law
    down, not whether it goes on to hold. Empty where there is no law, or it is of more
    threads than cores, whose slowing down is not that of more cores.
    """
    usl = curve.usl
    if usl is None or usl.over_cores:
        return []
    from pynodes.arrays import np

    within = [point for point in curve.points if not point.over_cores]
    n = [float(point.threads) for point in within]
    drawn = [1.0 / _medians(p.cell.values(), i)[:_REFITS] for i, p in enumerate(within)]
    fits = [fit_usl(n, [float(each[i]) for each in drawn]) for i in range(_REFITS)]
    found = []
    for number in threads:
        seen = np.array([fit.throughput(float(number)) for fit in fits if fit is not None])
        found.append(_interval(usl.throughput(float(number)), seen))
    return found


def fit_amdahl(
    threads: Sequence[float], throughput: Sequence[float], over_cores: bool = False
) -> Amdahl | None:
    """Fit Amdahl's law; None with less than five different numbers of threads.

    1 / X(N) = f / X1 + (1 - f) / X1 / N is linear in f / X1 and (1 - f) / X1.
    """
    if len(set(threads)) < FEWEST_FITTED:
        return None
    from pynodes.arrays import np

    n = np.asarray(threads, float)
    x = np.asarray(throughput, float)
    columns = np.stack([1 / n, np.ones_like(n)], axis=1) * x[:, None]
    parallel, serial = _least_squares(columns, first=False)
    single = 1 / (parallel + serial)
    found = Amdahl(single, serial * single, 0.0, len(n), over_cores)
    return replace(found, r2=_r2(x, single * found.speedup(n)))


def _least_squares(columns: Floats, *, first: bool) -> tuple[float, ...]:
    """The best coefficients for `columns @ c = 1`, none below 0; with `first` that one above 0."""
    from pynodes.arrays import np

    most = columns.shape[1]
    best: tuple[float, tuple[float, ...]] | None = None
    for kept in range(1, 2**most):
        used = [i for i in range(most) if kept >> i & 1]
        if first and 0 not in used:
            continue
        found, *_ = np.linalg.lstsq(columns[:, used], np.ones(len(columns)), rcond=None)
        if (found < 0).any() or (first and found[0] == 0):
            continue
        error = float(((columns[:, used] @ found - 1) ** 2).sum())
        if best is None or error < best[0] - 1e-15:
            values = dict(zip(used, map(float, found), strict=True))
            best = error, tuple(values.get(i, 0.0) for i in range(most))
    assert best is not None  # the first alone always works: throughputs are above 0
    return best[1]


def _r2(seen: Floats, fitted: Floats) -> float:
    """How much of the variation of the throughput the fit explains; 1 for all."""
    total = float(((seen - seen.mean()) ** 2).sum())
    left = float(((seen - fitted) ** 2).sum())
    return 1.0 - left / total if total > 0 else 1.0


def _curve(shared: Mapping[str, Any], cells: list[Cell], sweep: Sweep, metric: str) -> Curve:
    cells = sorted(cells, key=lambda cell: (cell.threads or 0, cell.position))
    first = cells[0]
    fewest = first.threads or 1
    cores = cores_of(sweep)
    points = []
    for cell in cells:
        threads = cell.threads or 1
        gained = paired_ratio(first.by_round(metric), cell.by_round(metric))
        speedup = Interval(1.0) if cell is first else gained
        is_over = cores is not None and threads > cores
        points.append(Point(cell, threads, speedup, gained.value * fewest / threads, is_over))
    within = [point for point in points if not point.over_cores]
    over = len({point.threads for point in within}) < FEWEST_FITTED and len(within) < len(points)
    taken = points if over else within
    n = [float(point.threads) for point in taken]
    x = [1.0 / median(point.cell.values(metric)) for point in taken]
    return Curve(shared, tuple(points), fit_usl(n, x, over), fit_amdahl(n, x, over))


def _interval(value: float, found: Floats) -> Interval:
    from pynodes.arrays import np

    low, high = np.percentile(found, (2.5, 97.5))
    return Interval(value, float(low), float(high))


def _medians(values: Sequence[float], stream: int) -> Floats:
    """Medians of resamples; `stream` keeps those of several cells independent."""
    from pynodes.arrays import np

    drawn = np.random.default_rng((_SEED, stream)).choice(
        np.asarray(values, float), size=(_RESAMPLES, len(values))
    )
    found: Floats = np.median(drawn, axis=1)
    return found
