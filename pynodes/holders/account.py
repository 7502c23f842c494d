"""Who had Python for how long, who waited, and for whom: sums of what the sampler saw.

A thread is in a state from the sample that saw it first to the one that saw another: over many
samples the sums come out true, though each edge lies up to one sample late. How often Python went
from one thread to another is no sample: Python counts that itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from pynodes.holders.stream import (
    Begin,
    Change,
    Collected,
    End,
    Gil,
    Named,
    Place,
    Record,
    State,
    Stream,
    Tick,
    Times,
)

ATTACHED = frozenset({State.RUNS, State.HOLDS, State.COLLECTS})
WAITING = frozenset({State.WAITS, State.STOPPED, State.WAITS_FOR_OBJECT})
_OVERLONG = 3  # switch intervals
MOST_SPANS = 400_000  # of a drawing; sums go on without


class Stretch(NamedTuple):
    """A thread was in one state for a while."""

    tid: int
    begin_ns: int
    end_ns: int
    state: State
    call: int
    stack: int


@dataclass
class ThreadSums:
    """One thread. Times are in nanoseconds.

    Attributes:
        spent: by state, and system call where it slept in one, or -1.
        at: by state and stack.
        stretches: how often each state began, as far as samples saw it.
        longest: the longest stretch of each state.
        cost: how long others waited while this thread had what they waited for.
        collections: how often it collected, and `freed` how many objects.
        ran, unserved: on a core, and ready to run without one, by the system's own count.
    """

    tid: int
    name: str = ""
    interpreter: int = 0
    first_ns: int = 0
    last_ns: int = 0
    spent: Counter[tuple[State, int]] = field(default_factory=Counter)
    at: Counter[tuple[State, int]] = field(default_factory=Counter)
    stretches: Counter[State] = field(default_factory=Counter)
    longest: dict[State, int] = field(default_factory=dict)
    cost: int = 0
    collections: int = 0
    freed: int = 0
    ran: int = 0
    unserved: int = 0

    def in_states(self, *states: State) -> int:
        return sum(ns for (state, _), ns in self.spent.items() if state in states)

    @property
    def held(self) -> int:
        return self.in_states(*ATTACHED)

    @property
    def waited(self) -> int:
        return self.in_states(*WAITING)

    @property
    def seen(self) -> int:
        return self.last_ns - self.first_ns


@dataclass
class GilSums:
    """One GIL; of a free-threaded Python, its interpreter's threads.

    Attributes:
        held, wanted: how long somebody had it; how long somebody waited while nobody did.
        contested: how long it was held while somebody waited.
        longest_ns: the longest turn for which others waited; by which thread, at which stack.
        overlong: of turns beyond some switch intervals how long others waited, by thread and stack.
    """

    number: int
    interpreter: int = 0
    interval_us: int = 0
    is_in_use: bool = True
    first_hand_overs: int = -1
    hand_overs: int = 0
    held: int = 0
    contested: int = 0
    wanted: int = 0
    longest_ns: int = 0
    longest_by: int = 0
    longest_stack: int = 0
    overlong: Counter[tuple[int, int]] = field(default_factory=Counter)

    @property
    def handed_over(self) -> int:
        return max(0, self.hand_overs - max(0, self.first_hand_overs))


@dataclass
class _Now:
    """What a thread is at, since when."""

    change: Change
    state_since_ns: int


@dataclass
class _Turn:
    """A thread has a GIL since then; how long somebody waited meanwhile, and where it was then."""

    since_ns: int
    contested: Counter[int] = field(default_factory=Counter)


class Account:
    """The sums of one process; `take` is given every record of its sampler."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.pid = 0
        self.is_free = False
        self.threads: dict[int, ThreadSums] = {}
        self.gils: dict[int, GilSums] = {}
        self.cost_at: Counter[tuple[int, int]] = Counter()  # thread and stack -> ns others waited
        self.stretches: list[Stretch] = []
        self.left_out = 0
        self.collected: list[Collected] = []
        self.tick = Tick(0, 0, 0, 0, 0, 0)
        self.rate = 0
        self.ended: int | None = None
        self.first_ns = self.last_ns = 0
        self._now: dict[int, _Now] = {}
        self._turns: defaultdict[int, dict[int, _Turn]] = defaultdict(dict)
        self._waiting: defaultdict[int, set[int]] = defaultdict(set)

    @property
    def wall(self) -> int:
        return self.last_ns - self.first_ns

    def take(self, record: Record) -> None:
        match record:
            case Change():
                self._take_change(record)
            case Times():
                self._take_times(record)
            case Gil():
                gil = self.gils.setdefault(record.number, GilSums(record.number))
                gil.interpreter, gil.interval_us = record.interpreter, record.interval_us
                gil.is_in_use, gil.hand_overs = bool(record.is_in_use), record.hand_overs
                if gil.first_hand_overs < 0:
                    gil.first_hand_overs = record.hand_overs
            case Tick():
                self._advance(record.time_ns)
                self.tick = record
            case Named():
                thread = self._thread(record.tid)
                thread.name, thread.interpreter = record.name, record.interpreter
            case Collected():
                self.collected.append(record)
                thread = self._thread(record.tid)
                thread.collections += record.times
                thread.freed += record.objects
            case Begin():
                self.pid, self.rate, self.is_free = record.pid, record.rate, bool(record.is_free)
            case End():
                self.ended = record.errno

    def finish(self) -> None:
        """Count what threads are at until now. More may come."""
        for tid, now in list(self._now.items()):
            self._close(tid, now, self.last_ns)
            if now.change.state is State.GONE:
                del self._now[tid]
            else:
                now.change = now.change._replace(time_ns=self.last_ns)
        for number, turns in self._turns.items():
            for tid in list(turns):
                self._close_turn(number, tid, self.last_ns)
                turns[tid] = _Turn(self.last_ns)

    def top(self, stack: int) -> Place | None:
        """The innermost line of a stack."""
        places = self.stream.stack(stack)
        return places[0] if places else None

    def _thread(self, tid: int) -> ThreadSums:
        return self.threads.setdefault(tid, ThreadSums(tid))

    def _take_times(self, record: Times) -> None:
        thread = self._thread(record.tid)
        thread.ran, thread.unserved = record.ran_ns, record.unserved_ns

    def _advance(self, time_ns: int) -> None:
        """Who waited is charged to who had what they waited for."""
        if not self.first_ns:
            self.first_ns = self.last_ns = time_ns
        passed = time_ns - self.last_ns
        if passed <= 0:
            return
        self.last_ns = time_ns
        for number in self._turns.keys() | self._waiting.keys():
            turns, waiting = self._turns[number], len(self._waiting[number])
            gil = self._gil(number)
            gil.held += passed if turns else 0
            gil.wanted += passed if waiting and not turns else 0
            if waiting and len(turns) == 1:  # without a GIL there may be more: nobody is to blame
                gil.contested += passed
                ((tid, turn),) = turns.items()
                stack = self._now[tid].change.stack
                turn.contested[stack] += passed
                self._thread(tid).cost += waiting * passed
                self.cost_at[tid, stack] += waiting * passed

    def _gil(self, number: int) -> GilSums:
        return self.gils.setdefault(number, GilSums(number))

    def _take_change(self, new: Change) -> None:
        self._advance(new.time_ns)
        thread = self._thread(new.tid)
        now = self._now.get(new.tid)
        if now is None:
            thread.first_ns = thread.first_ns or new.time_ns
            thread.stretches[new.state] += 1
        else:
            self._close(new.tid, now, new.time_ns)
        same = now is not None and now.change.state is new.state
        if now is not None and not same:
            thread.stretches[new.state] += 1
        since_ns = now.state_since_ns if now is not None and same else new.time_ns
        self._now[new.tid] = _Now(new, since_ns)
        self._follow_gil(now.change if now is not None else None, new)

    def _close(self, tid: int, now: _Now, end_ns: int) -> None:
        thread, old = self._thread(tid), now.change
        spent = end_ns - old.time_ns
        if spent <= 0 or old.state is State.GONE:
            return
        thread.last_ns = max(thread.last_ns, end_ns)
        thread.spent[old.state, old.call] += spent
        thread.at[old.state, old.stack] += spent
        whole = end_ns - now.state_since_ns
        if whole > thread.longest.get(old.state, 0):
            thread.longest[old.state] = whole
        if len(self.stretches) < MOST_SPANS:
            self.stretches.append(Stretch(tid, old.time_ns, end_ns, old.state, old.call, old.stack))
        else:
            self.left_out += 1

    def _follow_gil(self, old: Change | None, new: Change) -> None:
        if old is not None and old.state in WAITING:
            self._waiting[old.gil].discard(new.tid)
        if new.state in WAITING:
            self._waiting[new.gil].add(new.tid)
        moved = old is not None and (old.gil != new.gil or new.state not in ATTACHED)
        if old is not None and old.state in ATTACHED and moved:
            self._close_turn(old.gil, new.tid, new.time_ns)
        if new.state in ATTACHED:
            self._turns[new.gil].setdefault(new.tid, _Turn(new.time_ns))

    def _close_turn(self, number: int, tid: int, end_ns: int) -> None:
        turn = self._turns[number].pop(tid, None)
        if turn is None or not turn.contested:
            return
        gil, whole = self._gil(number), end_ns - turn.since_ns
        stack = max(turn.contested, key=lambda stack: turn.contested[stack])
        if whole > gil.longest_ns:
            gil.longest_ns, gil.longest_by, gil.longest_stack = whole, tid, stack
        if whole > _OVERLONG * max(gil.interval_us, 1) * 1000:
            gil.overlong[tid, stack] += turn.contested.total()
