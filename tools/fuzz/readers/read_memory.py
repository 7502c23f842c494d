"""The memory of a process, in which CPython's own state is looked for."""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

from pynodes.diagnose.collect.maps import maps_of
from pynodes.diagnose.collect.python_state import UnreadableError, read_python
from pynodes.diagnose.evidence.assemble import evidence_of
from pynodes.diagnose.look.form import to_json
from pynodes.diagnose.look.look import Collector, Look
from pynodes.process import procfs

Read = Callable[[int, int], bytes]
_HEAD = struct.Struct("<QQ")
_BLOCK = struct.Struct("<QI")
_PAGE = 4096


def seeds(folder: Path) -> Sequence[bytes]:
    """The pages of this process that are read: its Python is one that runs."""
    maps = maps_of(os.getpid())
    found = maps.symbol("_PyRuntime")
    assert found is not None, "this Python has no symbols"
    runtime, where = found
    version = maps.constant(where, "Py_Version") or 0
    pages: dict[int, bytes] = {}
    file = os.open("/proc/self/mem", os.O_RDONLY)

    def page(at: int) -> bytes:
        try:
            return os.pread(file, _PAGE, at)
        except (OSError, OverflowError):
            return b""

    read_python(_reader(pages, page), runtime, version, where, procfs.tids_of(os.getpid()))
    os.close(file)
    whole = _HEAD.pack(runtime, version)
    for at, data in pages.items():
        whole += _BLOCK.pack(at, len(data)) + data
    return [whole]


def mutate(data: bytes, dice: Random) -> bytes:
    """Words become zero, odd, or addresses of other things."""
    changed = bytearray(data)
    words = len(data) // 8
    known = [struct.unpack_from("<Q", data, 8 * dice.randrange(words))[0] for _ in range(16)]
    for _ in range(dice.choice((1, 4, 30, 400))):
        at = min(_HEAD.size + 4 * dice.randrange(2 * words), len(data) - 8)
        word = dice.choice((*known, 0, 1, 1 << 31, 1 << 63, (1 << 64) - 1, dice.getrandbits(64)))
        struct.pack_into("<Q", changed, at, word)
    return bytes(changed)


def read(data: bytes, folder: Path) -> None:
    """As the collector without gdb does; what comes of it is evidence."""
    runtime, version = _HEAD.unpack_from(data)
    pages: dict[int, bytes] = {}
    at = _HEAD.size
    while at + _BLOCK.size <= len(data):
        address, size = _BLOCK.unpack_from(data, at)
        pages[address] = data[at + _BLOCK.size : at + _BLOCK.size + size]
        at += _BLOCK.size + size
    for known in (version, 0x030B07F0, 0x030C01F0, 0x030D00F0, 0x030E00F0):
        try:
            python = read_python(_reader(pages, lambda at: b""), runtime, known, "", (1, 2))
        except UnreadableError:
            continue
        look = Look(Collector("", ""), 1, lost=(), threads=(), python=python, places={})
        json.dumps(to_json(look))
        evidence_of(look)


def _reader(pages: dict[int, bytes], missing: Callable[[int], bytes]) -> Read:
    """A `read` over pages, which are fetched when they are missing."""

    def page(at: int) -> bytes:
        if at not in pages:
            pages[at] = missing(at)
        return pages[at]

    def read(address: int, size: int) -> bytes:
        data = b""
        if not 0 <= size <= 1 << 24 or not 0 <= address < 1 << 64:
            raise UnreadableError(f"no memory at {address:#x}")
        while len(data) < size:
            at = address + len(data)
            block = page(at - at % _PAGE)[at % _PAGE :]
            if not block:
                raise UnreadableError(f"no memory at {address:#x}")
            data += block
        return data[:size]

    return read
