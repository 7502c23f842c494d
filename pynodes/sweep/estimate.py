"""How long runs will take: what they took before, else a model of what one thread took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean, median

from pynodes.model.job import Job
from pynodes.options.engines import engine_of
from pynodes.rendering.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Cost:
    """What a job costs on one thread: seconds outside the tiles, and per sample in them."""

    base_s: float
    native_s: float
    python_s: float

    @classmethod
    def of(cls, outcome: Outcome, samples: int) -> Cost | None:
        """From a run on one thread; None when it did not come far enough."""
        records = outcome.records
        renders = [record.figures["render_s"] for record in records]
        if not renders or any(seconds is None for seconds in renders):
            return None
        render_s = sum(seconds or 0.0 for seconds in renders)
        python_s = min(render_s, sum(record.figures["python_s"] or 0.0 for record in records))
        return cls(
            max(0.0, outcome.host_s - render_s),
            (render_s - python_s) / samples,
            python_s / samples,
        )


def samples_of(job: Job) -> int:
    """Camera samples of a whole job."""
    pixels = job.width * job.height
    if job.only_tile is not None:
        pixels = min(pixels, job.tile**2)
    return max(1, pixels * job.samples * len(job.frames))


def predict(job: Job, cost: Cost, free_threaded: bool, cores: int) -> float:
    """Seconds of one run of a job by its cost on one thread.

    With one GIL the Python part goes one thread at a time; all else is divided by threads or cores.
    """
    threads = job.threads or cores
    at_once = min(threads, cores)
    samples = samples_of(job)
    native_s, python_s = cost.native_s * samples, cost.python_s * samples
    base_s = cost.base_s + engine_of(job.engine).start_s * threads
    if job.engine == "shared" and not free_threaded:
        return base_s + max(python_s, (native_s + python_s) / at_once)
    return base_s + (native_s + python_s) / at_once


@dataclass(slots=True)
class Estimate:
    """Learns from every run."""

    _walls: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _predicted: dict[str, float] = field(default_factory=dict)

    def learn(self, cell: str, wall_s: float) -> None:
        """A run of a cell took so long."""
        self._walls[cell].append(wall_s)

    def expect(self, cell: str, seconds: float) -> None:
        """A run of a cell may take so long, which runs of this and other cells put right."""
        self._predicted[cell] = seconds

    def of_run(self, cell: str) -> float | None:
        """Seconds of one run: the mean of its cell, else predicted and put right by the others."""
        if cell in self._walls:
            return fmean(self._walls[cell])
        predicted = self._predicted.get(cell)
        if predicted is None:
            return fmean(map(fmean, self._walls.values())) if self._walls else None
        seen = [
            fmean(walls) / self._predicted[other]
            for other, walls in self._walls.items()
            if self._predicted.get(other)
        ]
        return predicted * median(seen) if seen else predicted

    def of_runs(self, left: Mapping[str, int]) -> float | None:
        """Seconds of so many runs of each cell; None when nothing is known."""
        total = 0.0
        for cell, count in left.items():
            if count > 0:
                each = self.of_run(cell)
                if each is None:
                    return None
                total += count * each
        return total
