"""The system calls that threads wait in, by machine and number. gdb's own Python reads it too."""

from __future__ import annotations

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
