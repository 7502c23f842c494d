"""What a stored sweep says of a way to render: what a frame costs, and threads cost each other.

Everything is a median over runs. Processor time is taken, not time on the clock, so that other
programs do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from pynodes.options.engines import engine_of
from pynodes.predict.crew import Rules, play
from pynodes.predict.work import Frame, cut, even_tiles, tiles_of
from pynodes.store.model import Cell, Run, Sweep
from pynodes.sweep.stats import Curve, cores_of, curves

SWITCH_INTERVAL_S = 0.005
WAKE_S = 20e-6  # from one thread's leaving Python to the next one's being there, as traced
_BY_TURNSTILE = ("call", "row", "tile")
_SLEEPS = 0.05  # a smaller part of Python's time off the processor is what other programs took
_MOST_HANDOVER_S = 2e-3
_HANDOVER_STEP_S = 2e-6
_MOST_TILES = 512 * 512  # of the largest picture
_MOST = 1e15
_LEAST_S = 1e-4  # a shorter switch interval is played as this


@dataclass(frozen=True, slots=True)
class Measured:
    """One way: an engine with its other settings.

    Attributes:
        curve: its cells.
        frame: what a frame costs on one thread.
        begin_s: processor time to make a thread's interpreter, nodes, or worker.
        shares_gil: one GIL for all threads.
        slowdowns: by which factor work takes longer with so many cores busy, as measured.
        handover_s: more processor time in Python after another thread had the GIL.
        wake_s: until a thread that is woken runs.
        assumed: what was not measured, in words.
    """

    curve: Curve
    frame: Frame
    begin_s: float
    shares_gil: bool
    has_turnstile: bool
    begins_at_once: bool
    switch_interval_s: float
    slowdowns: Mapping[int, float]
    handover_s: float
    wake_s: float
    assumed: tuple[str, ...]

    @property
    def calibrated_on(self) -> int:
        """Up to so many threads its cells were used to know what threads cost each other."""
        return max(self.slowdowns, default=1)

    def rules(self, cores: int, *, growing: bool = False) -> Rules:
        """Those of so many cores; `growing` as in `slowdown`."""
        return Rules(
            cores=cores,
            shares_gil=self.shares_gil,
            has_turnstile=self.has_turnstile,
            begin_s=self.begin_s,
            begins_at_once=1_000_000 if self.begins_at_once else cores,
            begins_attached=self.shares_gil,
            switch_interval_s=self.switch_interval_s,
            wake_s=self.wake_s,
            handover_s=self.handover_s,
            slowdown=self.slowdown(growing),
        )

    def slowdown(self, growing: bool) -> Callable[[int], float]:
        """By busy cores: as measured, and beyond that as with the most that were measured.

        With `growing` each further core slows the others by as much as those measured did.
        """
        known = {1: 1.0, **self.slowdowns}
        most = max(known)
        each = (known[most] - 1) / (most - 1) if most > 1 else 0.0

        def factor(busy: int) -> float:
            if busy > most:
                return known[most] + (each * (busy - most) if growing else 0.0)
            below = max(n for n in known if n <= busy)
            above = min(n for n in known if n >= busy)
            if above == below:
                return known[below]
            along = (busy - below) / (above - below)
            return known[below] + along * (known[above] - known[below])

        return factor


def measured(sweep: Sweep) -> Iterator[Measured]:
    """One for each way that has a cell with one thread, of scenes."""
    for curve in curves(sweep):
        one = curve.points[0]
        if one.threads == 1 and one.cell.metric == "render_s" and _cpu_s(one.cell) is not None:
            yield _of_curve(sweep, curve)


def _of_curve(sweep: Sweep, curve: Curve) -> Measured:
    one = curve.points[0].cell
    record = one.timed[0].record
    engine = engine_of(one.engine)
    shares_gil = bool(record.get("gil", True)) and not engine.own_gil
    attach = str(record.get("attach", "tile"))
    assumed: list[str] = []
    frame = _frame(sweep, one, attach, assumed)
    slowdowns = dict(_slowdowns(curve, cores_of(sweep) or 1, shares_gil))
    if not slowdowns:
        assumed.append("that cores do not slow each other: no cell has two threads on two cores")
    interval_s = _switch_interval_s(record)
    has_turnstile = bool(record.get("turnstile", True)) and attach in _BY_TURNSTILE
    if shares_gil and not has_turnstile:
        frame = replace(frame, switches=frame.python_s / interval_s)
    way = Measured(
        curve=curve,
        frame=frame,
        begin_s=_middle(one, _begin_s) or 0.0,
        shares_gil=shares_gil,
        has_turnstile=has_turnstile,
        begins_at_once=shares_gil or engine.unit == "worker",
        switch_interval_s=interval_s,
        slowdowns=slowdowns,
        handover_s=0.0,
        wake_s=WAKE_S,
        assumed=tuple(assumed),
    )
    return _with_handover(way, cores_of(sweep) or 1) if shares_gil else way


def _switch_interval_s(record: Mapping[str, Any]) -> float:
    given = record.get("switch_interval")
    return max(_LEAST_S, _number(given)) if given else SWITCH_INTERVAL_S


def _frame(sweep: Sweep, one: Cell, attach: str, assumed: list[str]) -> Frame:
    records = one.timed[0].records
    record = records[0]
    python_cpu_s = _middle(one, lambda run: run.figures["python_cpu_s"]) or 0.0
    native_s = max(0.0, (_cpu_s(one) or 0.0) - python_cpu_s)
    count = min(_MOST_TILES, max(1, _sum(records, "tiles")))
    if len(records) > 1:
        assumed.append("that threads do not wait for the end of a frame before the next")
    costs = _tile_costs(sweep, one)
    if len(costs) != count:
        assumed.append("that all tiles cost the same: the sweep was made before that was stored")
    calls = float(_sum(records, "node_calls"))
    by_call = attach in ("call", "fresh")
    visits = calls if by_call else float(_sum(records, "waits") or count)
    return Frame(
        native_s=native_s,
        python_s=python_cpu_s,
        asleep_s=_asleep_s(one, visits),
        tiles=tiles_of(costs) if len(costs) == count else even_tiles(count),
        rows=int(_number(record.get("tile"))) or 32,
        visits=visits,
        calls=calls,
        stays=attach == "thread",
    )


def _asleep_s(one: Cell, visits: float) -> float:
    """What nodes sleep; off the processor without a wait of the thread's own it was others'."""
    on_clock = _middle(one, lambda run: run.figures["python_s"]) or 0.0
    spent = _middle(one, lambda run: run.figures["python_cpu_s"]) or 0.0
    waits = _middle(one, lambda run: run.figures["vcsw"]) or 0.0
    sleeps = on_clock - spent > _SLEEPS * on_clock and waits > visits / 4
    return max(0.0, on_clock - spent) if sleeps else 0.0


def _slowdowns(curve: Curve, cores: int, shares_gil: bool) -> Iterator[tuple[int, float]]:
    """Processor time of the same work by the number of cores at work, over that of one.

    With one GIL the time outside of Python alone: what is more in Python is the hand-over's.
    """

    def work_s(cell: Cell) -> float:
        python = _middle(cell, lambda run: run.figures["python_cpu_s"]) or 0.0
        return (_cpu_s(cell) or 0.0) - (python if shares_gil else 0.0)

    alone = work_s(curve.points[0].cell)
    least = 1.0
    for point in curve.points[1:]:
        if point.threads <= cores and alone > 0 and _cpu_s(point.cell) is not None:
            least = max(least, work_s(point.cell) / alone)
            yield point.threads, least


def _with_handover(way: Measured, cores: int) -> Measured:
    """The same with what it costs that another thread had the GIL.

    Where the GIL was always in use it is what makes a played frame of several threads take as long
    as the measured one; else what these spent more in Python, by the hand-over.
    """
    several = next((point for point in way.curve.points if point.threads > 1), None)
    count = _middle(several.cell, lambda run: run.figures["handovers"]) if several else None
    if several is None or not count:
        what = "that a hand-over of the GIL costs nothing: no cell of several threads has one"
        return replace(way, assumed=(*way.assumed, what))
    cell, threads = several.cell, several.threads
    frame_s = median(cell.values())
    waits = _middle(cell, lambda run: run.figures["wait_s"]) or 0.0
    if waits < frame_s * (threads - 1) / 4:
        spent = _middle(cell, lambda run: run.figures["python_cpu_s"]) or 0.0
        return replace(way, handover_s=max(0.0, spent - way.frame.python_s) / count)
    work = cut(way.frame, threads)
    low, high = 0.0, _MOST_HANDOVER_S
    while high - low > _HANDOVER_STEP_S:
        middle = (low + high) / 2
        rules = replace(way.rules(cores), handover_s=middle)
        played_s = play(work.tiles, threads, rules).frame_s / work.part
        low, high = (middle, high) if played_s < frame_s else (low, middle)
    return replace(way, handover_s=low)


def _begin_s(run: Run) -> float | None:
    """Of one thread: from being given the frame to its first tile."""
    threads = run.record.get("per_thread")
    render_s = run.figures["render_s"]
    if not isinstance(threads, list | tuple) or len(threads) != 1 or len(run.records) != 1:
        return None
    first = threads[0]
    wall_s = _number(first.get("wall_s")) if isinstance(first, dict) else 0.0
    return max(0.0, render_s - wall_s) if render_s is not None and wall_s else None


def _tile_costs(sweep: Sweep, cell: Cell) -> list[tuple[float, float]]:
    """Seconds of native work and in Python of each tile, as the reference was rendered."""
    reference = sweep.reference_of(cell)
    found: list[Any] = []
    for record in reference.records if reference else ():
        costs = record.get("tile_costs")
        found += costs if isinstance(costs, list) else []
    pairs = [each for each in found if isinstance(each, list) and len(each) == 2]
    return [(_number(native), _number(python)) for native, python in pairs]


def _number(value: Any) -> float:
    """What a record holds, if it is a time or a number of things; else 0. Anybody wrote it."""
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_one and 0 <= value < _MOST else 0.0


def _sum(records: Sequence[Mapping[str, Any]], name: str) -> int:
    """Of all frames of a run; 0 where it is not known."""
    return int(sum(_number(record.get(name)) for record in records))


def _cpu_s(cell: Cell) -> float | None:
    return _middle(cell, lambda run: run.figures["cpu_s"])


def _middle(cell: Cell, of: Callable[[Run], float | None]) -> float | None:
    known = [value for run in cell.timed if (value := of(run)) is not None]
    return median(known) if known else None
