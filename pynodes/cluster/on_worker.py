"""What runs in a Dask worker: it has errands done by processes of its own, the hands."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pynodes.cluster import hand
from pynodes.cluster.hand import Answer, Order
from pynodes.cluster.luggage import Listed, unpack
from pynodes.errands.errand import Need, Spot, this_machine
from pynodes.errors import PynodesError
from pynodes.process import procfs

if TYPE_CHECKING:
    from distributed import Worker

_LOOK_S = 0.2  # how often it is looked whether an errand is still wanted
_END_S = 6.0  # a host gets 2 s of it
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_START = "import sys; sys.path[:0] = [{!r}]; from pynodes.cluster.hand import main; main()"


class Joined(NamedTuple):
    """What a worker is: `boot` is equal for those of one machine; `lacks` is why it is no use."""

    spot: Spot
    boot: str
    pid: int
    lacks: tuple[str, ...]


class Sent(NamedTuple):
    """What a worker is asked to do: for whom, under which key, with which files."""

    session: str
    key: str
    errand: bytes
    listed: Listed


class _Hand:
    """A process that does errands, from its start to its end."""

    def __init__(self, session: str, folder: Path) -> None:
        self.session = session
        self._last_words = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed in `end`
        package = str(Path(__file__).resolve().parents[2])
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START.format(package), os.fspath(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._last_words,
            start_new_session=True,  # a Ctrl-C on the terminal is not for it
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._orders, self._answers = self._process.stdin, self._process.stdout

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def give(self, order: Order) -> None:
        hand.send(self._orders, order)

    def has_answer(self, within_s: float) -> bool:
        return bool(select.select([self._answers], [], [], within_s)[0])

    def answer(self) -> Answer:
        """Raises `EOFError` when it ended without one."""
        answer: Answer = hand.receive(self._answers)
        return answer

    def said(self) -> str:
        """The last of what it wrote to its stderr."""
        self._last_words.seek(0)
        return self._last_words.read()[-2000:].decode(errors="replace").strip()

    def end(self, now: bool = False) -> None:
        """End it with all that it has started; hosts have a moment unless it must be now."""
        with suppress(OSError):
            self._process.send_signal(signal.SIGKILL if now else signal.SIGTERM)
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._orders, self._answers, self._last_words):
            with suppress(OSError):
                stream.close()


_lock = threading.Lock()
_idle: list[_Hand] = []
_busy: dict[str, str] = {}  # keys of what is in hand, with their sessions


def carry_out(sent: Sent, contents: Mapping[str, bytes]) -> Answer:
    """A task of Dask: have an errand done; given up when nobody waits for it any more."""
    from distributed import get_worker

    worker = get_worker()
    folder = Path(worker.local_directory)
    with _lock:
        _busy[sent.key] = sent.session
        for ended in [each for each in _idle if not each.is_alive]:  # idle for long
            _idle.remove(ended)
            ended.end(now=True)
        taken = next((each for each in _idle if each.session == sent.session), None)
        if taken is not None:
            _idle.remove(taken)
        root = unpack(sent.listed, contents, folder)
    try:
        return _by(taken or _Hand(sent.session, folder), worker, sent, root)
    finally:
        with _lock:
            del _busy[sent.key]


def _by(taken: _Hand, worker: Worker, sent: Sent, root: Path) -> Answer:
    try:
        taken.give(Order(sent.errand, sent.listed, root))
        while not taken.has_answer(_LOOK_S):
            if not _is_wanted(worker, sent.key):
                taken.end()
                return Answer(is_cancelled=True)
        answer = taken.answer()
    except (OSError, EOFError):
        said = taken.said()
        taken.end(now=True)
        what = "the process that does errands for a worker ended"
        return Answer(error=(what, worker.address, "give the same command again", said, 3))
    with _lock:
        _idle.append(taken)
    return answer


def _is_wanted(worker: Worker, key: str) -> bool:
    """Whether the scheduler still waits for a task, and the worker is not about to end."""
    state = worker.state.tasks.get(key)
    is_open = worker.status.name in ("running", "paused")
    return is_open and state is not None and state.state not in ("cancelled", "released")


async def join(needs: bytes, listed: Listed, dask_worker: Worker) -> Joined:
    """What this worker is, and what it lacks."""
    return await asyncio.to_thread(_join, needs, listed)


def _join(needs: bytes, listed: Listed) -> Joined:
    import pickle

    lacks = [f"{path} is not there, or is another file" for path in listed.missing()]
    try:
        wanted: Sequence[Need] = pickle.loads(needs)
        lacks += filter(None, (need.lacking() for need in wanted))
    except PynodesError as error:
        lacks.append(f"{error.what} ({error.where})" if error.where else error.what)
    boot = procfs.text(_BOOT) or os.uname().nodename
    return Joined(this_machine(), boot, os.getpid(), tuple(lacks))


async def retire(session: str, within_s: float, dask_worker: Worker) -> int:
    """End the hands of a session; how many are still busy when the time is over."""
    end = time.monotonic() + within_s
    while session in _busy.values() and time.monotonic() < end:
        await asyncio.sleep(0.05)
    with _lock:
        ended = [each for each in _idle if each.session == session]
        _idle[:] = [each for each in _idle if each.session != session]
        left = [*_busy.values()].count(session)
    for each in ended:
        await asyncio.to_thread(each.end, now=True)
    return left


async def set_resource(name: str, dask_worker: Any) -> None:
    """Let a worker do one task at a time of those that ask for a resource."""
    await dask_worker.set_resources(**{name: 1.0})
