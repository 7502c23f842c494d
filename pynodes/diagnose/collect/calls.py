"""What a system call waits for, as every collector looks at it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from pynodes.diagnose.collect.python_state import MemoryReader, UnreadableError
from pynodes.diagnose.look.threads import CallLook


def call_look(pid: int, name: str, args: Sequence[int], reader: MemoryReader | None) -> CallLook:
    """A call with its six arguments. `reader`: of the process, where its memory may be read."""
    a, b, c, d, e, f = args
    call = CallLook(name, (a, b, c, d, e, f))
    if name == "futex" and reader is not None:
        with suppress(UnreadableError):
            return replace(call, word=reader.u32(a), owner=reader.u32(a + 8))
    if name in ("read", "write"):
        return replace(call, within=_is_within(f"/proc/{pid}/fd", a))
    return call


def _is_within(folder: str, descriptor: int) -> bool:
    """Whether a pipe has an end in this same process besides this one."""
    try:
        links = {name: os.readlink(f"{folder}/{name}") for name in os.listdir(folder)}  # noqa: PTH115, PTH208
    except OSError:
        return False
    link = links.pop(str(descriptor), "")
    if link == "anon_inode:[eventfd]":
        return True  # for threads, nearly always
    return link.startswith("pipe:") and link in links.values()
