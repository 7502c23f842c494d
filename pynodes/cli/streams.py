"""The streams of the command line: what fails on them takes no work with it.

A reader that went away, a full disk or a closed stream must not end a render, a sweep or a deletion
in the middle. What cannot be written is dropped, and said once, at the end.
"""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

EXIT_NO_READER = 141  # as a shell says of what SIGPIPE ended


class Stream(io.FileIO):
    """A descriptor to write to, which takes nothing more after a failure; never raises for it."""

    failure: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        while self.failure is None:
            try:
                written = super().write(data)
            except OSError as error:
                self.failure = error
                break
            if written is not None:
                return written
            select.select([], [self], [])  # it does not block, and is full
        return memoryview(data).nbytes


def guard() -> Stream | None:
    """Put safe streams in place of this process's own; those of a test stay.

    Descriptors 0 to 2 that are closed are opened, so that no file of ours gets their numbers. What
    is written to a closed stdout fails, as it should; what is for a closed stderr is lost.

    Returns:
        That of stdout.
    """
    if sys.stdout is not sys.__stdout__ or sys.stderr is not sys.__stderr__:
        return None
    _open_closed()
    out, err = Stream(1, "wb", closefd=False), Stream(2, "wb", closefd=False)
    sys.stdout = _text(out, sys.stdout)
    sys.stderr = _text(err, sys.stderr)
    return out


def _open_closed() -> None:
    for fd, how in enumerate((os.O_RDONLY, os.O_RDONLY, os.O_WRONLY)):
        try:
            os.fstat(fd)
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            os.open(os.devnull, how)  # the lowest free number is fd; programs find it closed still


def _text(stream: Stream, old: io.TextIOBase | None) -> io.TextIOWrapper:
    """What no encoding has becomes an escape."""
    if old is not None:
        old.flush()
    encoding = getattr(old, "encoding", None) or "utf-8"
    return io.TextIOWrapper(
        io.BufferedWriter(stream),
        encoding,
        "backslashreplace",
        line_buffering=getattr(old, "line_buffering", True),
        write_through=True,
    )
