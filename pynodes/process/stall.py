"""Has a process stopped? Judged by what its threads do, not by a clock alone.

A thread sleeps when over the last second it used a few percent of a core at most: CPython's waiters
for the GIL wake every few milliseconds to look again. A thread that wants a core and gets little of
it does not sleep: on a busy machine, or because it spins and yields, it is taken off its core again
and again.

A process is *quiet* when all its threads sleep and one of them waits for a lock, or is kept for
ever: worth a closer look, whatever other processes do. It is *stalled* when in all that time every
thread, also of the processes it started, was in a wait for another thread or process (a lock, a
condition, a join, a pipe, a child), and none came or went. A thread that sleeps for a time, or
polls, may still wake by itself: no stall.

Linux only (`/proc`); elsewhere nothing is ever quiet or stalled, and a time limit has to do.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from typing import NamedTuple

from pynodes.process import procfs
from pynodes.process.procfs import Task

STALL_S = 1.0

_CPU_SHARE = 0.05
_CPU_SPARE_S = 0.01
_TAKEN_OFF = 8  # times a second; a waiter that just looks is not
_SNAPSHOTS = 5  # in the time that is judged, at most
_MOST_ASKED = 64  # threads of a process

# System calls in which a thread waits for another one; what it is when the GIL is looked at.
_FOR_ANOTHER = {"futex", "futex_waitv", "wait4", "waitid", "read", "write", "pause"}
_RUNNING = "running"
# Where there is no pause(), libc calls ppoll with nothing to wait for.
_FOR_A_LOCK = {"futex", "futex_waitv", "pause" if procfs.has_call("pause") else "ppoll"}


class _Snapshot(NamedTuple):
    """All threads at one moment, by process and number, and what each was in."""

    at_s: float
    tasks: dict[int, dict[int, Task]]
    calls: dict[int, str]


class StallWatch:
    """Looks at one process and those below it now and then.

    Args:
        after_s: how much of the time until now is judged.
        others: processes that are not looked at.
    """

    def __init__(self, after_s: float = STALL_S, others: Collection[int] = ()) -> None:
        self._after_s = after_s
        self._others = others
        self._snapshots: list[_Snapshot] = []

    def moved(self) -> None:
        """The process gave a sign: what was seen until now does not count."""
        self._snapshots.clear()

    def is_stalled(self, pid: int) -> bool:
        """Take a snapshot; true when the process is stalled. Call it a few times a second."""
        if not self._take(pid, calls=True):
            return False
        return all(map(self._sleep, self._snapshots[-1].tasks)) and self._only_waits()

    def quiet(self, pid: int) -> list[int]:
        """Take a snapshot; the processes that are quiet. Call it a few times a second."""
        if not self._take(pid, calls=False):
            return []
        first, last = self._snapshots[0].tasks, self._snapshots[-1].tasks
        return [
            found
            for found, tasks in last.items()
            if found in first and self._sleep(found) and any(_lock_waits(found, tasks))
        ]

    def processes(self) -> list[int]:
        """Those that there were last."""
        return list(self._snapshots[-1].tasks) if self._snapshots else []

    def before(self, pid: int) -> dict[int, Task]:
        """The threads of a process at the beginning of the time that is judged."""
        return self._snapshots[0].tasks.get(pid, {}) if self._snapshots else {}

    def _take(self, root: int, *, calls: bool) -> bool:
        """Look, unless that was just done; whether there is enough to judge by."""
        now = time.monotonic()
        snapshots = self._snapshots
        if snapshots and now - snapshots[-1].at_s < self._after_s / _SNAPSHOTS:
            return False
        tasks = {}
        for pid in (root, *procfs.children_of(root)):
            if pid not in self._others:
                found = procfs.tasks_of(pid)
                tasks[pid] = {tid: task for tid, task in found.items() if task.state not in "ZX"}
        snapshots.append(_Snapshot(now, tasks, dict(_calls(tasks)) if calls else {}))
        while len(snapshots) > 1 and now - snapshots[1].at_s >= self._after_s:
            snapshots.pop(0)
        return len(snapshots) > 2 and now - snapshots[0].at_s >= self._after_s

    def _sleep(self, pid: int) -> bool:
        """Whether all threads of a process sleep."""
        first, last = self._snapshots[0], self._snapshots[-1]
        span_s = last.at_s - first.at_s
        for tid, task in last.tasks[pid].items():
            was = first.tasks.get(pid, {}).get(tid, Task(0.0, 0, 0, ""))
            if task.cpu_s - was.cpu_s > _CPU_SHARE * span_s + _CPU_SPARE_S:
                return False
            if task.taken_off - was.taken_off > _TAKEN_OFF * max(span_s, 0.5):
                return False
        return True

    def _only_waits(self) -> bool:
        threads = self._snapshots[0].calls.keys()
        if not threads or any(one.calls.keys() != threads for one in self._snapshots):
            return False
        for tid in threads:
            seen = [one.calls[tid] for one in self._snapshots]
            waits = sum(name in _FOR_ANOTHER for name in seen)
            # it may just look at the GIL
            if waits < 2 or waits + seen.count(_RUNNING) < len(seen):
                return False
        return True


def _calls(tasks: dict[int, dict[int, Task]]) -> Iterator[tuple[int, str]]:
    for pid, found in tasks.items():
        for tid in found:
            call = procfs.call_of(pid, tid)
            yield tid, call.name if call is not None else ""


def _lock_waits(pid: int, tasks: dict[int, Task]) -> Iterator[bool]:
    """Of each thread, whether it waits for a lock or for ever, or that may not be seen."""
    for tid in list(tasks)[:_MOST_ASKED]:
        call = procfs.call_of(pid, tid)
        yield call is None or call.name in _FOR_A_LOCK
