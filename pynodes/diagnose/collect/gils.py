"""Whether a thread keeps others from Python, seen in memory while all goes on.

A GIL counts how often it went from one thread to another. It is *kept* while it is taken, that
count stays, and whenever one looks a thread waits for it, or for a stop of all threads: then it
waits elsewhere. Where memory may not be read nothing is ever kept.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pynodes.diagnose.collect import builtin, python_state
from pynodes.diagnose.collect.maps import maps_of
from pynodes.diagnose.collect.python_state import MemoryReader, UnreadableError
from pynodes.diagnose.evidence.waits import waits_at
from pynodes.process import procfs
from pynodes.process.procfs import Task

EVERY_S = 0.1
_OPEN_EVERY_S = 0.5  # to look for Python in a process that has none yet
_MOST_ASKED = 64  # threads of a process
_UNSEEN_S = 1.0  # a waiter wakes every few milliseconds, then waits for a core, and is seen there


@dataclass
class _Kept:
    """A GIL that has not changed hands: who has it, after how many hand-overs; since when somebody
    waits for it, and when that was seen last."""

    holder: int
    switches: int
    since_s: float = 0.0
    seen_s: float = 0.0
    naps: dict[int, int] = field(default_factory=dict)
    base: dict[int, Task] | None = None


class GilWatch:
    """Looks at the GILs of one process now and then."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._reader: MemoryReader | None = None
        self._runtime = 0
        self._kept: dict[int, _Kept] = {}
        self._next_s = 0.0

    def look(self) -> None:
        """Take a look, unless that was just done."""
        now = time.monotonic()
        if now < self._next_s:
            return
        self._next_s = now + EVERY_S
        tids = procfs.tids_of(self._pid)
        if len(tids) < 2 or not self._can_read(now):
            self._kept.clear()
            return
        assert self._reader is not None
        try:
            taken = python_state.taken_gils(self._reader, self._runtime)
        except UnreadableError:  # it ended, or runs another program now
            self._reader = None
            self._kept.clear()
            return
        for gil in self._kept.keys() - taken.keys():
            del self._kept[gil]
        for gil, (holder, switches, is_awaited) in taken.items():
            kept = self._kept.get(gil)
            if kept is None or (kept.holder, kept.switches) != (holder, switches):
                self._kept[gil] = _Kept(holder, switches)
            else:
                wanted = is_awaited or self._is_waited_for(gil, tids)
                self._note(gil, kept, now, wanted=wanted)

    def kept_ms(self) -> dict[int, int]:
        """Address of each GIL that is kept, and for how long."""
        now = time.monotonic()
        return {
            gil: int((now - kept.since_s) * 1000)
            for gil, kept in self._kept.items()
            if kept.since_s
        }

    def naps(self) -> dict[int, int]:
        """How often each thread fell asleep since a GIL is kept, but for what a look makes of it;
        empty while none is."""
        kept = next((kept for kept in self._kept.values() if kept.since_s), None)
        return self._naps(kept) if kept is not None else {}

    def looked(self, before: dict[int, Task]) -> None:
        """The process was stopped and looked at; `before`: its threads just before that."""
        for kept in self._kept.values():
            kept.naps, kept.base = self._naps(kept, before), None
            kept.seen_s = time.monotonic()

    def _naps(self, kept: _Kept, now: dict[int, Task] | None = None) -> dict[int, int]:
        naps = dict(kept.naps)
        for tid, task in (now or procfs.tasks_of(self._pid)).items():
            old = (kept.base or {}).get(tid)
            naps[tid] = naps.get(tid, 0) + (task.sleeps - old.sleeps if old else 0)
        return naps

    def _is_waited_for(self, gil: int, tids: list[int]) -> bool:
        calls = (procfs.call_of(self._pid, tid) for tid in tids[:_MOST_ASKED])
        return any(waits_at(call, [gil]) for call in calls if call and call.args)

    def _note(self, gil: int, kept: _Kept, now: float, *, wanted: bool) -> None:
        if wanted:
            kept.since_s, kept.seen_s = kept.since_s or now, now
        elif now - kept.seen_s > _UNSEEN_S:
            self._kept[gil] = _Kept(kept.holder, kept.switches)
            return
        if kept.base is None:
            kept.base = procfs.tasks_of(self._pid)

    def _can_read(self, now: float) -> bool:
        if self._reader is None:
            self._next_s = now + _OPEN_EVERY_S
            maps = maps_of(self._pid)
            found = maps.symbol("_PyRuntime")
            memory = builtin.memory_of(self._pid) if found is not None else None
            number = maps.constant(found[1], "Py_Version") if found is not None else None
            if found is None or memory is None or number is None:
                return False
            try:
                layout, _, _ = python_state.find_layout(memory, found[0], number)
            except UnreadableError:
                return False
            if "gil.switches" not in layout:
                return False
            self._reader, self._runtime = MemoryReader(memory, layout), found[0]
        return True
