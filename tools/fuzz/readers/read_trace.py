"""Timelines, as `report --trace` reads and draws them, and as a render finishes the host's own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pynodes.trace.chrome import load
from pynodes.trace.keep import keep
from pynodes.trace.svg import draw


def seeds(folder: Path) -> Sequence[bytes]:
    """Both forms of the file: an event a line as the host writes them, and one object."""
    events = [*_events()]
    lines = ",\n".join(json.dumps(event) for event in events)
    return (f"[\n{lines}\n]\n".encode(), json.dumps({"traceEvents": events}).encode())


def _events() -> Sequence[dict[str, Any]]:
    at: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": "pynodes-host"}},
        {"ph": "i", "name": "frame", "pid": 1, "tid": 0, "ts": 0, "args": {"frame": 1}},
        {"ph": "M", "name": "nodes", "pid": 1, "tid": 0, "args": {"nodes": ["A", "B"]}},
        {"ph": "X", "name": "render", "cat": "frame", "pid": 1, "tid": 0, "ts": 1.0, "dur": 900.5,
         "args": {"frame": 1}},
        {"ph": "i", "name": "left out", "pid": 1, "tid": 1, "ts": 5, "args": {"spans": 3}},
    ]  # fmt: skip
    for tid in (1, 2, 3):
        name = {"name": f"render-{tid - 1}"}
        at.append({"ph": "M", "name": "thread_name", "pid": 1, "tid": tid, "args": name})
        for i, kind in enumerate(("setup", "native", "wait", "python", "calls", "entry")):
            span = {"ph": "X", "cat": kind, "pid": 1, "tid": tid, "ts": 100.0 * i + tid, "dur": 90}
            at.append({**span, "name": "node", "args": {"node": i % 2}})
    return at


def read(data: bytes, folder: Path) -> None:
    """Drawn as a page has it, and kept in both forms."""
    path = folder / "trace.json"
    path.write_bytes(data)
    trace = load(path)
    draw(trace)
    draw(trace, width=400, frame=1)
    for name in ("out.json", "out.svg"):
        keep(path, folder / name, {"scene": "a.py"})
