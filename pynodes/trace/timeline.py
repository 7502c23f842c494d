"""A timeline: what each thread did when. Times are microseconds since the host started."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

STATES = (
    "wait",
    "stopped",
    "object",
    "collect",
    "asleep",
    "python",
    "entry",
    "calls",
    "native",
    "setup",
)
"""What a thread can be seen at; of several at once the first one counts.

`wait` is waiting for the interpreter, `python` attached to it, `entry` in an entry point, `calls`
attaching for each call of a batch, `native` at work detached, `setup` making or dropping what it
keeps. Of other programs than the host: `collect` in a collection, `asleep` in a system call while
attached; `stopped` with all threads, `object` waiting for an object's lock, both without a GIL.
"""

RENDER_SPAN = "render"
"""On the main thread, from giving a frame to the render threads to their last word."""


@dataclass(frozen=True, slots=True)
class Thread:
    """Which thread: of engine `process` each worker is a process of its own."""

    pid: int
    tid: int


@dataclass(frozen=True, slots=True)
class Span:
    """Something with a beginning and an end, on one thread."""

    thread: Thread
    name: str
    category: str
    begin: float
    duration: float
    args: dict[str, Any]

    @property
    def end(self) -> float:
        return self.begin + self.duration


@dataclass(frozen=True, slots=True)
class Stretch:
    """A thread was in one state for a while."""

    begin: float
    end: float
    state: str


@dataclass(frozen=True, slots=True)
class Torn:
    """Events of a file that made no sense, usually the last one of a host that was killed.

    `first` is the number of the first and what is wrong with it.
    """

    count: int = 0
    first: str = ""


@dataclass(frozen=True, slots=True)
class Trace:
    """All that was traced of one run. `left_out` counts spans for which a thread had no room."""

    spans: tuple[Span, ...]
    names: dict[Thread, str]
    processes: dict[int, str]
    frames: tuple[tuple[float, int], ...]
    left_out: int = 0
    torn: Torn = Torn()

    def threads(self) -> list[Thread]:
        """Every thread, in the order of their processes and numbers."""
        places = {pid: place for place, pid in enumerate(self.processes)}
        found = {span.thread for span in self.spans} | set(self.names)
        return sorted(found, key=lambda t: (places.get(t.pid, len(places)), t.tid))

    def label(self, thread: Thread) -> str:
        """`render-3`, `main`, or `worker 3` for the one render thread of a worker."""
        process = self.processes.get(thread.pid, "")
        if process.startswith("worker"):
            return process if thread.tid != 0 else f"{process} main"
        return self.names.get(thread, f"thread {thread.tid}")

    def is_render_thread(self, thread: Thread) -> bool:
        return thread.tid > 0

    def all_stretches(self) -> dict[Thread, list[Stretch]]:
        """The states of every thread with a span, in order; where there is none it was idle."""
        by_thread: dict[Thread, list[Span]] = {}
        for span in self.spans:
            by_thread.setdefault(span.thread, []).append(span)
        return {thread: list(_stretches(spans)) for thread, spans in by_thread.items()}


def _stretches(spans: Iterable[Span]) -> Iterator[Stretch]:
    edges: list[tuple[float, str, int]] = []
    for span in spans:
        if span.category in STATES and span.duration > 0:
            edges += [(span.begin, span.category, 1), (span.end, span.category, -1)]
    depth = dict.fromkeys(STATES, 0)
    begin, state = 0.0, ""
    for time, group in groupby(sorted(edges), key=itemgetter(0)):
        for _, category, step in group:
            depth[category] += step
        now = next((each for each, n in depth.items() if n > 0), "")
        if now == state:
            continue
        if state and time > begin:
            yield Stretch(begin, time, state)
        begin, state = time, now
