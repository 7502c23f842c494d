"""Which way to take: each way of doing the same work at its best, by what one chooses by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from pynodes.model.verdict import Verdict
from pynodes.options.engines import engine_of
from pynodes.report.axes import THREADS, grouped, is_work, settings_name, varying
from pynodes.report.figures import Scaling
from pynodes.store.model import Cell, Sweep
from pynodes.sweep.stats import Interval, paired_ratio
from pynodes.words import plural

MAX_WAYS = 12
_ALIKE = 1.05


@dataclass(frozen=True, slots=True)
class Way:
    """One way, at its number of threads that is fastest.

    Attributes:
        times: seconds of each run; empty when none did all of the work.
        against: its time divided by that of the fastest way.
        memory: peak MiB of each run; of workers, each of which has its own, of all of them at most.
        workers: how many there are, 0 where threads share a process.
        refusal: why it cannot do this work; empty when it can.
        survives: whether a render goes on when a node crashes; None for what is no engine.
        bad: runs that were not fine, in words.
        is_fastest: no way is faster, as far as these runs can tell.
        is_least: no way takes less memory, by more than 5 %.
    """

    name: str
    times: tuple[float, ...]
    against: Interval | None
    memory: tuple[float, ...]
    refusal: str
    survives: bool | None
    bad: str
    workers: int = 0
    is_fastest: bool = False
    is_least: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The ways of doing one kind of work, the fastest first; `work` is empty for the only one."""

    work: str
    ways: tuple[Way, ...]


def decisions(sweep: Sweep, scaling: Scaling | None) -> tuple[Decision, ...]:
    """One for each kind of work that is done in several ways; those that have not run are left
    out."""
    axes = varying(sweep)
    ways = [axis for axis in axes if axis != THREADS and not is_work(axis)]
    work = [axis for axis in axes if is_work(axis)]
    best = {id(line.best.cell) for line in scaling.lines} if scaling is not None else set()
    found = []
    for cells in grouped(sweep.cells, work).values() if ways else ():
        groups = grouped([cell for cell in cells if cell.samples], ways).values()
        taken = [_best(group, best) for group in groups]
        if len(taken) > 1:
            name = settings_name(taken[0].settings, work)
            found.append(Decision(name, tuple(_ranked(sweep, taken, ways))))
    return tuple(found)


def _best(cells: Sequence[Cell], known: set[int]) -> Cell:
    """The cell that stands for a way: that of its curve, else the fastest, else the first."""
    named = [cell for cell in cells if id(cell) in known]
    return named[0] if named else min(cells, key=_seconds)


def _seconds(cell: Cell) -> float:
    times = cell.values()
    return median(times) if times else float("inf")


def _ranked(sweep: Sweep, cells: Sequence[Cell], ways: Sequence[str]) -> Iterator[Way]:
    ranked = sorted(cells, key=lambda cell: (bool(_bad(cell)), _seconds(cell)))
    first = ranked[0]
    made = [_way(sweep, cell, first, ways) for cell in ranked[:MAX_WAYS]]
    least = min((median(way.memory) for way in made if way.memory), default=0.0)
    for way in made:
        against = way.against
        yield replace(
            way,
            is_fastest=against is not None
            and way.bad == made[0].bad
            and min(against.value, 1.0 if against.low is None else against.low) <= 1.0,
            is_least=bool(way.memory) and median(way.memory) <= least * _ALIKE,
        )


def _way(sweep: Sweep, cell: Cell, first: Cell, ways: Sequence[str]) -> Way:
    name = settings_name(cell.settings, ways)
    if cell.threads is not None:
        name += f", {plural(cell.threads, 'thread')}"
    against = None
    if cell.values() and first.values():
        is_first = cell is first
        against = Interval(1.0) if is_first else paired_ratio(cell.by_round(), first.by_round())
    has_workers = not sweep.is_of_commands and engine_of(cell.engine).unit == "worker"
    workers = (cell.threads or 1) if has_workers else 0
    return Way(
        name,
        tuple(cell.values()),
        against,
        tuple(mib * max(1, workers) for mib in cell.values("peak_mib")),
        _refusal(cell),
        None if sweep.is_of_commands else has_workers,
        _bad(cell),
        workers,
    )


def _refusal(cell: Cell) -> str:
    refused = [run for run in cell.samples if run.verdict is Verdict.CANNOT_START]
    return refused[0].verdict_text if refused else ""


def _bad(cell: Cell) -> str:
    fine = (Verdict.OK, Verdict.CANNOT_START)
    found = [f"{n} {verdict}" for verdict, n in cell.verdicts.items() if verdict not in fine]
    return ", ".join(found)
