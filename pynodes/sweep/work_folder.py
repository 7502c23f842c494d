"""The folder of one sweep: who is at work in it, and what a killed one left there."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pynodes.errors import PynodesError, needed
from pynodes.process.evidence_folder import own_folder
from pynodes.process.procfs import start_of
from pynodes.process.scratch import scratch

_LOCK = "lock"
_HOST = "host.pid"


class AtWorkError(PynodesError):
    """Another process is at work on the same sweep."""


class WorkFolder:
    """The folder while this process is the one at work in it."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        self.path = folder
        self.scratch = scratch

    def host_begins(self, pid: int) -> None:
        """Note the host, so that it can be ended when this process is killed."""
        with suppress(OSError):
            (self.path / _HOST).write_text(f"{pid} {start_of(pid)}\n")

    def host_ended(self) -> None:
        (self.path / _HOST).unlink(missing_ok=True)

    def end_lost_host(self) -> None:
        """End a host that has lost its sweep."""
        with suppress(OSError, ValueError):
            pid, start = map(int, (self.path / _HOST).read_text().split())
            if start and start == start_of(pid):
                os.killpg(pid, signal.SIGKILL)
        self.host_ended()


@contextmanager
def at_work(folder: Path, name: str) -> Iterator[WorkFolder]:
    """Be the only one at work on a sweep; the system forgets it with the process.

    Raises:
        AtWorkError: someone else is.
        CannotStartError: the folder cannot be made.
    """
    with needed(
        "the folder of the sweep cannot be made",
        folder,
        "make room, change to a folder of yours, or name a file in another one with --db",
    ):
        own_folder(folder.parent)
        own_folder(folder)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with ExitStack() as stack:
        stack.callback(os.close, lock)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 64, 0).decode("utf-8", "replace").strip()
            raise AtWorkError(
                f"sweep {name} is at work already" + (f", in process {holder}" if holder else ""),
                str(folder),
                "wait for it; --fresh measures the same anew in a sweep of its own",
            ) from None
        with suppress(OSError):
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        with needed("nothing can be written", folder, "make room"):
            work = WorkFolder(folder, stack.enter_context(scratch(folder)))
            work.end_lost_host()
        stack.callback(work.host_ended)
        yield work


def others_at_work(folder: Path) -> int:
    """Other sweeps that are at work now: they disturb each other's figures."""
    count = 0
    for lock in folder.parent.glob(f"*/{_LOCK}"):
        if lock.parent == folder:
            continue
        with suppress(OSError):
            fd = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                count += 1
            finally:
                os.close(fd)
    return count
