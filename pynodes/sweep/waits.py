"""Who waited for Python in a command, and how long: `witness/waits.c` is preloaded into it."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pynodes import files
from pynodes.process import launched

NAME = "libpynodes-waits.so"
_MAGIC = b"pnwaits1"
_HEAD = struct.Struct("=8sII")
_THREAD = struct.Struct("=IIQQQ16s")  # pid, tid, times, wait_ns, longest_ns, name
_LARGEST = 16 << 20


class ThreadWaits(NamedTuple):
    """One thread that attached: how often, how long it waited in all, and at the longest."""

    pid: int
    tid: int
    name: str
    times: int
    wait_s: float
    longest_s: float


def find() -> Path | None:
    """The library: it lies beside the launcher."""
    launcher = launched.find()
    if launcher is None:
        return None
    library = launcher.with_name(NAME)
    return library if library.is_file() else None


def environment(library: Path, place: Path) -> dict[str, str]:
    """That of a command which notes its waits in a file, which is made anew. Raises `OSError`."""
    place.write_bytes(b"")
    before = os.environ.get("LD_PRELOAD", "")
    preload = f"{library}:{before}" if before else str(library)
    return {**os.environ, "LD_PRELOAD": preload, "PYNODES_WAITS": os.fspath(place)}


def read(place: Path) -> list[ThreadWaits]:
    """The threads that attached; none where no Python was seen, or the file is not as it should
    be, for the command may have written anything into it."""
    try:
        data = files.read(place, _LARGEST)
    except OSError:
        return []
    if len(data) < _HEAD.size:
        return []
    magic, used, slots = _HEAD.unpack_from(data)
    if magic != _MAGIC:
        return []
    return list(_threads(data, min(used, slots, (len(data) - _HEAD.size) // _THREAD.size)))


def _threads(data: bytes, count: int) -> Iterator[ThreadWaits]:
    for number in range(count):
        at = _HEAD.size + number * _THREAD.size
        pid, tid, times, wait_ns, longest_ns, name = _THREAD.unpack_from(data, at)
        if times:
            text = name.partition(b"\0")[0].decode(errors="replace")
            yield ThreadWaits(pid, tid, text, times, wait_ns / 1e9, longest_ns / 1e9)


def figures(threads: list[ThreadWaits]) -> dict[str, Any]:
    """What a record keeps of it, in the names that records of renders have; nothing for none."""
    if not threads:
        return {}
    return {
        "waits": sum(each.times for each in threads),
        "wait_s": sum(each.wait_s for each in threads),
        "wait_max_s": max(each.longest_s for each in threads),
        "per_thread": [
            {"thread": number, "waits": each.times, "wait_s": each.wait_s}
            for number, each in enumerate(threads)
        ],
        "thread_names": [each.name for each in threads],
    }
