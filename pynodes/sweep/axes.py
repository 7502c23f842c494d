"""The options with several values that make a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pynodes.errors import BadValueError
from pynodes.options.kinds import MAX_VALUES, Names
from pynodes.options.table import RUN, Row, rows_of

# The host to run is not a field of a job.
PYTHON = Row(
    Names("P", "Pythons that `pynodes hosts` lists"),
    "the Python that renders",
    RUN,
    name="python",
    fields=("python",),
    sweeps=0,
)


def axes_of(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Those that sweep, in the order of cells: the last vary fastest."""
    return tuple(
        row
        for _, row in sorted(
            ((row.sweeps, row) for row in (PYTHON, *rows) if row.sweeps is not None),
            key=lambda found: found[0],
        )
    )


AXES = axes_of(rows_of())


def merge(name: str, given: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """The values of an option that was given once or more, each value once."""
    found = tuple(dict.fromkeys(value for values in given for value in values))
    if len(found) > MAX_VALUES:
        raise BadValueError(f"--{name} has {len(found)} values", help=f"{MAX_VALUES} are enough")
    return found


def define_axes(defines: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Parameters by name, in the order in which they came; several values make an axis."""
    found: dict[str, dict[str, None]] = {}
    for name, text in defines:
        found.setdefault(name, {})[text] = None
    return {name: tuple(values) for name, values in found.items()}


def scene_names(scenes: Sequence[Path]) -> list[str]:
    """A short name for each scene that distinguishes it from the others."""
    stems = [scene.stem for scene in scenes]
    return [
        stem if stems.count(stem) == 1 else str(scene)
        for stem, scene in zip(stems, scenes, strict=True)
    ]
