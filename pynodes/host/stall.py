"""Has a process stopped for good? Judged by what its threads do, not by a clock alone.

A process is stalled when for a second it told nothing and every thread of it, and of the processes
it started, was asleep in a wait for another thread (a lock, a condition, a join, a pipe, a child).
CPython's waiters for the GIL wake every few milliseconds to look again, so a few percent of a core
count as sleep. A thread that sleeps for a time, or polls, may still wake by itself: no stall. Nor
is a thread asleep that wants a core and gets little of one: on a busy machine, or because it spins
and yields, it is taken off its core again and again.

Linux only (`/proc`); elsewhere nothing is ever stalled, and a time limit has to do.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

STALL_S = 1.0

_CPU_SHARE = 0.05
_TAKEN_OFF = 8  # times a second; a waiter that just looks is not

# System calls in which a thread waits for another one: futex, futex_waitv, wait4, waitid, read,
# write, pause.
_WAITS = {
    "x86_64": {202, 449, 61, 247, 0, 1, 34},
    "aarch64": {98, 449, 260, 95, 63, 64},
}.get(platform.machine(), set())


@dataclass(slots=True)
class _Thread:
    since_s: float
    cpu_s: float
    taken_off: int
    waits: int = 0


class StallWatch:
    """Looks at one process now and then; tell it with `moved` when the process gave a sign."""

    def __init__(self, after_s: float = STALL_S) -> None:
        self._after_s = after_s
        self._since_s = time.monotonic()
        self._threads: dict[int, _Thread] = {}

    def moved(self) -> None:
        self._since_s = time.monotonic()
        self._threads.clear()

    def look(self, pid: int) -> bool:
        """Take one more look; true when the process is stalled. Call it a few times a second."""
        now = time.monotonic()
        found: dict[int, _Thread] = {}
        for tid, task in _tasks(pid):
            cpu_s = _cpu_s(task)
            before = self._threads.get(tid)
            if cpu_s is None or before is None:
                found[tid] = _Thread(now, cpu_s or 0.0, _times_taken_off(task))
                continue
            taken_off = _times_taken_off(task)
            if taken_off - before.taken_off > _TAKEN_OFF * max(now - before.since_s, 0.5):
                found[tid] = _Thread(now, cpu_s, taken_off)
                continue
            if not _is_waiting(task):
                if _is_running(task) and cpu_s - before.cpu_s <= _CPU_SHARE * self._after_s:
                    found[tid] = before  # it may just look at the GIL
                    continue
                found[tid] = _Thread(now, cpu_s, taken_off)
                continue
            if cpu_s - before.cpu_s > _CPU_SHARE * (now - before.since_s) + 0.01:
                found[tid] = _Thread(now, cpu_s, taken_off)
                continue
            before.waits += 1
            found[tid] = before
        if set(found) != set(self._threads):  # a thread came or went
            self._since_s = now
        self._threads = found
        return (
            bool(found)
            and now - self._since_s >= self._after_s
            and all(
                thread.waits >= 2 and now - thread.since_s >= self._after_s * 0.7
                for thread in found.values()
            )
        )


def _tasks(pid: int) -> Iterator[tuple[int, Path]]:
    """All threads of a process and of those it started."""
    folder = Path(f"/proc/{pid}/task")
    try:
        tasks = list(folder.iterdir())
    except OSError:
        return
    for task in tasks:
        if _has_ended(task):  # a process that nobody has waited for yet
            continue
        yield int(task.name), task
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                yield from _tasks(int(child))


def _has_ended(task: Path) -> bool:
    with suppress(OSError, IndexError):
        return (task / "stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    return True


def _cpu_s(task: Path) -> float | None:
    with suppress(OSError, ValueError, IndexError):
        return int((task / "schedstat").read_text().split()[0]) / 1e9
    with suppress(OSError, ValueError, IndexError):
        fields = (task / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return None


def _times_taken_off(task: Path) -> int:
    """How often it had to leave a core with work left to do, or yielded."""
    with suppress(OSError, ValueError, IndexError):
        text = (task / "status").read_text()
        return int(text.rpartition("nonvoluntary_ctxt_switches:")[2].split()[0])
    return 0


def _is_waiting(task: Path) -> bool:
    with suppress(OSError, ValueError, IndexError):
        return int((task / "syscall").read_text().split()[0]) in _WAITS
    return False


def _is_running(task: Path) -> bool:
    with suppress(OSError, IndexError):
        return (task / "syscall").read_text().split()[0] == "running"
    return False
