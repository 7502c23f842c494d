"""Which axes of a sweep vary, what their values are called, and how cells are grouped by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pynodes.options.table import rows_of
from pynodes.store.model import Cell, Sweep, value_text

THREADS = "threads"
SWITCH_INTERVAL = "switch-interval"
# These say what they are by their value alone.
_BARE = {"engine", "scene"}
# These change what is done, not how: times are only compared where all of them are equal.
_WORK = {"scene", *(row.name for row in rows_of() if row.changes_picture)}
_UNITS = {SWITCH_INTERVAL: "switch interval (s)"}


def varying(sweep: Sweep) -> tuple[str, ...]:
    """Axes with more than one value, in the order of the sweep."""
    return tuple(axis for axis in sweep.axes if len(sweep.values_of(axis)) > 1)


def axis_name(axis: str) -> str:
    """The heading of an axis: `switch interval (s)`, `-D scale`."""
    if axis.startswith("D "):
        return f"-{axis}"
    return _UNITS.get(axis, axis.replace("-", " "))


def value_name(axis: str, value: Any) -> str:
    """A value that stands for itself: `shared`, `Python 3.13`, `attach call`, `-D scale=2`."""
    text = value_text(value)
    if axis.startswith("D "):
        return f"-{axis}={text}"
    if axis in _BARE:
        return text
    if axis == "python":
        return f"Python {text}"
    if axis == THREADS:
        return "1 thread" if text == "1" else f"{text} threads"
    if axis == SWITCH_INTERVAL:
        return f"switch interval {text}" + ("" if value is None else " s")
    return f"{axis_name(axis)} {text}"


def setting_name(axis: str, value: Any) -> str:
    """A value with its axis, for sentences: `engine shared`."""
    return f"{axis} {value_text(value)}" if axis in _BARE else value_name(axis, value)


def settings_name(settings: Mapping[str, Any], axes: Sequence[str]) -> str:
    """`shared, attach call`: those of the settings that are among the axes."""
    return ", ".join(value_name(axis, settings[axis]) for axis in axes if axis in settings)


def is_work(axis: str) -> bool:
    """Whether an axis changes what is done."""
    return axis in _WORK or axis.startswith("D ")


def work_of(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that say what is done."""
    return {axis: value for axis, value in settings.items() if is_work(axis)}


def grouped(cells: Iterable[Cell], axes: Sequence[str]) -> dict[tuple[Any, ...], list[Cell]]:
    """Cells by their values of some axes, in the order in which these occur."""
    found: dict[tuple[Any, ...], list[Cell]] = {}
    for cell in cells:
        found.setdefault(tuple(cell.settings.get(axis) for axis in axes), []).append(cell)
    return found


def joined(texts: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(texts) < 2:
        return "".join(texts)
    return f"{', '.join(texts[:-1])} and {texts[-1]}"
