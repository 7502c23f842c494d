"""Run the host in this program's place: streams, terminal and signals are the script's.

The host inherits the streams and whatever else is open here. It stays in this process group, so
that the terminal takes it for the job in the foreground. A stop stops both.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pynodes.host import find
from pynodes.host.listener import Listener
from pynodes.host.reader import EventReader
from pynodes.host.seen import Seen
from pynodes.host.status import read_status
from pynodes.process import procfs
from pynodes.process.relay import SignalRelay
from pynodes.process.supervise import Supervisor, end_all

STACKS_SIGNAL = signal.SIGRTMAX - 1  # with a limit: one that no script takes
_STACKS_S = 1.0
_TERM_S = 2.0
_TICK_S = 3600.0


def run(
    argv: Sequence[str],
    *listeners: Listener,
    status: Path | None = None,
    limit_s: float | None = None,
    stdout: int | None = None,
) -> Seen:
    """Run the host program `argv` to its end; `listeners` hear of its events, in order.

    When the limit is over the host prints its stacks (it was started with `STACKS_SIGNAL`) and is
    ended, with what descends from it. Must be called in the main thread.

    Args:
        status: the host's status page.
        stdout: the script's, another descriptor than that of this process.

    Raises:
        CannotStartError: the system refuses to start the program.
    """
    seen = Seen(tuple(argv), limit_s=limit_s)
    with Supervisor(own_group=False) as host:
        _Foreground(host, seen, listeners).run(status, stdout)
    if status is not None:
        seen.slots = read_status(status)
    return seen


class _Foreground:
    """One run of a host in the foreground."""

    def __init__(self, host: Supervisor, seen: Seen, listeners: Sequence[Listener]) -> None:
        self._host = host
        self._seen = seen
        self._listeners = listeners
        self._reader = EventReader(seen, listeners, host.kill)
        self._went_on = False

    def run(self, status: Path | None, stdout: int | None) -> None:
        seen, host = self._seen, self._host
        seen.begin_ns = time.monotonic_ns()
        events = host.pipe(self._reader.feed)
        os.set_inheritable(events, True)
        extra = ["--events-fd", str(events)]
        if status is not None:
            extra += ["--status", os.fspath(status)]
        with SignalRelay(self._on_signal, self._on_child) as relay:
            with find.starting(seen.argv[0]):
                host.start(
                    [seen.argv[0], *extra, *seen.argv[1:]],
                    stdout=stdout,
                    close_fds=False,
                    preexec_fn=relay.in_child,
                )
            relay.child = host.child.pid
            host.hear(relay.fd, relay.feed)
            if seen.limit_s is not None:
                host.at(seen.limit_s, self._on_limit)
            while not host.turn(time.monotonic() + _TICK_S):
                pass
            host.drain()
            self._reader.finish()
            seen.returncode = host.child.wait()
        seen.wall_ns = time.monotonic_ns() - seen.begin_ns

    def _on_signal(self, number: int) -> None:
        if number == signal.SIGCONT and self._went_on:
            self._went_on = False  # it has had that one
        else:
            self._host.send(number)

    def _on_child(self) -> None:
        """Stop when the host has stopped; go on, and let it go on, together."""
        pid = self._host.child.pid
        with suppress(ChildProcessError):
            found = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOHANG)
            if found is not None and procfs.is_stopped(pid):
                os.kill(os.getpid(), signal.SIGSTOP)
                self._went_on = True
                if procfs.is_stopped(pid):
                    self._host.send(signal.SIGCONT)

    def _on_limit(self) -> None:
        self._seen.limit_hit = True
        for listener in self._listeners:
            listener.limit_reached()
        self._host.send(STACKS_SIGNAL)
        self._host.at(_STACKS_S, lambda: self._host.send(signal.SIGTERM))
        self._host.at(_STACKS_S + _TERM_S, self._kill)

    def _kill(self) -> None:
        self._seen.killed = True
        pid = self._host.child.pid
        end_all(lambda: {child for child in procfs.children_of(pid) if procfs.is_alive(child)})
        self._host.kill()
