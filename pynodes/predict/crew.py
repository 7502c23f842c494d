"""Render threads on cores, played event by event: who computes, who waits for what.

Who wants a core and finds none waits until another thread needs its own no more, or has had it for
a slice; who had least so far comes first. So a thread that has the GIL may wait for a core, and
all others for it. A GIL goes by CPython's rules: who waits for it asks the holder to give it up
after a switch interval, in which it went to nobody; the holder then does, and queues again. Who
gives it up by itself goes on, and may have it again before the one it woke is there. With the
turnstile a thread needs a permit first (host/engine/turnstile.h): there is one, and one more each
time when no holder has begun a call for its patience.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

PATIENCE_S = 0.004  # as in host/engine/turnstile.c
SLICE_S = 0.004  # Linux looks at each tick, 250 of them a second as a rule
_NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class Visit:
    """Some work outside Python, then an attachment with so many calls.

    Attributes:
        native_s: processor time before it attaches.
        python_s: processor time of the calls together.
        asleep_s: what the calls together sleep, or wait for others, with the GIL given up.
        calls: how many to tell apart; 0 for many short ones that need not be.
    """

    native_s: float
    python_s: float
    asleep_s: float = 0.0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Rules:
    """How threads and cores go together.

    Attributes:
        cores: how many there are.
        shares_gil: one GIL for all; else nobody waits for anybody.
        has_turnstile: one permit for those who share a GIL.
        begin_s: processor time to make what a thread needs before its first tile.
        begins_at_once: how many may be at that at a time.
        begins_attached: with the GIL that all share.
        switch_interval_s: after which a thread that waits has the GIL given up.
        wake_s: from waking a thread to its running.
        handover_s: more processor time for the first call after another thread had the GIL.
        slowdown: by which factor work takes longer with so many cores busy.
    """

    cores: int
    shares_gil: bool
    has_turnstile: bool = True
    begin_s: float = 0.0
    begins_at_once: int = 1_000_000
    begins_attached: bool = False
    switch_interval_s: float = 0.005
    wake_s: float = 0.0
    handover_s: float = 0.0
    slowdown: Callable[[int], float] = lambda busy: 1.0


@dataclass(slots=True)
class Played:
    """A frame. Seconds of all threads together but for `frame_s`; `gil_s` is how long some thread
    had the GIL that all share."""

    frame_s: float = 0.0
    begin_s: float = 0.0
    native_s: float = 0.0
    python_s: float = 0.0
    asleep_s: float = 0.0
    wait_s: float = 0.0
    core_s: float = 0.0
    gil_s: float = 0.0
    handovers: int = 0

    def idle_s(self, threads: int) -> float:
        """Without a tile: not begun yet, or done already."""
        known = self.native_s + self.python_s + self.asleep_s + self.wait_s + self.begin_s
        return max(0.0, threads * self.frame_s - known - self.core_s)


_Steps: TypeAlias = Generator[Callable[["_Thread"], bool], None, None]


@dataclass(slots=True, eq=False)
class _Thread:
    """One render thread: what it does next, and what it wants of a core."""

    number: int
    steps: _Steps | None = None
    left_s: float = 0.0  # of the work in hand, when it has been forced off
    due: float = 0.0  # where the cores' common clock is when its work is done
    had_s: float = 0.0  # how much of a core it had, to see whose turn it is
    begun: float = -1.0  # since when it has a core; -1 without one
    turn: int = 0  # what is due for an older one is over
    is_asked: bool = False  # to give the GIL up, when it has a core again
    permit: int = 0
    since: float = 0.0


def play(visits: Sequence[Sequence[Visit]], threads: int, rules: Rules) -> Played:
    """A frame of tiles in the order in which threads take them, each some visits to Python."""
    return _Crew(visits, threads, rules).run()


@dataclass(slots=True)
class _Crew:
    tiles: Sequence[Sequence[Visit]]
    threads: int
    rules: Rules
    seen: Played = field(default_factory=Played)
    now: float = 0.0
    next_tile: int = 0
    # Cores: `common` is the work that each thread that had one all the time did.
    common: float = 0.0
    busy: int = 0
    rate: float = 1.0
    computing: list[tuple[float, int, int, _Thread]] = field(default_factory=list)
    without: list[tuple[float, int, _Thread]] = field(default_factory=list)  # who waits for one
    slices: list[tuple[float, int, int, _Thread]] = field(default_factory=list)
    sliced: bool = False  # somebody looks when the next slice ends
    timers: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    count: int = 0
    # The GIL, who is waiting for it, and its last holder.
    holder: _Thread | None = None
    last: _Thread | None = None
    had_gil: _Thread | None = None
    held_since: float = 0.0
    switched_s: float = 0.0
    gil_watched: bool = False
    gil_queue: deque[_Thread] = field(default_factory=deque)
    # The turnstile.
    allowed: int = 1
    out: int = 0
    entries: int = 0
    issued_at: int = 0
    calls: int = 0
    steady: int = 0  # holders that begin calls all the time
    watched: bool = False
    permit_queue: deque[_Thread] = field(default_factory=deque)
    # Those that begin, and those that wait for it.
    beginning: int = 0
    begin_queue: deque[_Thread] = field(default_factory=deque)

    def run(self) -> Played:
        for number in range(self.threads):
            thread = _Thread(number)
            thread.steps = self._life(thread)
            self._go_on(thread)
        while self.computing or self.timers:
            self._step()
        self.seen.frame_s = self.now
        return self.seen

    # --- time and cores ---

    def _step(self) -> None:
        """Whatever comes first: some work is done, or a timer is due."""
        while self.computing and self.computing[0][2] != self.computing[0][3].turn:
            heapq.heappop(self.computing)  # it was forced off
        done = _NEVER
        if self.computing:
            done = self.now + (self.computing[0][0] - self.common) / self.rate
        if self.timers and self.timers[0][0] <= done:
            at, _, call = heapq.heappop(self.timers)
            self._pass(at)
            call()
        elif done < _NEVER:
            due, _, _, thread = heapq.heappop(self.computing)
            self._pass(done)
            self.common = due
            self._leave_core(thread)
            self._go_on(thread)

    def _pass(self, until: float) -> None:
        span = max(0.0, until - self.now)
        self.common += span * self.rate
        self.seen.core_s += span * (len(self.without) + self.busy * (1 - self.rate))
        self.now = until

    def _wants_core(self, thread: _Thread, work_s: float) -> None:
        thread.left_s = work_s
        if self.busy < self.rules.cores:
            self._give_core(thread)
            return
        if self.without:
            thread.had_s = max(thread.had_s, self.without[0][0])
        elif self.slices:
            thread.had_s = max(thread.had_s, self.slices[0][3].had_s)
        self._without_core(thread)

    def _without_core(self, thread: _Thread) -> None:
        self.count += 1
        heapq.heappush(self.without, (thread.had_s, self.count, thread))
        self._watch_slices()

    def _give_core(self, thread: _Thread) -> None:
        thread.begun, thread.due = self.now, self.common + thread.left_s
        self.count += 1
        heapq.heappush(self.computing, (thread.due, self.count, thread.turn, thread))
        heapq.heappush(self.slices, (self.now + SLICE_S, self.count, thread.turn, thread))
        self._now_busy(1)
        if thread.is_asked and self.holder is thread and self.gil_queue:
            self._after(0.0, lambda: self._force_off(thread))

    def _leave_core(self, thread: _Thread) -> None:
        """It needs it no more, or not now: `left_s` is what it has not done."""
        thread.turn += 1
        thread.had_s += self.now - thread.begun
        thread.left_s = max(0.0, thread.due - self.common)
        thread.begun = -1.0
        self._now_busy(-1)
        if self.without:
            _, _, following = heapq.heappop(self.without)
            self._give_core(following)

    def _watch_slices(self) -> None:
        """While somebody waits for a core: look when the next slice is over."""
        while self.slices and self.slices[0][2] != self.slices[0][3].turn:
            heapq.heappop(self.slices)
        if self.sliced or not self.slices:
            return
        self.sliced = True
        self._after(max(0.0, self.slices[0][0] - self.now), self._end_slice)

    def _end_slice(self) -> None:
        self.sliced = False
        while self.slices and self.slices[0][0] <= self.now:
            _, _, turn, thread = heapq.heappop(self.slices)
            if turn != thread.turn or not self.without:
                continue
            if self.without[0][0] < thread.had_s + self.now - thread.begun:
                self._leave_core(thread)
                self._without_core(thread)
            else:
                self.count += 1
                again = (self.now + SLICE_S, self.count, turn, thread)
                heapq.heappush(self.slices, again)
        if self.without:
            self._watch_slices()

    def _now_busy(self, more: int) -> None:
        self.busy += more
        self.rate = 1.0 / self.rules.slowdown(self.busy) if self.busy > 1 else 1.0

    def _after(self, span_s: float, call: Callable[[], None]) -> None:
        self.count += 1
        heapq.heappush(self.timers, (self.now + span_s, self.count, call))

    # --- a thread's life, as steps; a step is False when it is over at once ---

    def _go_on(self, thread: _Thread) -> None:
        assert thread.steps is not None
        for step in thread.steps:
            if step(thread):
                return

    def _work(self, work_s: float, part: str) -> Callable[[_Thread], bool]:
        def step(thread: _Thread) -> bool:
            if work_s <= 0:
                return False
            self._wants_core(thread, work_s)
            setattr(self.seen, part, getattr(self.seen, part) + work_s)
            return True

        return step

    def _sleep(self, span_s: float) -> Callable[[_Thread], bool]:
        def step(thread: _Thread) -> bool:
            self.seen.asleep_s += span_s
            self._after(span_s, lambda: self._go_on(thread))
            return True

        return step

    def _life(self, thread: _Thread) -> _Steps:
        rules = self.rules
        if rules.begin_s > 0:
            yield self._may_begin
            if self.next_tile < len(self.tiles):
                yield from self._begin(thread)
            self._let_begin()
        while self.next_tile < len(self.tiles):
            tile = self.tiles[self.next_tile]
            self.next_tile += 1
            for visit in tile:
                yield self._work(visit.native_s, "native_s")
                if visit.python_s > 0 or visit.asleep_s > 0:
                    yield from self._in_python(thread, visit)

    def _begin(self, thread: _Thread) -> _Steps:
        if not self.rules.begins_attached:
            yield self._work(self.rules.begin_s, "begin_s")
            return
        yield self._enter
        yield self._attach
        yield self._work(self.rules.begin_s, "begin_s")
        self._detach()
        self._leave(thread)

    def _in_python(self, thread: _Thread, visit: Visit) -> _Steps:
        yield self._enter
        yield self._attach
        more_s = 0.0
        if self.rules.shares_gil:
            if self.last is not None and self.last is not thread:
                self.seen.handovers += 1
                more_s = self.rules.handover_s
            self.last = thread
        calls = max(1, visit.calls)
        self.steady += not visit.calls
        for _ in range(calls):
            self.calls += 1
            yield self._work(visit.python_s / calls + more_s, "python_s")
            more_s = 0.0
            if visit.asleep_s > 0:
                self._detach()
                yield self._sleep(visit.asleep_s / calls)
                yield self._attach
        self.steady -= not visit.calls
        self._detach()
        self._leave(thread)

    # --- beginning: not more at once than cores ---

    def _may_begin(self, thread: _Thread) -> bool:
        if self.beginning >= self.rules.begins_at_once:
            self.begin_queue.append(thread)
            return True
        self.beginning += 1
        return False

    def _let_begin(self) -> None:
        self.beginning -= 1
        if self.begin_queue:
            self.beginning += 1
            following = self.begin_queue.popleft()
            self._after(0.0, lambda: self._go_on(following))

    # --- the turnstile ---

    def _enter(self, thread: _Thread) -> bool:
        if not (self.rules.shares_gil and self.rules.has_turnstile):
            return False
        if self.out < self.allowed:
            self._take_permit(thread)
            return False
        thread.since = self.now
        self.permit_queue.append(thread)
        self._watch()
        return True

    def _take_permit(self, thread: _Thread) -> None:
        self.out += 1
        self.entries += 1
        thread.permit = self.entries

    def _leave(self, thread: _Thread) -> None:
        if not (self.rules.shares_gil and self.rules.has_turnstile):
            return
        self.out -= 1
        if self.allowed > 1 and thread.permit <= self.issued_at:
            self.allowed -= 1
        self._wake_for_permit()

    def _wake_for_permit(self) -> None:
        if self.permit_queue:
            woken = self.permit_queue.popleft()
            self._after(self.rules.wake_s, lambda: self._retry_permit(woken))

    def _retry_permit(self, thread: _Thread) -> None:
        if self.out >= self.allowed:  # somebody was quicker
            self.permit_queue.append(thread)
            self._watch()
            return
        self.seen.wait_s += self.now - thread.since
        self._take_permit(thread)
        self._go_on(thread)

    def _watch(self) -> None:
        """One of the waiting looks at the clock for all of them."""
        if self.watched:
            return
        self.watched = True
        before = self.calls

        def look() -> None:
            self.watched = False
            if not self.permit_queue:
                return
            if self.calls == before and not self.steady and self.out >= self.allowed:
                self.allowed += 1
                self.issued_at = self.entries
                self._wake_for_permit()
            if self.permit_queue:
                self._watch()

        self._after(PATIENCE_S, look)

    # --- the GIL ---

    def _attach(self, thread: _Thread) -> bool:
        if not self.rules.shares_gil:
            return False
        if self.holder is None:
            self._take_gil(thread)
            return False
        thread.since = self.now
        self._queue_for_gil(thread)
        return True

    def _take_gil(self, thread: _Thread) -> None:
        self.holder = thread
        self.held_since = self.now
        if self.had_gil is not thread:
            self.had_gil = thread
            self.switched_s = self.now

    def _queue_for_gil(self, thread: _Thread) -> None:
        self.gil_queue.append(thread)
        if not self.gil_watched:
            self._watch_gil(self.now + self.rules.switch_interval_s)

    def _watch_gil(self, at: float) -> None:
        """Whoever waits has the GIL given up when it went to nobody else for the interval."""
        self.gil_watched = True

        def look() -> None:
            self.gil_watched = False
            if not self.gil_queue:
                return
            asked = self.switched_s + self.rules.switch_interval_s
            if self.holder is not None and asked <= self.now:
                self._force_off(self.holder)
            if self.gil_queue:
                least = self.now + self.rules.switch_interval_s / 4
                self._watch_gil(max(least, self.switched_s + self.rules.switch_interval_s))

        self._after(at - self.now, look)

    def _force_off(self, holder: _Thread) -> None:
        """It gives the GIL up in the middle of its work, and waits until another has it; without a
        core it cannot."""
        if holder.begun < 0:
            holder.is_asked = True
            return
        if self.holder is not holder or not self.gil_queue:
            return
        holder.is_asked = False
        self._leave_core(holder)
        self.seen.gil_s += self.now - self.held_since
        following = self.gil_queue.popleft()
        self._take_gil(following)
        self.seen.handovers += 1
        self.last = following
        holder.since = self.now
        self.gil_queue.append(holder)
        self._after(self.rules.wake_s, lambda: self._resume(following))

    def _detach(self) -> None:
        if not self.rules.shares_gil:
            return
        self.seen.gil_s += self.now - self.held_since
        if self.holder is not None:
            self.holder.is_asked = False
        self.holder = None
        if self.gil_queue:
            woken = self.gil_queue.popleft()
            self._after(self.rules.wake_s, lambda: self._retry_gil(woken))

    def _retry_gil(self, thread: _Thread) -> None:
        if self.holder is not None:  # somebody was quicker: often who gave it up
            self._queue_for_gil(thread)
            return
        self._take_gil(thread)
        self._resume(thread)

    def _resume(self, thread: _Thread) -> None:
        """It has the GIL: on with the work that it was forced off, else to the next step."""
        self.seen.wait_s += self.now - thread.since
        if thread.left_s > 0:
            left_s, thread.left_s = thread.left_s, 0.0
            # what it lost of its caches is not more than it would have had time to use
            lost_s = min(self.rules.handover_s, self.rules.switch_interval_s / 2)
            self._wants_core(thread, left_s + lost_s)
            return
        self._go_on(thread)
