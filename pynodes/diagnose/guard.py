"""A process that cleans up when the diagnosis itself is killed: after SIGKILL nobody else can.

It waits at a pipe whose other end is the diagnosis's alone. When that closes without a word, it
ends the collector, lets a program that is held at a crash go on to its own end, and ends the rest.
What was started is known by a mark in its environment, which children inherit.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pynodes.diagnose.collect.notes import Notes
from pynodes.errors import needed
from pynodes.process import procfs
from pynodes.process.scratch import scratch
from pynodes.process.supervise import end_all

MARK = "PYNODES_DIAGNOSIS"
_DONE = b"."
_OWN_END_S = 2.0  # for what crashed, and was held still


class Guard:
    """`program` and `collector` are what the environment of either needs."""

    def __init__(self, folder: Path, notes: Notes | None = None) -> None:
        self.program = {MARK: f"program:{folder}"}
        self.collector = {MARK: f"collector:{folder}"}
        ours, self._pipe = os.pipe()
        start = f"import sys; sys.path[:0] = {[str(Path(__file__).parents[2])]!r}"
        shared = () if notes is None else (notes.file,)
        run = f"from {__name__} import watch; watch(0, {str(folder)!r}, *{shared!r})"
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-S", "-E", "-c", f"{start}; {run}"],
                stdin=ours,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=shared,
            )
        finally:
            os.close(ours)
        self.pid = self._process.pid

    def mind(self, pid: int) -> None:
        """A process that is to be ended, whatever its environment says."""
        with suppress(BrokenPipeError):
            os.write(self._pipe, b"%d %d\n" % (pid, procfs.start_of(pid)))

    def dismiss(self) -> None:
        """All is cleaned up."""
        with suppress(BrokenPipeError):
            os.write(self._pipe, _DONE)
        os.close(self._pipe)
        self._process.wait()


@contextmanager
def guarded_folder(notes: Notes | None = None) -> Iterator[tuple[Path, Guard]]:
    """A folder for a while, which is removed whatever happens, and the guard of what uses it."""
    help = "make room in the temporary folder, or let TMPDIR name another"
    with ExitStack() as stack:
        with needed("there is no room for the work of a diagnosis", help=help):
            folder = stack.enter_context(scratch())
            guard = Guard(folder, notes)
        stack.callback(guard.dismiss)
        yield folder, guard


def watch(descriptor: int, folder: str, notes: int | None = None) -> None:
    """What the guard does, all its life. `notes`: the descriptor of the program's, if any."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    said = b""
    while block := os.read(descriptor, 4096):
        said += block
        if said.endswith(_DONE):
            return
    end_all(lambda: set(procfs.marked(f"{MARK}=collector:{folder}")))
    held = set()
    if notes is not None:
        noted = Notes(notes)
        for crash in noted.crashes():
            held.add(crash.pid)
            noted.let_go(crash)  # it may be that nobody had looked
    words = [int(word) for word in said.split()]
    _clean(Path(folder), dict(zip(words[::2], words[1::2], strict=False)), held)


def _clean(folder: Path, known: dict[int, int], held: set[int]) -> None:
    """`known`: when each process began, by number; another one may have got that number since.

    Those that were `held` at a crash get a while for their own end.
    """

    def left() -> set[int]:
        found = set(procfs.marked(f"{MARK}=program:{folder}"))
        found |= {pid for pid, start in known.items() if procfs.start_of(pid) == start}
        for pid in list(found):
            found.update(procfs.children_of(pid))
        known.update((pid, procfs.start_of(pid)) for pid in found)
        return {pid for pid in found if procfs.is_alive(pid)}

    held &= left()
    end = time.monotonic() + _OWN_END_S
    while time.monotonic() < end and any(map(procfs.is_alive, held)):
        time.sleep(0.02)
    end_all(left)
