"""What the processes of a program do between two looks: which of them is worth one, and what each
thread has done since."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from pynodes.diagnose.collect.gils import GilWatch
from pynodes.diagnose.look.look import KeptGil, Look
from pynodes.process import procfs
from pynodes.process.procfs import Task
from pynodes.process.stall import StallWatch

LOOK_AGAIN_S = 1.2
KEPT_MS = 400  # a thread keeps others from Python: longer than most that do so for a good reason
_MOST_WAIT_S = 60.0


@dataclass(frozen=True)
class Before:
    """Of a process that is about to be looked at: its threads, how often each fell asleep of late,
    and for how long which GIL has been kept, in ms."""

    tasks: dict[int, Task]
    naps: dict[int, int]
    kept: dict[int, int]


@dataclass
class _Process:
    """`places`: of each thread where the last looks saw it, since when, and its registers."""

    gils: GilWatch
    before: Before | None = None  # the look under way, or the last
    next_look_s: float = 0.0
    wait_s: float = LOOK_AGAIN_S
    places: dict[int, tuple[object, float, int | None]] = field(default_factory=dict)


class Watch:
    """Of one process and those below it, but for `others`."""

    def __init__(self, others: Collection[int] = ()) -> None:
        self._stall = StallWatch(others=others)
        self._processes: dict[int, _Process] = {}

    def due(self, root: int) -> list[int]:
        """The processes that should be looked at now. Call it many times a second."""
        quiet = self._stall.quiet(root)
        found = []
        for pid in self._stall.processes():
            process = self._of(pid)
            process.gils.look()
            is_kept = max(process.gils.kept_ms().values(), default=0) >= KEPT_MS
            if (pid in quiet or is_kept) and time.monotonic() >= process.next_look_s:
                found.append(pid)
        return found

    def before(self, pid: int) -> Before:
        process, now = self._of(pid), procfs.tasks_of(pid)
        old = self._stall.before(pid)
        naps = {tid: now[tid].sleeps - task.sleeps for tid, task in old.items() if tid in now}
        process.before = Before(now, process.gils.naps() or naps, process.gils.kept_ms())
        return process.before

    def added(self, look: Look, before: Before) -> Look:
        """With what went before a look, and what has stayed since earlier ones."""
        process, now = self._of(look.pid), time.monotonic()
        threads = []
        for thread in look.threads:
            place = tuple((frame.function, frame.module) for frame in thread.frames)
            old, since_s, state = process.places.get(thread.tid, (None, now, None))
            since_s = since_s if old == place else now
            process.places[thread.tid] = (place, since_s, thread.state)
            threads.append(
                replace(
                    thread,
                    naps=before.naps.get(thread.tid, 0),
                    still=old == place and state is not None and state == thread.state,
                    same_ms=int((now - since_s) * 1000),
                )
            )
        kept = tuple(KeptGil(gil, ms) for gil, ms in before.kept.items())
        return replace(look, threads=tuple(threads), kept=kept)

    def looked(self, pid: int, *, found: bool) -> None:
        """It goes on; when something was `found` a second look follows soon, else ever later."""
        process = self._of(pid)
        process.next_look_s = time.monotonic() + (LOOK_AGAIN_S if found else process.wait_s)
        if not found:
            process.wait_s = min(_MOST_WAIT_S, process.wait_s * 2)
        if process.before is not None:
            process.gils.looked(process.before.tasks)
        self._stall.moved()

    def _of(self, pid: int) -> _Process:
        return self._processes.setdefault(pid, _Process(GilWatch(pid)))
