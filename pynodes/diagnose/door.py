"""The notes for processes of the program that run as another user.

These may not open what belongs to this one. They ask at a socket that anybody may connect to, and
get the file when they descend from here.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pynodes.diagnose.collect.notes import Notes
from pynodes.process.family import Family


@contextmanager
def door(notes: Notes, family: Family) -> Iterator[str]:
    """Its name, for the witness; empty where the system has no such sockets."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as listener:
        name = f"pynodes-{os.urandom(8).hex()}"
        try:
            listener.bind(f"\0{name}")  # in no folder: it goes with this process
            listener.listen(64)
        except OSError:
            yield ""
            return
        keeper = threading.Thread(target=_keep, args=(listener, notes, family), daemon=True)
        keeper.start()
        try:
            yield name
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)  # ends the wait for the next one
            keeper.join()


def _keep(listener: socket.socket, notes: Notes, family: Family) -> None:
    while True:
        try:
            visitor, _ = listener.accept()
        except OSError:
            return
        with visitor, suppress(OSError):
            size = struct.calcsize("3i")
            who = visitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
            if family.has(struct.unpack("3i", who)[0]):
                socket.send_fds(visitor, [b"."], [notes.file])
