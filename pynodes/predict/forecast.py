"""What a sweep's ways would do on so many cores, and how far the same is from what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from statistics import median
from typing import Any, NamedTuple

from pynodes.predict.crew import Played, Rules, play
from pynodes.predict.measured import Measured, measured
from pynodes.predict.work import cut
from pynodes.store.model import Sweep, value_text
from pynodes.sweep.stats import cores_of


class Share(NamedTuple):
    """What part of the threads' time goes where."""

    at_work: float
    interpreter: float
    core: float
    asleep: float
    beginning: float
    idle: float

    @property
    def limit(self) -> str:
        """What takes most of what is not work; empty when that is little."""
        losses = {
            "waiting for the interpreter": self.interpreter,
            "waiting for a core, or slowed by others": self.core,
            "asleep in nodes": self.asleep,
            "making interpreters, nodes or workers": self.beginning,
            "no tile left": self.idle,
        }
        most = max(losses, key=lambda what: losses[what])
        return most if losses[most] >= _LOUD else ""


_LOUD = 0.1


@dataclass(frozen=True, slots=True)
class Point:
    """A frame on so many threads and cores; `slowest_s` is when cores slow each other more and
    more, `frame_s` when no more than was measured."""

    cores: int
    threads: int
    frame_s: float
    slowest_s: float
    share: Share


@dataclass(frozen=True, slots=True)
class Check:
    """A measured cell: `calibrates` when it was used to know what threads cost each other."""

    threads: int
    measured_s: float
    predicted_s: float
    calibrates: bool

    @property
    def error(self) -> float:
        """Of the throughput: 0.1 when it is predicted 10 % too high."""
        return self.measured_s / self.predicted_s - 1


@dataclass(frozen=True, slots=True)
class Forecast:
    """One way."""

    way: Measured
    checks: tuple[Check, ...]
    points: tuple[Point, ...]

    @property
    def worst(self) -> float:
        """The largest error of all its checks, as a part."""
        return max((abs(check.error) for check in self.checks), default=0.0)


def forecasts(sweep: Sweep, cores: Sequence[int], times: int = 1) -> Iterator[Forecast]:
    """One for each way that has a cell of one thread; of a frame with `times` as many tiles."""
    here = cores_of(sweep) or 1
    for way in measured(sweep):
        larger = replace(way, frame=way.frame.times(times))
        yield Forecast(way, tuple(_checks(way, here)), tuple(point(larger, n) for n in cores))


def point(way: Measured, cores: int, threads: int | None = None) -> Point:
    """What is to be expected of so many cores; threads are as many unless said otherwise."""
    threads = threads or cores
    played = _played(way, threads, way.rules(cores))
    slowest = played
    if cores > way.calibrated_on and way.slowdown(True)(cores) > way.slowdown(False)(cores):
        slowest = _played(way, threads, way.rules(cores, growing=True))
    return Point(cores, threads, played.frame_s, slowest.frame_s, _share(played, threads))


def _checks(way: Measured, here: int) -> Iterator[Check]:
    handed_over = next((p.threads for p in way.curve.points if p.threads > 1), 1)
    for each in way.curve.points:
        found = _played(way, each.threads, way.rules(here))
        calibrates = each.threads <= max(way.calibrated_on, handed_over if way.shares_gil else 1)
        yield Check(each.threads, median(each.cell.values()), found.frame_s, calibrates)


def _played(way: Measured, threads: int, rules: Rules) -> Played:
    """A whole frame: one of too many visits is played in part, its beginning as long as it is."""
    work = cut(way.frame, threads)
    if work.part == 1.0:
        return play(work.tiles, threads, rules)
    found = play(work.tiles, threads, replace(rules, begin_s=rules.begin_s * work.part))
    whole = {field.name: getattr(found, field.name) / work.part for field in fields(found)}
    return Played(**{**whole, "handovers": round(whole["handovers"])})


# What holds for every forecast, whatever was measured.
UNKNOWN = (
    "how cores that are not here slow each other: at worst each further one as those measured did",
    "whether the GIL goes to another thread, or an interpreter is made, more slowly with many",
    "garbage collection that stops all threads of a free-threaded Python, locks of libraries",
    "other programs, and machines whose memory is not equally near to all cores",
)


def title_of(sweep: Sweep) -> str:
    """What was rendered."""
    return ", ".join(dict.fromkeys(cell.subject for cell in sweep.cells))


def as_json(sweep: Sweep, found: Sequence[Forecast]) -> dict[str, Any]:
    """All of it, times in seconds."""
    return {
        "sweep": {"id": sweep.id, "name": sweep.name, "machine": sweep.machine.name},
        "cores_here": cores_of(sweep),
        "ways": [_way_json(each) for each in found],
        "unknown": UNKNOWN,
    }


def _way_json(each: Forecast) -> dict[str, Any]:
    way = each.way
    return {
        "settings": {name: value_text(value) for name, value in way.curve.settings.items()},
        "engine": way.curve.points[0].cell.engine,
        "shares_gil": way.shares_gil,
        "of_one_thread": {
            "native_s": way.frame.native_s,
            "python_s": way.frame.python_s,
            "asleep_s": way.frame.asleep_s,
            "begin_s": way.begin_s,
            "attachments": round(way.frame.visits),
            "tiles": len(way.frame.tiles),
        },
        "handover_s": way.handover_s if way.shares_gil else None,
        "slowdowns": {str(cores): factor for cores, factor in way.slowdowns.items()},
        "assumed": way.assumed,
        "checks": [
            {
                "threads": check.threads,
                "measured_s": check.measured_s,
                "predicted_s": check.predicted_s,
                "error": check.error,
                "calibrates": check.calibrates,
            }
            for check in each.checks
        ],
        "points": [
            {
                "cores": point.cores,
                "threads": point.threads,
                "frame_s": point.frame_s,
                "slowest_s": point.slowest_s,
                **point.share._asdict(),
                "limit": point.share.limit,
            }
            for point in each.points
        ],
    }


def _share(played: Played, threads: int) -> Share:
    whole = threads * played.frame_s or 1.0
    work = played.native_s + played.python_s
    return Share(
        work / whole,
        played.wait_s / whole,
        played.core_s / whole,
        played.asleep_s / whole,
        played.begin_s / whole,
        played.idle_s(threads) / whole,
    )
