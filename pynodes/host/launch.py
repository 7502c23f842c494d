"""Run the host once: listen to it, pass signals on, keep the time limit, leave nothing behind.

What happened is returned as it was seen; `judge` gives it a name. The host is the leader of a
process group of its own. So a Ctrl-C on the terminal reaches this process alone and goes to the
host exactly once, however it came, and a last sweep also ends what the host started.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import DEVNULL

from pynodes.host import find
from pynodes.host.listener import Listener
from pynodes.host.reader import EventReader
from pynodes.host.seen import Seen
from pynodes.host.status import read_status
from pynodes.model import event as ev
from pynodes.process.stall import StallWatch
from pynodes.process.supervise import Supervisor

TAIL_BYTES = 64 * 1024

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)
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
    has_workers: bool = False,
    cores: Sequence[int] = (),
    watch: StallWatch | None = None,
    dump_s: float = _DUMP_S,
) -> Seen:
    """Run the host program `argv` to its end, whatever end that is; `listeners` hear in order.

    `--events-fd` and `--status` are put in front of the other arguments here. Interrupts: the first
    SIGINT is passed on (the host finishes the tiles in hand), the second too (it stops at once), a
    third kills. SIGTERM and SIGHUP for this process end the host first. With `has_workers` the
    processes that the host started are asked for their stacks too, when the limit is over. With
    `cores` the host may use these alone. With a `watch` a host that stopped for good is ended like
    one whose limit is over, without waiting for that; `dump_s` is how long it may take to print its
    stacks. Must be called in the main thread for signals to be passed on.
    Raises:
        CannotStartError: the system refuses to start the program.
    """
    with Supervisor() as supervisor:
        seen = Seen(tuple(argv), limit_s=limit_s)
        launch = _Launch(supervisor, listeners, seen, has_workers, watch, dump_s)
        launch.run(status, cores)
    launch.count_late_signals()
    if status is not None:
        seen.slots = read_status(status)
    return seen


@dataclass
class _Launch(Listener):
    """One run of a host under supervision. It hears of events before the others do."""

    _host: Supervisor
    _listeners: Sequence[Listener]
    _seen: Seen
    _has_workers: bool
    _watch: StallWatch | None
    _dump_s: float
    _tail: bytearray = field(default_factory=bytearray)
    _last_tile_ns: int | None = None
    _signals: list[int] = field(default_factory=list)

    def run(self, status: Path | None, cores: Sequence[int]) -> None:
        seen, host, argv = self._seen, self._host, self._seen.argv
        seen.begin_ns = time.monotonic_ns()
        host.catch(dict.fromkeys(_CAUGHT, self._signals.append))
        reader = EventReader(seen, (self, *self._listeners), self._kill)
        events = host.pipe(reader.feed)
        text = host.pipe(self._on_text)
        extra = ["--events-fd", str(events)]
        if status is not None:
            extra += ["--status", os.fspath(status)]
        with find.starting(argv[0]):
            host.start(
                [argv[0], *extra, *argv[1:]],
                cores=cores,
                stdin=DEVNULL,
                stdout=text,
                stderr=text,
                pass_fds=(events,),
            )
        if seen.limit_s is not None:
            host.at(seen.limit_s, self._on_limit)
        self._loop()
        host.drain()
        reader.finish()
        if seen.bye is None:  # it cannot have ended its own children
            host.kill()
        seen.returncode = host.child.wait()
        seen.wall_ns = time.monotonic_ns() - seen.begin_ns
        seen.tail = bytes(self._tail)

    def count_late_signals(self) -> None:
        """Those that came when the host was dead already: there is nobody to pass them on to, but
        who goes on with the next run must know of them. Once the handlers are those of before."""
        for number in self._signals:
            if number == signal.SIGINT:
                self._seen.interrupts += 1
            elif number != signal.SIGTSTP:
                self._seen.ended_by = signal.Signals(number)

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
