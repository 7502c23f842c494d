"""What a render will take, as far as it is known before anything is started."""

from __future__ import annotations

from typing import NamedTuple

from pynodes.machine import usable_cores
from pynodes.model.job import Job
from pynodes.options.engines import engine_of

_MIB = 1 << 20
# Peaks of CPython 3.13 on x86-64, in MiB: of a host, and of the command (with NumPy); and arrays of
# a band of rows that the command holds while it makes a picture.
_HOST, _COMMAND = 12, 35
_BAND_ARRAYS, _BAND = 4, 16


class Foreseen(NamedTuple):
    """`engine` is None when that is chosen once the scene is loaded; `why` it is that one."""

    threads: int
    engine: str | None
    why: str
    memory_bytes: int


def foresee(job: Job) -> Foreseen:
    """Meshes, and what nodes load, are not in it."""
    threads = job.threads or usable_cores()
    engine: str | None = job.engine
    why = "asked for"
    if engine == "auto":
        engine, why = (
            ("shared", "one thread") if threads == 1 else (None, "chosen when the scene is loaded")
        )
    picture = job.image_bytes
    fixed = _COMMAND + _HOST + threads * engine_of(engine or "isolated").memory_mib
    converting = _BAND_ARRAYS * min(picture, _BAND * _MIB) + picture // 4
    return Foreseen(threads, engine, why, fixed * _MIB + picture + converting)
