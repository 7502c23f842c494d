"""Signals for this process that are meant for the program that it stands for.

The program is in the same process group. What the terminal sends (Ctrl-C, Ctrl-Z, its end) has
reached it already; what a process sends reaches this one alone and is passed on. So both come to
the program once. Linux only: it takes a signalfd to know who sent a signal.
"""

from __future__ import annotations

import ctypes
import os
import signal
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Self

_SIZE = 128
_HEAD = struct.Struct("=IiiI")  # number, errno, code, pid
_BY_KERNEL = 0x80
_OWN = {  # of what a process does itself, or that cannot be had
    *("SIGKILL", "SIGSTOP", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS"),
    *("SIGABRT", "SIGPIPE", "SIGTTIN", "SIGTTOU", "SIGXCPU", "SIGXFSZ", "SIGCHLD"),
}


class SignalRelay:
    """From its start to its end signals are not this process's own.

    Args:
        send: gets the number of each one that the program did not get itself.
        child_changed: a child has stopped, gone on or ended.
    """

    def __init__(self, send: Callable[[int], None], child_changed: Callable[[], None]) -> None:
        self._send = send
        self._child_changed = child_changed
        own = {signal.Signals[name] for name in _OWN}
        self._numbers = {*signal.valid_signals()} - own | {signal.SIGCHLD}
        self.child = 0
        self.fd = -1

    def __enter__(self) -> Self:
        self._before = signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)
        mask = sum(1 << (number - 1) for number in self._numbers)
        words = (ctypes.c_ulong * (1024 // (8 * ctypes.sizeof(ctypes.c_ulong))))(mask)
        flags = os.O_NONBLOCK | os.O_CLOEXEC
        self.fd = ctypes.CDLL(None, use_errno=True).signalfd(-1, words, flags)
        if self.fd < 0:
            number = ctypes.get_errno()
            self._unblock()
            raise OSError(number, os.strerror(number))
        return self

    def __exit__(self, *raised: object) -> None:
        with suppress(BlockingIOError):  # what came too late was the program's too
            while os.read(self.fd, _SIZE):
                pass
        os.close(self.fd)
        self._unblock()

    def in_child(self) -> None:
        """To be called in the child before it becomes the program."""
        self._unblock()

    def feed(self, data: bytes) -> None:
        """Deal with what was read from `fd`."""
        for place in range(0, len(data), _SIZE):
            number, _, code, pid = _HEAD.unpack_from(data, place)
            if number == signal.SIGCHLD:
                self._child_changed()
            elif code != _BY_KERNEL and pid != self.child:
                self._send(number)

    def _unblock(self) -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)


def die_by(number: int) -> None:
    """End this process by a signal, as a program ended that it stood for; without a core of it."""
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if number not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
