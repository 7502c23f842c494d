"""The system calls that threads wait in: their numbers by machine, and what a wait is for.

Imports nothing of the package: gdb's own Python, which may be old, loads this as a plain module.
"""

from __future__ import annotations

import os
from typing import Any

_X86_64 = {
    0: "read",
    1: "write",
    7: "poll",
    20: "writev",
    23: "select",
    24: "sched_yield",
    34: "pause",
    35: "nanosleep",
    43: "accept",
    45: "recvfrom",
    47: "recvmsg",
    61: "wait4",
    72: "fcntl",
    73: "flock",
    128: "rt_sigtimedwait",
    130: "rt_sigsuspend",
    202: "futex",
    219: "restart_syscall",
    230: "clock_nanosleep",
    232: "epoll_wait",
    247: "waitid",
    270: "pselect6",
    271: "ppoll",
    281: "epoll_pwait",
    288: "accept4",
    449: "futex_waitv",
}
# The generic numbers of newer machines, where pause() is a ppoll with nothing to wait for.
_GENERIC = {
    22: "epoll_pwait",
    25: "fcntl",
    32: "flock",
    63: "read",
    64: "write",
    66: "writev",
    72: "pselect6",
    73: "ppoll",
    95: "waitid",
    98: "futex",
    101: "nanosleep",
    115: "clock_nanosleep",
    124: "sched_yield",
    128: "restart_syscall",
    133: "rt_sigsuspend",
    137: "rt_sigtimedwait",
    202: "accept",
    207: "recvfrom",
    212: "recvmsg",
    242: "accept4",
    260: "wait4",
    449: "futex_waitv",
}

NAMES = {"x86_64": _X86_64, "aarch64": _GENERIC, "riscv64": _GENERIC}


def described(pid: int, name: str, args: list[int], words: dict[str, int]) -> dict[str, Any]:
    """A call as evidence has it. `words`: what lies at a futex, where that can be read."""
    call: dict[str, Any] = {"name": name, "args": args}
    if name == "futex":
        call.update(words)
    elif name in ("read", "write"):
        call["within"] = _is_within(f"/proc/{pid}/fd", args[0])
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
