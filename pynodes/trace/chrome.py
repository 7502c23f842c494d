"""The Chrome trace format, which ui.perfetto.dev and chrome://tracing read.

The host writes the format's array form, an event a line, without knowing how it will end. `load`
takes that, whole or torn, and the object form that `save` writes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from pynodes import files, outputs
from pynodes.errors import CannotStartError, needed
from pynodes.trace.timeline import Span, Thread, Trace

_COUNTED = {"native": "native", "wait": "waiting", "python": "attached", "calls": "calling"}
_NODE_SPANS = ("node", "call", "attached per call")


def load(path: Path) -> Trace:
    """Read a timeline.

    Raises:
        CannotStartError: the file cannot be read, or has no event in it.
    """
    events, torn = read_events(path)
    return from_events(events, torn)


def read_events(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The events of a file of either form, and how many lines of it made no sense.

    Raises:
        CannotStartError: as `load`.
    """
    with needed("the trace cannot be read", path, "trace the render again"):
        text = files.read(path, files.TRACE).decode("utf-8", "replace")
    events: list[dict[str, Any]] = []
    torn = 0
    if text.lstrip().startswith("{"):
        with suppress(ValueError, KeyError, TypeError):
            events = [event for event in json.loads(text)["traceEvents"] if _is_event(event)]
    else:
        for line in text.splitlines():
            bare = line.strip().rstrip(",")
            if bare in ("", "[", "]"):
                continue
            try:
                event = json.loads(bare)
            except ValueError:
                event = None
            if _is_event(event):
                events.append(event)
            else:
                torn += 1
    if not events:
        raise CannotStartError(
            "there is no timeline in this file", str(path), "name one that `--trace` wrote"
        )
    return events, torn


def from_events(events: Iterable[dict[str, Any]], torn: int = 0) -> Trace:
    """A timeline from events; those that are not part of one are passed over."""
    spans: list[Span] = []
    names: dict[Thread, str] = {}
    processes: dict[int, str] = {}
    frames: list[tuple[float, int]] = []
    left_out = 0
    for event in events:
        thread = Thread(event["pid"], event["tid"])
        args = event.get("args", {})
        match event["ph"]:
            case "X":
                begin, duration = float(event["ts"]), float(event["dur"])
                kind = event.get("cat", "")
                spans.append(Span(thread, event["name"], kind, begin, duration, args))
            case "M" if event["name"] == "process_name":
                processes[thread.pid] = str(args.get("name", ""))
            case "M" if event["name"] == "thread_name":
                names[thread] = str(args.get("name", ""))
            case "i" if "frame" in args:
                frames.append((float(event["ts"]), args["frame"]))
            case "i" if "spans" in args:
                left_out += int(args["spans"])
            case _:
                pass
    frames.sort()
    return Trace(tuple(spans), names, processes, tuple(frames), left_out, torn)


def finished(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The host's events for people: nodes by their names, in order of time, counted."""
    named = list(_with_names(events))
    named += _counters(from_events(named))
    # The longer of two that begin together is the outer one.
    named.sort(key=lambda event: (event["ph"] != "M", event.get("ts", 0.0), -event.get("dur", 0.0)))
    return named


def save(events: list[dict[str, Any]], path: Path, about: dict[str, Any]) -> None:
    """Write events as one JSON object, whole or not at all; `about` is what was rendered.

    Raises:
        CannotStartError: it cannot be written.
    """
    document = {"traceEvents": events, "displayTimeUnit": "ms", "otherData": about}
    # A line an event: what is in it can be found with grep, and a difference be seen.
    head, tail = json.dumps({**document, "traceEvents": []}).split("[]", 1)
    lines = ",\n".join(json.dumps(event, separators=(",", ":")) for event in events)
    write_whole(f"{head}[\n{lines}\n]{tail}\n", path)


def write_whole(text: str, path: Path) -> None:
    """Write a text file, whole or not at all. Raises `CannotStartError`."""
    help = "make room, or name another file with --trace"
    outputs.write(path, [text], "the timeline cannot be written", help)


def _is_event(event: object) -> bool:
    """Has it what every event of a timeline has?"""
    if not isinstance(event, dict) or not isinstance(event.get("args", {}), dict):
        return False
    times = _TIMES.get(str(event.get("ph")), ())
    return all(type(event.get(key)) is kind for key, kind in _NEEDED.items()) and all(
        type(event.get(key)) in (int, float) for key in times
    )


_NEEDED = {"ph": str, "name": str, "pid": int, "tid": int}
_TIMES = {"X": ("ts", "dur"), "C": ("ts",), "i": ("ts",)}


def _with_names(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Put the names of nodes where the host wrote their numbers.

    The names of a frame stand before its spans, in each process.
    """
    known: dict[int, list[str]] = {}
    for event in events:
        args = event.get("args", {})
        if "nodes" in args:
            known[event["pid"]] = args["nodes"]
        if event["name"] in _NODE_SPANS and "node" in args:
            names = known.get(event["pid"], [])
            number = args["node"]
            name = names[number] if 0 <= number < len(names) else f"node {number}"
            shown = {"node": name, "call": f"{name}()"}.get(event["name"], event["name"])
            event = {**event, "name": shown, "args": {**args, "node": name}}
        yield event


def _counters(trace: Trace) -> Iterator[dict[str, Any]]:
    """How many render threads were at what, whenever that changed."""
    changes: list[tuple[float, str, int]] = []
    for thread, stretches in trace.all_stretches().items():
        if not trace.is_render_thread(thread):
            continue
        for stretch in stretches:
            if (state := _COUNTED.get(stretch.state)) is not None:
                changes += [(stretch.begin, state, 1), (stretch.end, state, -1)]
    changes.sort()
    pid = next(iter(trace.processes), 0)
    now = dict.fromkeys(_COUNTED.values(), 0)
    event = {"ph": "C", "name": "render threads", "pid": pid, "tid": 0}
    for time, group in groupby(changes, key=itemgetter(0)):
        for _, state, step in group:
            now[state] += step
        yield {**event, "ts": time, "args": dict(now)}
