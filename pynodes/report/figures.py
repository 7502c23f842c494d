"""What the figures of a report show, as plain data: drawn by `plots`, written as tables by `page`.

Nothing here knows how it is drawn, and nothing here measures: it is all taken from stored cells.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

PARTS = ("native", "python", "wait", "other")
PART_NAMES = {
    "native": "native",
    "python": "Python",
    "wait": "waiting for the interpreter",
    "other": "not accounted for",
}


@dataclass(frozen=True, slots=True)
class Fit:
    """The universal scalability law with its two terms, and Amdahl's fraction beside it.

    S(n) = n / (1 + contention (n - 1) + coherence n (n - 1)).
    """

    contention: float
    coherence: float
    peak: float | None
    serial: float | None = None

    def at(self, threads: float) -> float:
        over = 1 + self.contention * (threads - 1) + self.coherence * threads * (threads - 1)
        return threads / over


@dataclass(frozen=True, slots=True)
class Point:
    """One cell on a curve: times in seconds, the ratio against one thread of the same curve."""

    threads: int
    seconds: float
    ratio: float
    low: float
    high: float
    spread: float
    samples: int

    @property
    def efficiency(self) -> float:
        return self.ratio / self.threads


@dataclass(frozen=True, slots=True)
class Curve:
    """Points by threads of cells that are equal in everything else."""

    name: str
    points: tuple[Point, ...]
    fit: Fit | None = None

    @property
    def best(self) -> Point:
        return max(self.points, key=lambda point: point.ratio)


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves that share a pair of axes."""

    title: str
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Scaling:
    """Speed-up over threads; `cores` is what the runs could use, None when it is not known."""

    panels: tuple[Panel, ...]
    cores: int | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all curves, each once, in order."""
        return tuple(dict.fromkeys(c.name for panel in self.panels for c in panel.curves))

    @property
    def points(self) -> Iterator[Point]:
        for panel in self.panels:
            for curve in panel.curves:
                yield from curve.points


@dataclass(frozen=True, slots=True)
class Bar:
    """Thread time of one cell in seconds, by what it was spent on (the keys are `PARTS`)."""

    group: str
    label: str
    parts: dict[str, float]

    @property
    def total(self) -> float:
        return sum(self.parts.values())


@dataclass(frozen=True, slots=True)
class Square:
    """One square of a heat map: `value` is the worst of its runs, None where none was judged."""

    value: int | None
    runs: int
    wrong: int
    verdict: str


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Pixels that differ, over two axes."""

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
    """Verdicts over settings and threads: how many runs of a cell ended in which way."""

    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[dict[str, int] | None, ...], ...]

    @property
    def counts(self) -> dict[str, int]:
        """Runs by verdict, over all cells."""
        found: dict[str, int] = {}
        for row in self.cells:
            for cell in row:
                for verdict, runs in (cell or {}).items():
                    found[verdict] = found.get(verdict, 0) + runs
        return found
