"""The Chrome trace format, which ui.perfetto.dev and chrome://tracing read.

The host writes the format's array form, an event a line, without knowing how it will end. `load`
takes that, whole or torn, and the object form that `save` writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from pynodes import decode, files, outputs
from pynodes.decode import DecodeError
from pynodes.errors import CannotStartError, needed
from pynodes.trace.timeline import Span, Thread, Torn, Trace

_COUNTED = {"native": "native", "wait": "waiting", "python": "attached", "calls": "calling"}
_WHOLE = Torn()
_NODE_SPANS = ("node", "call", "attached per call")


def load(path: Path) -> Trace:
    """Read a timeline.

    Raises:
        CannotStartError: the file cannot be read, or has no event in it.
    """
    events, torn = read_events(path)
    return from_events(events, torn)


def read_events(path: Path) -> tuple[list[dict[str, Any]], Torn]:
    """The events of a file of either form, decoded, and what of it made no sense.

    Raises:
        CannotStartError: as `load`.
    """
    with needed("the trace cannot be read", path, "trace the render again"):
        text = files.read(path, files.TRACE).decode("utf-8", "replace")
    events: list[dict[str, Any]] = []
    torn = Torn()
    for number, read in enumerate(_parts(text), 1):
        try:
            events.append(_event(read()))
        except DecodeError as error:
            torn = Torn(torn.count + 1, torn.first or f"{number}: {error.what}")
    if not events:
        raise CannotStartError(
            "there is no timeline in this file",
            str(path),
            "name one that `--trace` wrote",
            torn.first,
        )
    return events, torn


def _parts(text: str) -> Iterator[Callable[[], Any]]:
    """What should be an event each: the lines, or what an object lists."""
    if not text.lstrip().startswith("{"):
        for line in text.split("\n"):
            if (bare := line.strip().rstrip(",")) not in ("", "[", "]"):
                yield partial(decode.json_value, bare)
        return
    try:
        found = decode.json_value(text)
    except DecodeError:
        yield partial(decode.json_value, text)
        return
    listed = found.get("traceEvents")
    for event in listed if isinstance(listed, list) else [listed]:
        yield partial(_same, event)


def _same(value: Any) -> Any:
    return value


def from_events(events: Iterable[dict[str, Any]], torn: Torn = _WHOLE) -> Trace:
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
                kind = event.get("cat", "")
                spans.append(Span(thread, event["name"], kind, event["ts"], event["dur"], args))
            case "M" if event["name"] == "process_name":
                processes[thread.pid] = args.get("name", "")
            case "M" if event["name"] == "thread_name":
                names[thread] = args.get("name", "")
            case "i" if "frame" in args:
                frames.append((event["ts"], args["frame"]))
            case "i" if "spans" in args:
                left_out += args["spans"]
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


def _node(value: Any) -> str | int:
    """A node by its name, or by its number among those of the frame."""
    return decode.text()(value) if isinstance(value, str) else _count(value)


_count = decode.whole(0)
_names = decode.list_of(decode.text())
_MAX_US = 1e15  # 31 years
_KNOWN: dict[str, decode.Decoder[Any]] = {
    "ph": decode.text(1),
    "name": decode.text(),
    "cat": decode.text(),
    "pid": decode.whole(),
    "tid": decode.whole(),
    "ts": decode.number(-_MAX_US, _MAX_US),
    "dur": decode.number(0, _MAX_US),
    "args": decode.shape(
        {
            "name": decode.text(),
            "frame": _count,
            "spans": _count,
            "node": _node,
            "nodes": lambda value: [*_names(value)],
        }
    ),
}
_NEEDED = ("ph", "name", "pid", "tid")
_TIMES = {"X": ("ts", "dur"), "C": ("ts",), "i": ("ts",)}
_any_event = decode.shape(_KNOWN, _NEEDED)
_events = {ph: decode.shape(_KNOWN, (*_NEEDED, *times)) for ph, times in _TIMES.items()}


def _event(value: Any) -> dict[str, Any]:
    """What an event of a timeline has, by its kind. Raises `DecodeError`."""
    ph = value.get("ph") if isinstance(value, dict) else None
    return (_events.get(ph, _any_event) if isinstance(ph, str) else _any_event)(value)


def _with_names(events: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Put the names of nodes where the host wrote their numbers.

    The names of a frame stand before its spans, in each process.
    """
    known: dict[int, Sequence[str]] = {}
    for event in events:
        args = event.get("args", {})
        if "nodes" in args:
            known[event["pid"]] = args["nodes"]
        if event["name"] in _NODE_SPANS and "node" in args:
            names = known.get(event["pid"], ())
            name = args["node"]
            if isinstance(name, int):
                name = names[name] if name < len(names) else f"node {name}"
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
