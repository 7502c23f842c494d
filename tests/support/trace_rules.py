"""Does a timeline keep the rules of the Chrome trace format, as they are documented?

See "Trace Event Format" (Google, 2016), the sections on the JSON object format, complete, counter,
instant and metadata events; and that the spans of a thread nest, which viewers need.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

PHASES = frozenset("BEXiICbneSTFPstfMNODRcRav()")
METADATA = {
    "process_name": "name",
    "process_labels": "labels",
    "process_sort_index": "sort_index",
    "thread_name": "name",
    "thread_sort_index": "sort_index",
}
_CLOSE_US = 0.0005  # half a nanosecond: what printing and adding floats may move an edge


def problems(document: object) -> Iterator[str]:
    """A line for each rule that is broken; nothing for a valid timeline."""
    events = document.get("traceEvents") if isinstance(document, dict) else document
    if not isinstance(events, list):
        yield "it is neither a list of events nor an object with `traceEvents`"
        return
    if isinstance(document, dict) and document.get("displayTimeUnit", "ms") not in ("ms", "ns"):
        yield f"displayTimeUnit is {document['displayTimeUnit']!r}"
    spans: dict[tuple[int, int], list[tuple[float, float, str]]] = defaultdict(list)
    for number, event in enumerate(events):
        found = list(_of_event(event))
        yield from (f"event {number}: {problem}" for problem in found)
        if not found and event["ph"] == "X":
            place = (event["pid"], event["tid"])
            spans[place].append((event["ts"], event["ts"] + event["dur"], event["name"]))
    for place, found_spans in spans.items():
        yield from _not_nested(place, found_spans)


def _of_event(event: Any) -> Iterator[str]:
    if not isinstance(event, dict):
        yield f"{event!r} is not an object"
        return
    phase = event.get("ph")
    if not isinstance(phase, str) or phase not in PHASES or len(phase) != 1:
        yield f"ph is {phase!r}"
        return
    if not isinstance(event.get("name"), str):
        yield f"name is {event.get('name')!r}"
    for key in ("pid", "tid"):
        if type(event.get(key)) is not int:
            yield f"{key} is {event.get(key)!r}"
    args = event.get("args", {})
    if not isinstance(args, dict):
        yield f"args is {args!r}"
        return
    if phase != "M" and not _is_time(event.get("ts")):
        yield f"ts is {event.get('ts')!r}"
    if phase == "X" and not _is_time(event.get("dur")):
        yield f"dur is {event.get('dur')!r}"
    if phase == "C" and (not args or not all(_is_number(value) for value in args.values())):
        yield f"a counter's args are {args!r}"
    if phase in "iI" and event.get("s", "t") not in ("g", "p", "t"):
        yield f"the scope s is {event['s']!r}"
    if phase == "M":
        kind = METADATA.get(str(event.get("name")))
        if kind is None:
            yield f"there is no metadata {event.get('name')!r}"
        elif not isinstance(args.get(kind), int if kind == "sort_index" else str):
            yield f"args.{kind} is {args.get(kind)!r}"


def _not_nested(place: tuple[int, int], spans: list[tuple[float, float, str]]) -> Iterator[str]:
    spans.sort(key=lambda span: (span[0], -span[1]))
    open_: list[tuple[float, float, str]] = []
    for span in spans:
        while open_ and open_[-1][1] <= span[0] + _CLOSE_US:
            open_.pop()
        if open_ and span[1] > open_[-1][1] + _CLOSE_US:
            yield (
                f"pid {place[0]} tid {place[1]}: {span[2]} at {span[0]} ends after"
                f" {open_[-1][2]}, in which it began"
            )
        open_.append(span)


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value)  # type: ignore[arg-type]


def _is_time(value: object) -> bool:
    return _is_number(value) and value >= 0  # type: ignore[operator]
