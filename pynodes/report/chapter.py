"""One sweep as a report tells it: words, figures, pictures and facts, ready to be written down.

`build` makes it from what is stored; `page` writes it as HTML and `export.markdown` as Markdown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pynodes.report.figures import Bar, HeatMap, Matrix, Scaling


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that matters; `tone` is good, bad, or the colour of a curve such as c0."""

    label: str
    number: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture beside the text; `exact` shows its pixels as squares when it is enlarged."""

    path: Path
    title: str
    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished SVG, such as a timeline."""

    path: Path
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """All that is told of one sweep.

    `lead` is the one sentence for whoever reads no more; `summary` are those that follow it.
    `facts` and `commands` say what ran where, and how to run it again.
    """

    name: str
    title: str
    subtitle: str
    lead: str
    summary: tuple[str, ...] = ()
    tiles: tuple[Tile, ...] = ()
    scaling: Scaling | None = None
    bars: tuple[Bar, ...] = ()
    heats: tuple[HeatMap, ...] = ()
    matrix: Matrix | None = None
    pictures: tuple[Picture, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    warnings: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
