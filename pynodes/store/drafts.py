"""What is about to be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pynodes.model.verdict import Verdict
from pynodes.store.model import Machine


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
class CellDraft:
    key: str
    position: int
    settings: Mapping[str, Any]
    job: Mapping[str, Any]
    host: Mapping[str, Any]
    reference: str


@dataclass(frozen=True, slots=True)
class SampleDraft:
    """One run, as `Sample` has it; `records` holds one record a frame. Paths may be absolute."""

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
