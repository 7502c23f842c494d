"""Run a command, or take a process that runs, and account for all of its Pythons until the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from pynodes.diagnose.attach import check_readable
from pynodes.errors import CannotStartError, needed
from pynodes.holders import sampler
from pynodes.holders.account import Account
from pynodes.holders.sampler import DEFAULT_RATE, Target
from pynodes.holders.stream import Stream
from pynodes.process import procfs
from pynodes.process.supervise import Supervisor

MOST_PROCESSES = 8
_FIRST_LOOK_S, _LOOK_S, _GROWS = 0.002, 0.25, 1.5
_LAST_WORDS_S = 2.0
_READ_BYTES = 1 << 16


@dataclass(frozen=True)
class Options:
    """How a program is traced. `live`: called every `every_s` seconds with all there is by then."""

    rate: float = DEFAULT_RATE
    limit_s: float | None = None
    out_to_stderr: bool = False
    every_s: float | None = None
    live: Callable[[list[Traced]], None] = lambda traced: None


@dataclass
class Traced:
    """A process and its sampler; `sampler` is None where it cannot be sampled."""

    target: Target
    command: list[str]
    sampler: subprocess.Popen[bytes] | None = None
    stream: Stream = field(default_factory=Stream)
    shown: dict[str, int] = field(default_factory=dict)  # by who shows it while it goes on
    account: Account = field(init=False)

    def __post_init__(self) -> None:
        self.account = Account(self.stream)

    def take(self, data: bytes) -> None:
        for record in self.stream.take(data):
            self.account.take(record)


@dataclass
class Outcome:
    """What was traced; `status`: the program's, or less than 0: by which signal it ended."""

    processes: list[Traced]
    wall_s: float
    status: int | None = None
    was_interrupted: bool = False
    limit_hit: bool = False


def _found_sampler() -> Path:
    found = sampler.find()
    if found is None:
        raise CannotStartError(
            f"there is no {sampler.NAME}", help="install pynodes with its compiled parts"
        )
    return found


class Tracing:
    """The samplers of one run, on the selector of a supervisor."""

    def __init__(self, supervisor: Supervisor, options: Options) -> None:
        self._supervisor = supervisor
        self._options = options
        self._program = _found_sampler()
        self.processes: list[Traced] = []
        self._next_look_s = 0.0
        self._look_s = _FIRST_LOOK_S
        self._next_live_s = time.monotonic() + (options.every_s or 0.0)

    def look(self, pids: Sequence[int]) -> None:
        """Begin with those that run Python now, unless that was just looked at."""
        now = time.monotonic()
        if now < self._next_look_s:
            return
        for pid in pids:
            if self._is_sampled(pid) or len(self.processes) >= MOST_PROCESSES:
                continue
            target = sampler.target_of(pid)
            if target is not None:
                self._begin(target)
        self._look_s = min(_LOOK_S, self._look_s * _GROWS)
        self._next_look_s = time.monotonic() + self._look_s

    def _is_sampled(self, pid: int) -> bool:
        """A process that runs another program now is looked at again."""
        for each in self.processes:
            if each.target.pid == pid and (each.sampler is None or each.account.ended is None):
                return True
        return False

    def _begin(self, target: Target) -> None:
        traced = Traced(target, procfs.command_of(target.pid))
        self.processes.append(traced)
        if target.problem:
            return
        with needed(f"{sampler.NAME} cannot be started"):
            traced.sampler = subprocess.Popen(
                [os.fspath(self._program), *target.arguments(self._options.rate)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                bufsize=0,
            )
        assert traced.sampler.stdout is not None
        os.set_blocking(traced.sampler.stdout.fileno(), False)
        self._supervisor.hear(traced.sampler.stdout.fileno(), traced.take)

    def next_s(self) -> float:
        """When there is something to do again."""
        live_s = self._next_live_s if self._options.every_s is not None else float("inf")
        return min(self._next_look_s, live_s)

    def tell(self) -> None:
        """Show what there is, when it is time."""
        every_s, now = self._options.every_s, time.monotonic()
        if every_s is None or now < self._next_live_s:
            return
        self._next_live_s = max(self._next_live_s + every_s, now)
        self._options.live(self.processes)

    def end(self) -> None:
        """Their last words; they end with their process, or now."""
        for traced in self.processes:
            if traced.sampler is None or traced.sampler.stdout is None:
                continue
            end_s = time.monotonic() + _LAST_WORDS_S
            with suppress(OSError):
                traced.sampler.send_signal(signal.SIGTERM)
            output = traced.sampler.stdout
            os.set_blocking(output.fileno(), True)
            while time.monotonic() < end_s and (data := os.read(output.fileno(), _READ_BYTES)):
                traced.take(data)
            traced.sampler.kill()
            traced.sampler.wait()
            output.close()
            traced.account.finish()


class _Interrupts:
    """Ctrl-C: the first is the program's, which shares the terminal; the second ends all."""

    count = 0

    def __call__(self, number: int) -> None:
        self.count += 1


def trace_command(argv: Sequence[str], options: Options) -> Outcome:
    """Run a command to its end. What was started is ended, whatever happens."""
    began, interrupts = time.monotonic(), _Interrupts()
    with Supervisor(own_group=False) as supervisor:
        tracing = Tracing(supervisor, options)
        ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        supervisor.catch(dict.fromkeys(ends, interrupts))
        with needed(f"{argv[0]} cannot be started", help="give a program and its arguments"):
            out = sys.stderr.fileno() if options.out_to_stderr else None
            supervisor.start(argv, stdout=out)
        root = supervisor.child.pid
        limit_hit = False
        with _ended(tracing):
            is_over = False
            while not is_over:
                is_over = supervisor.turn(tracing.next_s())
                tracing.look([root, *procfs.children_of(root)])
                tracing.tell()
                limit_hit = _is_past(began, options.limit_s)
                if limit_hit or interrupts.count > 1:
                    supervisor.kill()
                    is_over = True
        status = supervisor.child.wait()
    wall_s = time.monotonic() - began
    return Outcome(tracing.processes, wall_s, status, interrupts.count > 0, limit_hit)


def trace_process(pid: int, options: Options) -> Outcome:
    """Look at a process that runs, and at its children, until it ends, Ctrl-C or the limit."""
    check_readable(pid)
    began, interrupts = time.monotonic(), _Interrupts()
    with Supervisor(own_group=False) as supervisor:
        tracing = Tracing(supervisor, options)
        supervisor.catch(dict.fromkeys((signal.SIGINT, signal.SIGTERM), interrupts))
        limit_hit = False
        with _ended(tracing):
            while procfs.is_alive(pid) and not interrupts.count and not limit_hit:
                tracing.look([pid, *procfs.children_of(pid)])
                supervisor.turn(tracing.next_s())
                tracing.tell()
                limit_hit = _is_past(began, options.limit_s)
    return Outcome(tracing.processes, time.monotonic() - began)


def _is_past(began_s: float, limit_s: float | None) -> bool:
    return limit_s is not None and time.monotonic() - began_s >= limit_s


@contextmanager
def _ended(tracing: Tracing) -> Iterator[None]:
    try:
        yield
    finally:
        tracing.end()
