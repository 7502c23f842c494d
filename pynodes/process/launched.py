"""Any program, run and measured by the launcher (witness/launcher.c), which leaves nothing of it.

Time, memory and the rest are the launcher's, which is small: started by this process itself a
program would have this one's memory for its peak, and its time would begin too early.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from subprocess import DEVNULL
from typing import BinaryIO, NamedTuple

from pynodes.process.supervise import Supervisor

NAME = "pynodes-launcher"
TAIL_BYTES = 64 * 1024

_TICK_S = 0.25
_END_S = 10.0
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Usage(NamedTuple):
    """What a program took, with all that it started: `peak_kib` is of the largest process."""

    wall_s: float
    user_s: float
    system_s: float
    peak_kib: int
    sleeps: int
    taken_off: int


class Ended(NamedTuple):
    """How it ended.

    Attributes:
        usage: None when it was ended from here, or never began.
        returncode: its status, or less than 0: by which signal it ended.
        refused: the errno for which it never began; 0 when it did.
        limit_hit: it took too long, and was ended with all that it started.
        ended_by: the signal to this process for which it was; 0 for none.
        tail: the last words of its stderr.
    """

    usage: Usage | None
    returncode: int
    refused: int
    limit_hit: bool
    ended_by: int
    tail: bytes


def find() -> Path | None:
    """The launcher: next to this package, else in the build of PYNODES_HOST."""
    places = [Path(__file__).resolve().parent / NAME]
    host = os.environ.get("PYNODES_HOST")
    if host:
        places.append(Path(host).resolve().parent.parent / "witness" / NAME)
    return next((place for place in places if os.access(place, os.X_OK)), None)


class Hearing(NamedTuple):
    """What is called while a program runs: with its launcher's number, with what it wrote to its
    stderr, and a few times a second."""

    begins: Callable[[int], None]
    text: Callable[[bytes], None]
    tick: Callable[[], None]


def run(
    launcher: Path,
    words: Sequence[str],
    hearing: Hearing,
    *,
    stdout: BinaryIO | None = None,
    environ: Mapping[str, str] | None = None,
    limit_s: float,
    cores: Sequence[int] = (),
) -> Ended:
    """Run a program to its end, whatever end that is. It reads nothing, and may use these `cores`.

    Raises:
        OSError: the launcher cannot be started.
    """
    with ExitStack() as stack:
        program = stack.enter_context(Supervisor())
        work = _Run(program, hearing)
        program.catch(dict.fromkeys(_ENDS, work.signals.append))
        said = program.pipe(work.said.extend)
        text = program.pipe(work.heard)
        await_go, go = os.pipe()
        stack.callback(os.close, go)
        stack.callback(os.close, await_go)
        program.start(
            [os.fspath(launcher), str(os.getpid()), str(said), str(await_go), *words],
            cores=cores,
            env=environ,
            stdin=DEVNULL,
            stdout=DEVNULL if stdout is None else stdout,
            stderr=text,
            pass_fds=(said, await_go),
        )
        hearing.begins(program.child.pid)
        program.at(limit_s, work.on_limit)
        with suppress(BrokenPipeError):  # it has ended by itself
            os.write(go, b"!")
        work.follow()
        program.drain()
        program.child.wait()
    return work.ended()


class _Run:
    """One program at work."""

    def __init__(self, program: Supervisor, hearing: Hearing) -> None:
        self.signals: list[int] = []
        self.said = bytearray()
        self._program = program
        self._hearing = hearing
        self._tail = bytearray()
        self._limit_hit = False
        self._ended_by = 0

    def heard(self, data: bytes) -> None:
        self._tail += data
        del self._tail[:-TAIL_BYTES]
        self._hearing.text(data)

    def on_limit(self) -> None:
        self._limit_hit = True
        self._end()

    def follow(self) -> None:
        next_tick = time.monotonic()
        while not self._program.turn(next_tick):
            if self.signals and not self._ended_by:
                self._ended_by = self.signals[0]
                self._end()
            if time.monotonic() >= next_tick:
                self._hearing.tick()
                next_tick = time.monotonic() + _TICK_S

    def _end(self) -> None:
        """The launcher ends what it runs, then itself."""
        self._program.send(signal.SIGTERM)
        self._program.at(_END_S, self._program.kill)

    def ended(self) -> Ended:
        ended_by = self._ended_by or (self.signals[0] if self.signals else 0)
        word, *numbers = self.said.decode().split() or [""]
        values = [int(number) for number in numbers]
        tail = bytes(self._tail)
        if word == "error":
            return Ended(None, 0, values[0], self._limit_hit, ended_by, tail)
        if word != "ended":
            return Ended(None, 0, 0, self._limit_hit, ended_by, tail)
        status, wall_ns, user_us, system_us, peak_kib, sleeps, taken_off = values
        usage = Usage(wall_ns / 1e9, user_us / 1e6, system_us / 1e6, peak_kib, sleeps, taken_off)
        return Ended(usage, os.waitstatus_to_exitcode(status), 0, self._limit_hit, ended_by, tail)
