"""Hear a host to its end: take its events, pass signals on, keep the time limit.

What happened is returned as it was seen; `judge` gives it a name.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pynodes.host.launch import Launch
from pynodes.host.listener import Listener
from pynodes.host.reader import EventReader
from pynodes.host.seen import Seen
from pynodes.host.status import read_status
from pynodes.model import event as ev

if TYPE_CHECKING:
    from pynodes.process.stall import StallWatch

TAIL_BYTES = 64 * 1024

_TICK_S = 0.25
_DUMP_S = 1.0
_TERM_S = 2.0
_NOW_S = 3.0
_AFTER_BYE_S = 30.0


def run(
    argv: Sequence[str],
    *listeners: Listener,
    status: Path | None = None,
    limit_s: float | None = None,
    cores: Sequence[int] = (),
    **how: Any,
) -> Seen:
    """Run the host program `argv` to its end, whatever end that is; `listeners` hear in order.

    The arguments are those of `Launch`, and `how` of `follow`.
    Raises:
        CannotStartError: the system refuses to start the program.
    """
    with Launch(argv, status=status, limit_s=limit_s, cores=cores) as launch:
        return follow(launch, listeners, **how)


def follow(
    launch: Launch,
    listeners: Sequence[Listener],
    *,
    has_workers: bool = False,
    watch: StallWatch | None = None,
    dump_s: float = _DUMP_S,
) -> Seen:
    """Hear a host that was launched to its end, and close the launch; `listeners` hear in order.

    Interrupts: the first SIGINT is passed on (the host finishes the tiles in hand), the second too
    (it stops at once), a third kills. SIGTERM and SIGHUP for this process end the host first. With
    `has_workers` the processes that the host started are asked for their stacks too, when the limit
    is over. With a `watch` a host that stopped for good is ended like one whose limit is over,
    without waiting for that; `dump_s` is how long it may take to print its stacks.
    """
    seen = Seen(launch.argv, limit_s=launch.limit_s, begin_ns=launch.begin_ns)
    _Following(launch, listeners, seen, has_workers, watch, dump_s).run()
    launch.close()
    _count_late_signals(launch, seen)
    if launch.status is not None:
        seen.slots = read_status(launch.status)
    return seen


def _count_late_signals(launch: Launch, seen: Seen) -> None:
    """Those that came when the host was dead already: there is nobody to pass them on to, but
    who goes on with the next run must know of them. Once the handlers are those of before."""
    for number in launch.signals:
        if number == signal.SIGINT:
            seen.interrupts += 1
        elif number != signal.SIGTSTP:
            seen.ended_by = signal.Signals(number)


class _Following(Listener):
    """One run of a host. It hears of events before the others do."""

    def __init__(
        self,
        launch: Launch,
        listeners: Sequence[Listener],
        seen: Seen,
        has_workers: bool,
        watch: StallWatch | None,
        dump_s: float,
    ) -> None:
        self._host = launch.host
        self._signals = launch.signals
        self._listeners = listeners
        self._seen = seen
        self._has_workers = has_workers
        self._watch = watch
        self._dump_s = dump_s
        self._tail = bytearray()
        self._last_tile_ns: int | None = None
        self._reader = EventReader(seen, (self, *listeners), self._kill)
        launch.spawned.on_events = self._reader.feed
        launch.spawned.on_text = self._on_text

    def run(self) -> None:
        seen, host = self._seen, self._host
        if seen.limit_s is not None:
            spent_s = (time.monotonic_ns() - seen.begin_ns) / 1e9
            host.at(seen.limit_s - spent_s, self._on_limit)
        self._loop()
        host.drain()
        self._reader.finish()
        if seen.bye is None:  # it cannot have ended its own children
            host.kill()
        seen.returncode = host.child.wait()
        seen.wall_ns = time.monotonic_ns() - seen.begin_ns
        seen.tail = bytes(self._tail)

    def _loop(self) -> None:
        next_tick = time.monotonic()
        while not self._host.turn(next_tick):
            while self._signals:
                self._on_signal(self._signals.pop(0))
            if time.monotonic() >= next_tick:
                for listener in self._listeners:
                    listener.tick()
                self._look_for_stall()
                next_tick = time.monotonic() + _TICK_S

    # What comes in.

    def _on_text(self, data: bytes) -> None:
        self._tail += data
        del self._tail[:-TAIL_BYTES]
        for listener in self._listeners:
            listener.text(data)

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.TileDone):
            self._last_tile_ns = time.monotonic_ns()
        elif isinstance(event, ev.Bye):
            self._host.at(_AFTER_BYE_S, self._on_no_end)
        if self._watch is not None:
            self._watch.moved()

    # What goes out.

    def _on_signal(self, number: int) -> None:
        seen = self._seen
        if number == signal.SIGINT:
            seen.interrupts += 1
            if seen.interrupts >= 3:
                self._kill()
            else:
                self._host.send(signal.SIGINT)
                if seen.interrupts == 2:
                    self._host.at(_NOW_S, self._kill)
            for listener in self._listeners:
                listener.interrupted(seen.interrupts)
        elif number == signal.SIGTSTP:
            self._paused(True)
            self._host.pause()
            self._paused(False)
        else:
            seen.ended_by = signal.Signals(number)
            self._host.send(signal.SIGTERM)
            self._host.at(_TERM_S, self._kill)

    def _paused(self, now: bool) -> None:
        for listener in self._listeners:
            listener.paused(now)

    def _on_limit(self) -> None:
        """The time is over: ask for all stacks, then for the end, then end it."""
        self._seen.limit_hit = True
        if self._last_tile_ns is not None:
            self._seen.last_tile_age_ns = time.monotonic_ns() - self._last_tile_ns
        for listener in self._listeners:
            listener.limit_reached()
        if self._has_workers:
            self._host.send_all(signal.SIGUSR1)
        else:  # in its group may be what a node started, which a SIGUSR1 would end too early
            self._host.send(signal.SIGUSR1)
        self._host.at(self._dump_s, lambda: self._host.send(signal.SIGTERM))
        self._host.at(self._dump_s + _TERM_S, self._kill)

    def _look_for_stall(self) -> None:
        seen = self._seen
        if self._watch is None or seen.limit_hit or seen.stalled:
            return
        if self._watch.is_stalled(self._host.child.pid):
            seen.stalled = True
            self._on_limit()

    def _on_no_end(self) -> None:
        self._seen.stuck_after_bye = True
        self._kill()

    def _kill(self) -> None:
        self._seen.killed = True
        self._host.kill()
