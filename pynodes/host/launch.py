"""Run the host once: spawn, listen, pass signals on, keep the time limit, leave nothing behind.

What happened is returned as it was seen; `judge` gives it a name.

One thread waits in one selector for everything: the event pipe, the host's stdout and stderr, its
death (a pidfd where the system has them) and signals for this process (a wake-up pipe). The host is
the leader of a process group of its own. So a Ctrl-C on the terminal reaches this process alone and
goes to the host exactly once, however it came, and a last sweep also ends what the host started.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pynodes.errors import MismatchError
from pynodes.host import find
from pynodes.host.listener import Listener
from pynodes.host.seen import Seen
from pynodes.host.stall import StallWatch
from pynodes.host.status import read_status
from pynodes.model import event as ev

TAIL_BYTES = 64 * 1024

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)
_TICK_S = 0.25
_POLL_S = 0.02
_DUMP_S = 1.0
_TERM_S = 2.0
_NOW_S = 3.0
_AFTER_BYE_S = 30.0
_READ_BYTES = 64 * 1024
_PIPE_READS = 32


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
    this = _Run(listeners, limit_s, has_workers, cores, watch, dump_s)
    return this.run(list(argv), status)


class _Run:
    """One run; owns the child, the pipes and the signal handlers while it lasts."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        limit_s: float | None,
        has_workers: bool,
        cores: Sequence[int],
        watch: StallWatch | None,
        dump_s: float,
    ) -> None:
        self._cores = cores
        self._listeners = listeners
        self._watch = watch
        self._dump_s = dump_s
        self._has_workers = has_workers
        self._seen = Seen(argv=(), limit_s=limit_s)
        self._child: subprocess.Popen[bytes] | None = None
        self._lines = _Lines()
        self._tail = bytearray()
        self._last_tile_ns: int | None = None
        self._signals: list[int] = []
        self._deadlines = _Deadlines()

    def run(self, argv: list[str], status: Path | None) -> Seen:
        seen = self._seen
        seen.argv = tuple(argv)
        seen.begin_ns = time.monotonic_ns()
        with ExitStack() as stack:
            wake = stack.enter_context(self._signals_caught())
            selector = stack.enter_context(selectors.DefaultSelector())
            events_r, events_w = _pipe(stack)
            text_r, text_w = _pipe(stack)
            extra = ["--events-fd", str(events_w)]
            if status is not None:
                extra += ["--status", os.fspath(status)]
            stack.callback(self._end_for_sure)
            try:
                with _only_on(self._cores):  # a child starts where its parent may run
                    self._child = subprocess.Popen(
                        [argv[0], *extra, *argv[1:]],
                        stdin=subprocess.DEVNULL,
                        stdout=text_w,
                        stderr=text_w,
                        pass_fds=(events_w,),
                        process_group=0,
                    )
            except OSError as error:
                raise find.cannot_run(Path(argv[0]), error) from None
            finally:
                os.close(events_w)
                os.close(text_w)
            if seen.limit_s is not None:
                self._deadlines.at(seen.limit_s, self._on_limit)
            for fd, on_data in ((events_r, self._on_events), (text_r, self._on_text)):
                os.set_blocking(fd, False)
                selector.register(fd, selectors.EVENT_READ, on_data)
            selector.register(wake, selectors.EVENT_READ, lambda data: None)
            death = _open_pidfd(self._child.pid, stack)
            if death is not None:
                selector.register(death, selectors.EVENT_READ, None)
            self._loop(selector, death is not None)
            # The host is dead, so all it ever wrote is in the pipes.
            # What it started may write on: more than a pipe holds is not waited for.
            for fd, on_data in ((events_r, self._on_events), (text_r, self._on_text)):
                for _ in range(_PIPE_READS):
                    data = _read(fd)
                    if not data:
                        break
                    on_data(data)
            self._take_lines(self._lines.rest())
            if self._unclean():
                self._signal_group(signal.SIGKILL)
            seen.returncode = self._child.wait()
        seen.wall_ns = time.monotonic_ns() - seen.begin_ns
        seen.tail = bytes(self._tail)
        if status is not None:
            seen.slots = read_status(status)
        return seen

    def _loop(self, selector: selectors.BaseSelector, has_pidfd: bool) -> None:
        next_tick = time.monotonic()
        while True:
            now = time.monotonic()
            wait = min(next_tick, self._deadlines.next()) - now
            if not has_pidfd:
                wait = min(wait, _POLL_S)
            for key, _ in selector.select(max(wait, 0.0)):
                if key.data is None:
                    return
                data = _read(key.fd)
                if data:
                    key.data(data)
                elif data is not None:
                    selector.unregister(key.fileobj)
            if not has_pidfd and self._is_dead():
                return
            while self._signals:
                self._on_signal(self._signals.pop(0))
            self._deadlines.run_due()
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

    def _on_events(self, data: bytes) -> None:
        self._take_lines(self._lines.feed(data))

    def _take_lines(self, lines: Iterator[bytes]) -> None:
        seen = self._seen
        for line in lines:
            if seen.refusal is not None:
                continue
            try:
                event = ev.parse(line)
                if isinstance(event, ev.Hello):
                    find.check_word(event.word, Path(seen.argv[0]))
                elif seen.hello is None:
                    raise MismatchError(
                        "the host's first event is not a hello",
                        where=seen.argv[0],
                        mend="let PYNODES_HOST name the host of this package, or unset it",
                    )
            except ev.GarbageError as error:
                seen.n_garbage += 1
                if len(seen.garbage) < 5:
                    seen.garbage.append(f"{error}: {line[:120].decode('utf-8', 'replace')}")
                continue
            except MismatchError as error:
                seen.refusal = error
                self._kill()
                continue
            if isinstance(event, ev.TileDone):
                self._last_tile_ns = time.monotonic_ns()
            elif isinstance(event, ev.Bye):
                self._deadlines.at(_AFTER_BYE_S, self._on_no_end)
            if self._watch is not None:
                self._watch.moved()
            seen.take(event)
            for listener in self._listeners:
                listener.event(event)

    # What goes out.

    def _on_signal(self, number: int) -> None:
        seen = self._seen
        if number == signal.SIGINT:
            seen.interrupts += 1
            if seen.interrupts >= 3:
                self._kill()
            else:
                self._signal(signal.SIGINT)
                if seen.interrupts == 2:
                    self._deadlines.at(_NOW_S, self._kill)
            for listener in self._listeners:
                listener.interrupted(seen.interrupts)
        elif number == signal.SIGTSTP:
            self._pause()
        else:
            seen.ended_by = signal.Signals(number)
            self._signal(signal.SIGTERM)
            self._deadlines.at(_TERM_S, self._kill)

    def _pause(self) -> None:
        """Ctrl-Z: stop the host, then ourselves; both go on together, with the clock put right."""
        stopped_at = time.monotonic()
        self._paused(True)
        self._signal_group(signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        self._signal_group(signal.SIGCONT)
        self._paused(False)
        self._deadlines.shift(time.monotonic() - stopped_at)

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
            self._signal_group(signal.SIGUSR1)
        else:  # in its group may be what a node started, which a SIGUSR1 would end too early
            self._signal(signal.SIGUSR1)
        self._deadlines.at(self._dump_s, lambda: self._signal(signal.SIGTERM))
        self._deadlines.at(self._dump_s + _TERM_S, self._kill)

    def _look_for_stall(self) -> None:
        seen, child = self._seen, self._child
        if self._watch is None or child is None or seen.limit_hit or seen.stalled:
            return
        if self._watch.look(child.pid):
            seen.stalled = True
            self._on_limit()

    def _on_no_end(self) -> None:
        self._seen.stuck_after_bye = True
        self._kill()

    def _kill(self) -> None:
        self._seen.killed = True
        self._signal_group(signal.SIGKILL)

    def _signal(self, number: int) -> None:
        """Signal the host itself; it is not reaped yet, so the pid is still its own."""
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self._child.pid, number)

    def _signal_group(self, number: int) -> None:
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, number)

    def _unclean(self) -> bool:
        """The host ended in a way in which it cannot have ended its own children."""
        return self._seen.bye is None

    def _is_dead(self) -> bool:
        assert self._child is not None
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self._child.pid, flags) is not None

    def _end_for_sure(self) -> None:
        """Last resort, for an exception on our side."""
        if self._child is not None and self._child.returncode is None:
            self._signal_group(signal.SIGKILL)
            self._child.wait()

    @contextmanager
    def _signals_caught(self) -> Iterator[int]:
        """Collect signals in `_signals`; yields an fd that becomes readable when one came."""
        wake_r, wake_w = os.pipe()
        os.set_blocking(wake_r, False)
        os.set_blocking(wake_w, False)
        before: dict[int, Any] = {}
        old_wake: int | None = None

        def note(number: int, frame: FrameType | None) -> None:
            self._signals.append(number)

        try:
            if threading.current_thread() is threading.main_thread():
                old_wake = signal.set_wakeup_fd(wake_w, warn_on_full_buffer=False)
                for number in _CAUGHT:
                    # A background job of a script ignores SIGINT; who sends it one still means it.
                    ignored = signal.getsignal(number) is signal.SIG_IGN
                    if number == signal.SIGINT or not ignored:
                        before[number] = signal.signal(number, note)
            yield wake_r
        finally:
            for caught, handler in before.items():
                signal.signal(caught, handler)
            if old_wake is not None:
                signal.set_wakeup_fd(old_wake)
            os.close(wake_r)
            os.close(wake_w)


class _Deadlines:
    """A few things to do later."""

    def __init__(self) -> None:
        self._due: list[tuple[float, Callable[[], None]]] = []

    def at(self, from_now_s: float, act: Callable[[], None]) -> None:
        self._due.append((time.monotonic() + from_now_s, act))

    def next(self) -> float:
        return min((when for when, _ in self._due), default=float("inf"))

    def shift(self, by_s: float) -> None:
        self._due = [(when + by_s, act) for when, act in self._due]

    def run_due(self) -> None:
        now = time.monotonic()
        due = [act for when, act in self._due if when <= now]
        self._due = [(when, act) for when, act in self._due if when > now]
        for act in due:
            act()


class _Lines:
    """Cuts bytes into lines; a line without end is given up at 16 times the promised length."""

    def __init__(self) -> None:
        self._part = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        *whole, self._part = (self._part + data).split(b"\n")
        if len(self._part) > 16 * ev.MAX_LINE_BYTES:
            whole.append(self._part)
            self._part = b""
        yield from filter(None, whole)

    def rest(self) -> Iterator[bytes]:
        if self._part:
            yield self._part
            self._part = b""


@contextmanager
def _only_on(cores: Sequence[int]) -> Iterator[None]:
    """Keep this thread to some cores for a moment; none leaves it as it is."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _pipe(stack: ExitStack) -> tuple[int, int]:
    """A pipe whose reading end closes with `stack`; the caller closes the other."""
    read_end, write_end = os.pipe()
    stack.callback(os.close, read_end)
    return read_end, write_end


def _read(fd: int) -> bytes | None:
    """What is there: bytes, empty at the end, None when there is nothing yet."""
    try:
        return os.read(fd, _READ_BYTES)
    except BlockingIOError:
        return None


def _open_pidfd(pid: int, stack: ExitStack) -> int | None:
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        fd = os.pidfd_open(pid)
    except OSError:
        return None
    stack.callback(os.close, fd)
    return fd
