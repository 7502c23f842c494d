"""What is read from the store: a sweep, its cells, their samples. Frozen, with all paths absolute.
The drafts are what is about to be stored.

A *sweep* is a plan on one machine. A *cell* is one combination of its axes. A *sample* is one run
of the host, or of a command, for a cell; raw samples are all kept, and every statistic is made
from them when it is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pynodes import decode
from pynodes.model.verdict import WRONG, Verdict, worst

# From these the rows of a file are decoded (`pynodes.store.rows`).
Moment: TypeAlias = Annotated[str, decode.moment]
Count: TypeAlias = Annotated[int, decode.whole(0)]
Facts: TypeAlias = Annotated[
    Mapping[str, Any],
    decode.shape(
        {
            "usable_cores": decode.optional(decode.whole(1)),
            "memory_mib": decode.optional(decode.number(0)),
            "load": decode.optional(decode.number(0)),
        }
    ),
]
Settings: TypeAlias = Annotated[
    Mapping[str, Any],
    decode.shape(
        {
            "pin": decode.list_of(decode.whole(0)),
            "host": decode.list_of(decode.shape({"python": decode.text()})),
        }
    ),
]
AxisValues: TypeAlias = Annotated[Mapping[str, Any], decode.mapping_of(decode.scalar)]
StoredJob: TypeAlias = Annotated[
    Mapping[str, Any],
    decode.shape(
        {
            "scene": decode.text(),
            "command": decode.text(),
            "values": decode.list_of(decode.list_of(decode.text(), 2)),
            "threads": decode.optional(decode.whole(1)),
            "engine": decode.text(),
            "defines": decode.list_of(decode.list_of(decode.text(), 2)),
        }
    ),
]
# The largest difference of two pixels, of which one may be infinite.
Difference: TypeAlias = Annotated[float, decode.number(0, float("inf"))]

# In the evidence folder of a run that was made for it, and whose figures do not count.
TIMELINE = "timeline.json"

# Runs that did all of the work, so that their times mean something.
TIMED = WRONG | {Verdict.OK}


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a sweep ran. `key` is equal for machines whose figures may be compared."""

    key: str
    name: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Start:
    """One start of `pynodes sweep`; `ended` is None when it was killed (or is still at work)."""

    id: int
    begun: Moment
    ended: Moment | None
    ending: str | None
    command: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Reference:
    """The one-thread picture that cells with the same picture are held against."""

    key: str
    verdict: Verdict
    sha256: str | None
    image: Path | None
    records: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the host. `round` counts from 1; 0 is a warm-up, which no statistic counts.

    `wrong_pixels` and `max_difference` are None when the picture was not compared (it was not
    whole, a node failed, or there is no reference). `difference` is a picture, made when there are
    wrong pixels. `records` are the full records as `render --json` gives them, one a frame;
    `figures` are the columns of `pynodes.model.figures` made of them, by key.
    """

    id: int
    round: Count
    session: int
    begun: Moment
    verdict: Verdict
    verdict_text: str
    figures: Mapping[str, float | None]
    sha256: str | None
    wrong_pixels: Count | None
    max_difference: Difference | None
    difference: Path | None
    image: Path | None
    evidence: Path | None
    command: str
    records: tuple[Mapping[str, Any], ...]

    @property
    def record(self) -> Mapping[str, Any]:
        """The record of the (first) frame; empty when there is none."""
        return self.records[0] if self.records else {}

    @property
    def wall_s(self) -> float:
        return self.figures["wall_s"] or 0.0


@dataclass(frozen=True, slots=True)
class CellDraft:
    """One combination of the axes. `settings` has a value for each axis, by the axis' name."""

    key: str
    position: int
    settings: AxisValues
    job: StoredJob
    host: Mapping[str, Any]
    reference: str


@dataclass(frozen=True, slots=True)
class Cell(CellDraft):
    """The same, stored, with its runs."""

    id: int
    samples: tuple[Run, ...]

    @property
    def label(self) -> str:
        """`threads 4, engine shared`; `the only cell` without axes."""
        return label(self.settings)

    @property
    def measured(self) -> tuple[Run, ...]:
        """All samples but the warm-ups."""
        return tuple(sample for sample in self.samples if sample.round > 0)

    @property
    def timed(self) -> tuple[Run, ...]:
        """The measured samples whose times count, in the order of their rounds."""
        return tuple(
            sample
            for sample in self.measured
            if sample.verdict in TIMED and sample.figures[self.metric] is not None
        )

    @property
    def metric(self) -> str:
        """The figure that says how long its work took, which all others stand beside."""
        return "wall_s" if "command" in self.job else "render_s"

    @property
    def subject(self) -> str:
        """What was run, in a word: the scene or the program, without its folder."""
        return Path(str(self.job.get("scene") or self.host.get("path") or "?")).stem

    def values(self, metric: str | None = None) -> list[float]:
        """The raw figures of one metric, those that are known, in the order of rounds.

        Args:
            metric: None is the time that its work took.
        """
        return [*self.by_round(metric).values()]

    def by_round(self, metric: str | None = None) -> dict[int, float]:
        """The same, by the number of the round."""
        name = metric or self.metric
        return {
            sample.round: value
            for sample in self.timed
            if (value := sample.figures[name]) is not None
        }

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How often each verdict came, warm-ups included: a crash there is a crash."""
        return Counter(sample.verdict for sample in self.samples)

    @property
    def verdict(self) -> Verdict | None:
        """The worst verdict; None when nothing has run yet."""
        return worst(self.verdicts)

    @property
    def threads(self) -> int | None:
        """Render threads as they were; None when no run came so far and `auto` was asked for."""
        for sample in self.samples:
            if (found := sample.record.get("threads")) is not None:
                return int(found)
        return self.job.get("threads")

    @property
    def engine(self) -> str:
        """The engine as it was; what was asked for when no run came so far."""
        for sample in self.samples:
            if found := sample.record.get("engine"):
                return str(found)
        return str(self.job.get("engine", "auto"))

    @property
    def wrong_pixels(self) -> int | None:
        """Most pixels that differed in one run; None when no picture was compared."""
        found = [s.wrong_pixels for s in self.samples if s.wrong_pixels is not None]
        return max(found, default=None)

    @property
    def timeline(self) -> Path | None:
        """What its threads did when, in a run of its own; None when that was not asked for."""
        folders = [run.evidence for run in self.samples if run.round == 0 and run.evidence]
        places = (folder / TIMELINE for folder in reversed(folders))
        return next((place for place in places if place.is_file()), None)

    @property
    def max_difference(self) -> float | None:
        """Largest difference in one channel of one pixel of one run."""
        found = [s.max_difference for s in self.samples if s.max_difference is not None]
        return max(found, default=None)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A plan, and all that is stored of it. Cells are in the order of the plan."""

    id: int
    key: str
    name: str
    created: Moment
    machine: Machine
    version: str
    revision: str | None
    axes: tuple[str, ...]
    settings: Settings
    folder: Path
    database: Path
    sessions: tuple[Start, ...]
    references: Mapping[str, Reference]
    cells: tuple[Cell, ...]

    @property
    def samples(self) -> Iterator[Run]:
        """All of them, warm-ups too."""
        for cell in self.cells:
            yield from cell.samples

    @property
    def metric(self) -> str:
        """That of its cells."""
        return self.cells[0].metric if self.cells else "render_s"

    @property
    def is_of_commands(self) -> bool:
        """Whether programs were run, and no scenes rendered."""
        return "command" in self.settings

    def reference_of(self, cell: Cell) -> Reference | None:
        return self.references.get(cell.reference)

    def values_of(self, axis: str) -> list[Any]:
        """The values of an axis that occur, in the order of the plan."""
        found: list[Any] = []
        for cell in self.cells:
            value = cell.settings.get(axis)
            if axis in cell.settings and value not in found:
                found.append(value)
        return found


def label(settings: Mapping[str, Any]) -> str:
    """Values of axes in words, for tables and messages."""
    said = ", ".join(f"{name} {value_text(value)}" for name, value in settings.items())
    return said or "the only cell"


def value_text(value: Any) -> str:
    """A value of an axis as it is typed."""
    if value is None:
        return "default"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return str(value)


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of `pynodes results list`."""

    id: int
    name: str
    created: Moment
    last: Moment | None
    machine: str
    revision: str | None
    axes: tuple[str, ...]
    cells: Count
    samples: Count
    verdicts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SweepDraft:
    """A sweep that is about to begin, or to be gone on with."""

    key: str
    stem: str
    name: str | None
    machine: Machine
    version: str
    revision: str | None
    axes: tuple[str, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunDraft:
    """One run, as `Run` has it; `records` holds one record a frame. Paths may be absolute."""

    round: int
    begun: str
    verdict: Verdict
    verdict_text: str
    wall_s: float
    command: str
    records: Sequence[Mapping[str, Any]]
    wrong_pixels: int | None = None
    max_difference: float | None = None
    difference: Path | None = None
    image: Path | None = None
    evidence: Path | None = None


def now() -> str:
    """This moment as it is stored: `2025-01-31T12:00:00.000Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
