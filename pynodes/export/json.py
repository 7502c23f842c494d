"""All there is of some sweeps, as one JSON object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from pynodes.model.figures import METRICS
from pynodes.store.model import Sweep
from pynodes.sweep.stats import DEFINITIONS, curves
from pynodes.sweep.warn import cautions
from pynodes.words import json_text

SCHEMA = 1


def export(sweeps: Sequence[Sweep], metric: str | None = None) -> Iterator[str]:
    """The object, sweep by sweep. Statistics are of `metric`, else of the time; raw figures are all
    in it."""
    head = {
        "schema": SCHEMA,
        "metric": metric or next((sweep.metric for sweep in sweeps), None),
        "metrics": {
            name: {"unit": row.unit, "definition": row.definition} for name, row in METRICS.items()
        },
        "definitions": DEFINITIONS,
    }
    yield json_text(head, indent=1).removesuffix("\n}")
    yield ',\n "sweeps": ['
    for number, sweep in enumerate(sweeps):
        yield ",\n" if number else "\n"
        yield json_text(_sweep(sweep, metric), indent=1)
    yield "\n]\n}\n"


def _sweep(sweep: Sweep, metric: str | None) -> dict[str, Any]:
    plain = _plain(sweep)
    assert isinstance(plain, dict)
    plain["cautions"] = _plain(cautions(sweep, metric))
    plain["curves"] = [
        {
            "settings": _plain(curve.settings),
            "points": [
                {
                    "cell": point.cell.key,
                    "threads": point.threads,
                    "speedup": _plain(point.speedup),
                    "efficiency": point.efficiency,
                    "over_cores": point.over_cores,
                }
                for point in curve.points
            ],
            "usl": _plain(curve.usl),
            "amdahl": _plain(curve.amdahl),
        }
        for curve in curves(sweep, metric)
    ]
    return plain


def _plain(value: Any) -> Any:
    """Plain values; the figures of a sample stand among its fields."""
    if is_dataclass(value) and not isinstance(value, type):
        found: dict[str, Any] = {}
        for field in fields(value):
            plain = _plain(getattr(value, field.name))
            found |= plain if field.name == "figures" else {field.name: plain}
        return found
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value
