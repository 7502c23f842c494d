"""Start a program, wait in one place for all that comes of it, and end it for sure.

One thread waits in one selector for everything: the pipes that the program writes to, its death (a
pidfd where the system has them), what is to be done at some time, and signals for this process (a
wake-up pipe). A program in a process group of its own is not reached by a Ctrl-C on the terminal:
it gets what is sent to it, once, and its group is ended with it.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import Any, Self

_POLL_S = 0.02
_END_S = 5.0
_READ_BYTES = 64 * 1024
_PIPE_READS = 32
_LAST_STREAM = 2
_PR_SET_CHILD_SUBREAPER = 36


class Supervisor:
    """One program from its start to its end. Leaving the context ends it, if it still lives.

    Args:
        own_group: the program leads a process group of its own.
    """

    child: subprocess.Popen[bytes]

    def __init__(self, *, own_group: bool = True) -> None:
        self._own_group = own_group
        self._stack = ExitStack()
        self._selector = selectors.DefaultSelector()
        self._stack.callback(self._selector.close)
        self._pipes: dict[int, Callable[[bytes], None]] = {}
        self._theirs: list[int] = []
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._has_pidfd = False
        self._started = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self.is_running:
            self.kill()
            self.child.wait()
        self._stack.close()

    @property
    def is_running(self) -> bool:
        """Started and not reaped: its number is its own."""
        return self._started and self.child.returncode is None

    def pipe(self, on_data: Callable[[bytes], None]) -> int:
        """A descriptor for the program to write to; what comes out is handed on in `turn`."""
        ours, theirs = map(_no_standard_stream, os.pipe())
        self._stack.callback(os.close, ours)
        self._theirs.append(theirs)
        os.set_blocking(ours, False)
        self._pipes[ours] = on_data
        self._selector.register(ours, selectors.EVENT_READ, on_data)
        return theirs

    def hear(self, fd: int, on_data: Callable[[bytes], None]) -> None:
        """What comes out of a descriptor that does not block is handed on in `turn`, too."""
        self._selector.register(fd, selectors.EVENT_READ, on_data)

    def start(self, argv: Sequence[str], *, cores: Sequence[int] = (), **how: Any) -> None:
        """Start the program; it may use these `cores` alone. `how` is for `subprocess.Popen`.

        Raises:
            OSError: the system refuses.
        """
        try:
            with _only_on(cores):  # a child starts where its parent may run
                self.child = subprocess.Popen(
                    argv, process_group=0 if self._own_group else None, **how
                )
            self._started = True
        finally:
            for theirs in self._theirs:
                os.close(theirs)
            self._theirs.clear()
        with suppress(OSError, AttributeError):
            death = os.pidfd_open(self.child.pid)
            self._stack.callback(os.close, death)
            self._selector.register(death, selectors.EVENT_READ, None)
            self._has_pidfd = True

    def catch(self, handlers: Mapping[signal.Signals, Callable[[int], None]]) -> None:
        """From now on these are called for signals to this process, and end a wait in `turn`.

        A signal that is ignored stays so, but for SIGINT: a background job of a script ignores
        it, and who sends it one still means it. Does nothing outside of the main thread.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        wake_r, wake_w = os.pipe()
        for end in (wake_r, wake_w):
            os.set_blocking(end, False)
            self._stack.callback(os.close, end)
        self._selector.register(wake_r, selectors.EVENT_READ, lambda data: None)
        before = signal.set_wakeup_fd(wake_w, warn_on_full_buffer=False)
        self._stack.callback(signal.set_wakeup_fd, before)
        for number, handler in handlers.items():
            if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
                old = signal.signal(number, _handler(handler))
                self._stack.callback(signal.signal, number, old)

    def at(self, from_now_s: float, act: Callable[[], None]) -> None:
        """Do something later, in `turn`."""
        self._due.append((time.monotonic() + from_now_s, act))

    def turn(self, until_s: float) -> bool:
        """Wait for what comes next, no longer than until then, and deal with it.

        Returns:
            Whether the program is dead. It is not reaped yet, and pipes may hold its last words.
        """
        wait_s = min([until_s, *(when for when, _ in self._due)]) - time.monotonic()
        if not self._has_pidfd:
            wait_s = min(wait_s, _POLL_S)
        for key, _ in self._selector.select(max(wait_s, 0.0)):
            if key.data is None:
                return True
            data = _read(key.fd)
            if data:
                key.data(data)
            elif data is not None:
                self._selector.unregister(key.fileobj)
        if self._started and not self._has_pidfd and self._is_dead():
            return True
        now = time.monotonic()
        due = [act for when, act in self._due if when <= now]
        self._due = [(when, act) for when, act in self._due if when > now]
        for act in due:
            act()
        return False

    def wait(self, seconds: float) -> bool:
        """Take turns for so long; whether the program is dead."""
        end = time.monotonic() + seconds
        while not self.turn(end):
            if time.monotonic() >= end:
                return False
        return True

    def drain(self) -> None:
        """Read the last words of a program that is dead.

        What it started may write on: more than a pipe holds is not waited for.
        """
        for ours, on_data in self._pipes.items():
            for _ in range(_PIPE_READS):
                data = _read(ours)
                if not data:
                    break
                on_data(data)

    def send(self, number: int) -> None:
        """Signal the program itself."""
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self.child.pid, number)

    def send_all(self, number: int) -> None:
        """Signal the program and what it started, when they are a group."""
        if not self._own_group:
            self.send(number)
        elif self.is_running:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.child.pid, number)

    def kill(self) -> None:
        self.send_all(signal.SIGKILL)

    def pause(self) -> None:
        """Ctrl-Z: stop the program, then ourselves; both go on together, the clock put right."""
        stopped_at = time.monotonic()
        self.send_all(signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        self.send_all(signal.SIGCONT)
        by_s = time.monotonic() - stopped_at
        self._due = [(when + by_s, act) for when, act in self._due]

    def _is_dead(self) -> bool:
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.child.pid, flags) is not None


def adopt_orphans(on: bool = True) -> None:
    """Make processes whose parent ends children of this one, so that none is lost."""
    import ctypes

    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


def end_below(others: Collection[int], unreaped: int = 0) -> None:
    """Kill what descends from this process, but for `others`, and reap it, but for `unreaped`."""
    from pynodes.process import procfs

    def left() -> set[int]:
        below = procfs.children_of(os.getpid())
        return {pid for pid in below if pid not in others and procfs.is_alive(pid)}

    for pid in end_all(left) - {unreaped}:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def end_all(left: Callable[[], set[int]]) -> set[int]:
    """Kill until none is left: one may have forked just before it was killed. Returns them all."""
    end = time.monotonic() + _END_S
    killed: set[int] = set()
    while (pids := left()) and time.monotonic() < end:
        killed |= pids
        for pid in pids:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.005)
    return killed


def signal_name(number: int) -> str:
    """`SIGSEGV` for 11; real-time and unknown signals by number."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _no_standard_stream(fd: int) -> int:
    """The same pipe under a number above 2: a program finds closed what is closed here."""
    if fd > _LAST_STREAM:
        return fd
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _LAST_STREAM + 1)
    os.close(fd)
    return moved


def _handler(act: Callable[[int], None]) -> Callable[[int, FrameType | None], None]:
    return lambda number, frame: act(number)


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


def _read(fd: int) -> bytes | None:
    """What is there: bytes, empty at the end, None when there is nothing yet."""
    try:
        return os.read(fd, _READ_BYTES)
    except BlockingIOError:
        return None
