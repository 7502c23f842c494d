"""A profile as speedscope.app reads it: its file format, of the type `sampled`.

The schema is https://www.speedscope.app/file-format-schema.json. There is a profile for all nodes
together, and one for each node.
"""

from __future__ import annotations

from typing import Any

from pynodes import printable
from pynodes.profile.calls import Call, Place

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"


def document(root: Call, title: str) -> dict[str, Any]:
    """The whole file."""
    frames: dict[Place, int] = {}
    nodes = sorted(root.calls.values(), key=lambda node: -node.total_s)
    profiles = [_profile("all Python nodes", nodes, frames)] if len(nodes) > 1 else []
    profiles += [_profile(f"node {label(node.place)}", [node], frames) for node in nodes]
    return {
        "$schema": _SCHEMA,
        "name": printable.text(title),
        "exporter": "pynodes",
        "activeProfileIndex": 0,
        "shared": {"frames": [_frame(place) for place in frames]},
        "profiles": profiles,
    }


def label(place: Place) -> str:
    """A place in a few words: a node, a function, or what was left out."""
    return printable.text(place.node or place.function or "...")


def _frame(place: Place) -> dict[str, Any]:
    found: dict[str, Any] = {"name": label(place)}
    if place.file:
        found |= {"file": printable.text(place.file), "line": place.line}
    return found


def _profile(name: str, nodes: list[Call], frames: dict[Place, int]) -> dict[str, Any]:
    """Stacks with their time in microseconds."""
    samples: list[list[int]] = []
    weights: list[float] = []
    for node in nodes:
        for above, call in node.walk():
            if call.own_s > 0:
                stack = [each.place for each in (*above, call)]
                samples.append([frames.setdefault(place, len(frames)) for place in stack])
                weights.append(round(call.own_s * 1e6, 3))
    return {
        "type": "sampled",
        "name": name,
        "unit": "microseconds",
        "startValue": 0,
        "endValue": round(sum(weights), 3),
        "samples": samples,
        "weights": weights,
    }
