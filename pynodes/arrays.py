"""NumPy, loaded when it is first asked for: with one thread, and only where there is room.

    from pynodes.arrays import np     # inside the function that needs it

Its linear algebra takes memory for every core as it is loaded, and ends the whole process where it
gets none. Nothing here computes with more than one thread. The environment of programs that are
started later stays as it was.

Raises on import:
    ImportError: NumPy is not installed.
    MemoryError: there is no room for it.
"""

from __future__ import annotations

import mmap
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["np"]

_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
)
_ROOM_BYTES = 96 << 20  # of addresses; NumPy 2 with OpenBLAS and one thread takes 81 MiB


@contextmanager
def _one_thread() -> Iterator[None]:
    added = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _check_room() -> None:
    if resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
        return
    try:
        mmap.mmap(-1, _ROOM_BYTES).close()
    except OSError:
        raise MemoryError("there is no room to load NumPy") from None


_check_room()
with _one_thread():
    import numpy as np
