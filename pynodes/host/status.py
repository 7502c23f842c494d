"""The status page: what each render thread had in hand, readable after the host died."""

import struct
from pathlib import Path
from typing import NamedTuple

from pynodes import files

MAGIC = b"PNSTAT1\0"
_HEADER = struct.Struct("=8sII48x")
_MAX_BYTES = 1 << 20
_SLOT = struct.Struct("=6iQ32x")


class Slot(NamedTuple):
    """One render thread at work; `node` is an index into the scene event's names, -1 for none.

    `sample` is -1 in a call for a whole batch.
    """

    thread: int
    tile: int
    node: int
    x: int
    y: int
    sample: int
    frame: int
    calls: int


def read_status(path: Path) -> tuple[Slot, ...]:
    """Slots of the threads that have a tile; nothing when the page is missing or damaged."""
    try:
        data = files.read(path, _MAX_BYTES)
    except OSError:
        return ()
    if len(data) < _HEADER.size:
        return ()
    magic, n_threads, slot_bytes = _HEADER.unpack_from(data)
    if magic != MAGIC or slot_bytes < _SLOT.size:
        return ()
    there = min(n_threads, (len(data) - _HEADER.size) // slot_bytes)
    places = (_HEADER.size + thread * slot_bytes for thread in range(there))
    slots = (Slot(thread, *_SLOT.unpack_from(data, at)) for thread, at in enumerate(places))
    return tuple(slot for slot in slots if slot.tile >= 0)
