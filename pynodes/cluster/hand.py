"""The process that does errands for a worker, one after the other.

A process of its own, so that errands are done as they are at home: in the main thread, with the
signals of a process, away from what the worker itself does. It ends with the pipe that orders come
through, and hosts end with it. SIGTERM ends the errand in hand.

Messages are pickles with their length in front, both ways.
"""

from __future__ import annotations

import os
import pickle
import queue
import shutil
import signal
import struct
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

from pynodes.cluster.luggage import Listed
from pynodes.errands.errand import Bench
from pynodes.errands.travel import packed, relocated
from pynodes.failures import explained
from pynodes.host.listener import Listener
from pynodes.process.scratch import scratch

IDLE_S = 60.0
_LENGTH = struct.Struct("=Q")


class Order(NamedTuple):
    """An errand, as a pickle, and where its files are."""

    errand: bytes
    listed: Listed
    root: Path


class Answer(NamedTuple):
    """What came of it: a result with the files that it kept, or an error.

    `there` is the folder that paths in the result start from. An error is the arguments of
    `PynodesError`, with its exit code.
    """

    result: Any = None
    there: str = ""
    kept: dict[str, bytes] = {}  # noqa: RUF012 - nobody changes it
    error: tuple[str, str, str, str, int] | None = None
    is_cancelled: bool = False


def send(file: IO[bytes], value: Any) -> None:
    """Raises `OSError`."""
    data = pickle.dumps(value)
    file.write(_LENGTH.pack(len(data)))
    file.write(data)
    file.flush()


def receive(file: IO[bytes]) -> Any:
    """Raises `EOFError` at the end."""
    (size,) = _LENGTH.unpack(_exactly(file, _LENGTH.size))
    return pickle.loads(_exactly(file, size))


def main() -> None:
    """Do what comes through stdin; answers go to what was stdout."""
    orders_fd, answers_fd = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
    with os.fdopen(orders_fd, "rb") as given, os.fdopen(answers_fd, "wb") as answers:
        threading.Thread(target=_listen, args=(given, orders), daemon=True).start()
        with scratch(Path(sys.argv[1])) as folder:
            bench = _bench(folder)
            while True:
                try:
                    order = orders.get(timeout=IDLE_S)
                except queue.Empty:
                    break
                if order is None:
                    break
                answer = _done(order, bench)
                try:
                    send(answers, answer)
                except OSError:
                    break
                if answer.is_cancelled:
                    break
    os._exit(0)  # the thread may be in the middle of a read


def _listen(given: IO[bytes], orders: queue.SimpleQueue[Order | None]) -> None:
    """Whoever gave the orders is gone with their pipe: what is in hand is in vain."""
    try:
        while True:
            orders.put(receive(given))
    except (EOFError, OSError):
        orders.put(None)
        os.kill(os.getpid(), signal.SIGTERM)


def _bench(folder: Path) -> Bench:
    kept, needed = folder / "kept", folder / "scratch"
    kept.mkdir()
    needed.mkdir()
    return Bench(kept, needed, Listener())


def _done(order: Order, bench: Bench) -> Answer:
    bench.located = lambda path: order.listed.located(path, order.root)
    try:
        with suppress(OSError):  # then nothing that is named from there can be meant
            os.chdir(order.listed.cwd)
        errand = pickle.loads(order.errand)
        result = errand.do(bench)
        if os.fspath(order.root) != order.listed.root:
            result = relocated(result, {os.fspath(order.root): order.listed.root})
        return Answer(result, os.fspath(bench.folder), packed(bench.folder))
    except Exception as error:
        found = explained(error)
        return Answer(error=(found.what, found.where, found.help, found.detail, found.exit_code))
    except KeyboardInterrupt:
        return Answer(is_cancelled=True)
    finally:
        for path in bench.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise EOFError
    return data


if __name__ == "__main__":
    main()
