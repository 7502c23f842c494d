"""A table of raw samples: one line a run of the host, warm-ups too (their round is 0).

A text that a spreadsheet would take for a formula has a `'` before it, as one types it there.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from pynodes import printable
from pynodes.model.figures import COLUMNS, METRICS
from pynodes.store.model import Cell, Run, Sweep, value_text

_BEFORE = ("sweep", "machine", "revision", "cell")
_SAMPLE = ("round", "begun", "verdict")
_COUNTS = tuple(row.key for row in COLUMNS if row.key not in METRICS)
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")  # also full-width ones
_PICTURE = ("wrong_pixels", "max_difference", "sha256")


def export(sweeps: Sequence[Sweep], metric: str | None = None) -> Iterator[str]:
    """Lines with their ends. `metric` is of no consequence: all of them are columns.

    Sweeps may have different axes: an axis that a sweep does not have is empty in its lines.
    """
    axes = list(dict.fromkeys(axis for sweep in sweeps for axis in sweep.axes))
    yield _line([*_BEFORE, *axes, *_SAMPLE, *_COUNTS, *_PICTURE, *METRICS, "command"])
    for sweep in sweeps:
        for cell in sweep.cells:
            for sample in cell.samples:
                yield _line(_values(sweep, cell, sample, axes))


def _values(sweep: Sweep, cell: Cell, sample: Run, axes: Sequence[str]) -> list[Any]:
    settings = [value_text(cell.settings[axis]) if axis in cell.settings else "" for axis in axes]
    return [
        sweep.name,
        sweep.machine.name,
        sweep.revision,
        cell.position,
        *settings,
        *(getattr(sample, name) for name in _SAMPLE),
        *(sample.figures[name] for name in _COUNTS),
        *(getattr(sample, name) for name in _PICTURE),
        *(sample.figures[name] for name in METRICS),
        sample.command,
    ]


def _line(values: Sequence[Any]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(map(_cell, values))
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = printable.line(value)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) and not _is_number(text) else text


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
