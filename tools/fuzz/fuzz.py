#!/usr/bin/env python3
"""Give one reader of the package damaged and hostile inputs; all it may raise is for a person.

    python3 tools/fuzz/fuzz.py READER [--for SECONDS | --inputs N] [--seed N] [--from N]
        [--finds FOLDER] [--readers FOLDER]
    python3 tools/fuzz/fuzz.py READER --input FILE

A READER is a file read_READER.py of tools/fuzz/readers, or of the FOLDER given: `seeds` makes whole
inputs, `mutate` damages them (without one of its own: damage.py's), `read` does what the package
does with such an input. A find is any exception but `PynodesError`, a death of the process, more
than LIMIT_S of processor time, and more than MEMORY_MIB of memory; damaging an input is within the
same limits, and an empty input of a find says that it did not end. Finds are kept once per place:
the input, and a text with the traceback and the command that tries it again. Input number N of a
seed is always the same damage. Standard library, and the package with what it needs.

Exit status: 0 no find; 1 finds; 2 usage; 130 interrupted.
"""

from __future__ import annotations

import argparse
import faulthandler
import hashlib
import importlib
import mmap
import os
import resource
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import FrameType
from typing import NoReturn, Protocol, cast

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT)]  # damage, pynodes

from damage import damaged

from pynodes.errors import PynodesError

LIMIT_S = 5.0
MEMORY_MIB = 2048
_WAIT_S = 600.0  # of the clock on the wall: for what sleeps, however busy the machine is
READERS = Path(__file__).resolve().parent / "readers"


class Reader(Protocol):
    """What a file of `readers` has. `mutate` may be left out."""

    def seeds(self, folder: Path) -> Sequence[bytes]:
        """Whole inputs, made in an empty folder."""

    def mutate(self, data: bytes, dice: Random) -> bytes:
        """A damaged one, by the dice alone."""

    def read(self, data: bytes, folder: Path) -> None:
        """Read an input as the package does; the folder is for files, and the same each time."""


class TooLongError(BaseException):
    """An input took more than LIMIT_S of processor time."""


@dataclass(frozen=True, slots=True)
class Find:
    """What went wrong with an input; `place` is the same for finds that have one cause."""

    number: int
    place: str
    text: str
    data: bytes = b""


class Finds:
    """A folder of finds, one a place."""

    def __init__(self, folder: Path, again: str) -> None:
        self._folder = folder
        self._again = again

    def add(self, find: Find) -> None:
        name = hashlib.sha256(find.place.encode()).hexdigest()[:12]
        self._folder.mkdir(parents=True, exist_ok=True)
        if (self._folder / f"{name}.txt").exists():
            return
        at = self._folder / f"{name}.input"
        at.write_bytes(find.data)
        said = f"{find.place}\ninput {find.number}; again: {self._again} --input {at}\n\n"
        (self._folder / f"{name}.txt").write_text(said + find.text, errors="backslashreplace")

    def all(self) -> list[Path]:
        return sorted(self._folder.glob("*.txt"))


class Run:
    """One reader with its seeds, and the inputs that follow from a number.

    A process that dies leaves its stack in `last_words`, and what it read beside it.
    """

    def __init__(self, name: str, seed: int, folder: Path) -> None:
        self.last_words = (folder / "last-words").open("w+b")
        self._reader = cast("Reader", importlib.import_module(f"read_{name}"))
        self._mutate = getattr(self._reader, "mutate", damaged)
        self._seed = seed
        self._folder = folder / "input"
        self._last_input = folder / "last-input"
        made = folder / "seeds"
        made.mkdir()
        self._folder.mkdir()
        self._seeds = self._reader.seeds(made)

    def input(self, number: int) -> bytes:
        """The seeds come first, as they are: a reader that refuses them finds nothing."""
        if number < len(self._seeds):
            return self._seeds[number]
        dice = Random(f"{self._seed}/{number}")
        return cast("bytes", self._mutate(dice.choice(self._seeds), dice))

    def attempt(self, number: int, given: bytes | None = None) -> Find | None:
        """Make one input, unless it is given, and read it, within the limits of this process."""
        data = b""
        self._last_input.write_bytes(data)
        try:
            with self._limited():
                data = self.input(number) if given is None else given
                self._last_input.write_bytes(data)
                self._reader.read(data, self._folder)
        except PynodesError as error:
            if number < len(self._seeds):
                return Find(number, f"a whole input is refused: {error.what}", error.where, data)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return Find(number, _place(error), traceback.format_exc(), data)
        return None

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Raise `TooLongError` after LIMIT_S of processor time; end the process after _WAIT_S."""
        signal.signal(signal.SIGPROF, _too_long)
        signal.setitimer(signal.ITIMER_PROF, LIMIT_S)
        faulthandler.dump_traceback_later(_WAIT_S, exit=True, file=self.last_words)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.cancel_dump_traceback_later()

    def death(self, number: int, status: int) -> Find:
        """What a process that died at an input has left."""
        self.last_words.seek(0)
        text = self.last_words.read().decode("utf-8", "replace")
        self.last_words.truncate(0)
        own = [line.strip() for line in text.splitlines() if "/pynodes/" in line]
        at = own[0].rpartition("/")[2] if own else "a place that is not known"
        place = f"the process died with {status} at {at}"
        return Find(number, place, text, self._last_input.read_bytes())


def _too_long(number: int, frame: FrameType | None) -> NoReturn:
    raise TooLongError


def _place(error: BaseException) -> str:
    """The kind of the exception, and the innermost line of the package on its way."""
    found = traceback.extract_tb(error.__traceback__)
    frames = [each for each in found if each.name != _too_long.__name__]
    own = [each for each in frames if "pynodes" in Path(each.filename).parts] or frames
    at = own[-1]
    return f"{type(error).__name__} at {Path(at.filename).name}:{at.lineno} {at.name}"


def _work(run: Run, first: int, end: int, until: float, finds: Finds, done: mmap.mmap) -> None:
    """In a process of its own: read inputs from `first` on. `done` says how far it is."""
    limit = MEMORY_MIB << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    faulthandler.enable(run.last_words)
    for number in range(first, end):
        struct.pack_into("q", done, 0, number)
        if time.monotonic() > until:
            return
        if (find := run.attempt(number)) is not None:
            finds.add(find)
    struct.pack_into("q", done, 0, end)


def fuzz(run: Run, first: int, end: int, seconds: float, finds: Finds) -> int:
    """Read inputs until the time or the numbers are over; how many were read."""
    until = time.monotonic() + seconds
    done = mmap.mmap(-1, 8)
    at = first
    while at < end and time.monotonic() < until:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                _work(run, at, end, until, finds, done)
                code = 0
            except KeyboardInterrupt:
                code = 130
            finally:
                os._exit(code)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        (at,) = struct.unpack_from("q", done, 0)
        if status == 130:
            raise KeyboardInterrupt
        if status:
            finds.add(run.death(at, status))
            at += 1
    return int(at) - first


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz one reader of the package.")
    parser.add_argument("reader")
    parser.add_argument("--for", dest="seconds", type=float, default=1e9, metavar="SECONDS")
    parser.add_argument("--inputs", type=int, default=1 << 60, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="N")
    parser.add_argument("--input", type=Path, metavar="FILE", help="try this one, and no other")
    parser.add_argument("--finds", type=Path, metavar="FOLDER")
    parser.add_argument("--readers", type=Path, metavar="FOLDER", default=READERS)
    given = parser.parse_args()
    known = sorted(path.stem.removeprefix("read_") for path in given.readers.glob("read_*.py"))
    if given.reader not in known:
        parser.error(f"there is no reader {given.reader!r}; there are {', '.join(known)}")
    sys.path.append(str(given.readers.resolve()))
    folder = given.finds or ROOT / "build" / "fuzz" / given.reader
    finds = Finds(folder, f"python3 tools/fuzz/fuzz.py {given.reader}")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as made:
        run = Run(given.reader, given.seed, Path(made))
        if given.input is not None:
            find = run.attempt(1 << 60, given.input.read_bytes())
            print(f"{find.place}\n{find.text}" if find else "no find")
            return 1 if find else 0
        try:
            end = given.first + given.inputs
            count = fuzz(run, given.first, end, given.seconds, finds)
        except KeyboardInterrupt:
            return 130
    found = finds.all()
    print(f"{given.reader}: {count} inputs, {len(found)} finds")
    for path in found:
        print(f"  {path}: {path.read_text().splitlines()[0]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
