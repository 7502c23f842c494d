"""Processes and threads as /proc shows them. What is gone, or not for this user, reads as empty."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from pynodes.process.syscalls import NAMES

PROC = Path("/proc")
_FORKED_NO_EXEC = 0x40
CALLS = NAMES.get(os.uname().machine, {})


class Task(NamedTuple):
    """One thread at one moment.

    `cpu_s` is what it ran so far, `sleeps` how often it fell asleep, `taken_off` how often it had
    to leave a core with work left to do, or yielded; `state` is a letter, as in `ps`.
    """

    cpu_s: float
    sleeps: int
    taken_off: int
    state: str


class Call(NamedTuple):
    """The system call that a thread is in; of an unknown one the number is the name."""

    name: str
    args: tuple[int, ...]


def text(path: Path) -> str:
    """All of a file, without the newline at its end."""
    try:
        return path.read_text(errors="replace").rstrip("\n")
    except OSError:
        return ""


def names(path: Path) -> str:
    """All of a file that holds names of files, which may be of any bytes."""
    try:
        return os.fsdecode(path.read_bytes())
    except OSError:
        return ""


def link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def tids_of(pid: int) -> list[int]:
    """The threads of a process."""
    with suppress(OSError):
        return sorted(int(path.name) for path in (PROC / f"{pid}/task").iterdir())
    return []


def tasks_of(pid: int) -> dict[int, Task]:
    """The threads of a process, also one that has ended and was not waited for."""
    found = {}
    for tid in tids_of(pid):
        path = PROC / f"{pid}/task/{tid}"
        fields = _stat(path)
        if fields:
            sleeps, taken_off = _switches(path)
            found[tid] = Task(_cpu_s(path, fields), sleeps, taken_off, fields[0])
    return found


def has_call(name: str) -> bool:
    """Whether this machine has that system call, and its number is known."""
    return name in CALLS.values()


def call_of(pid: int, tid: int) -> Call | None:
    """What a thread waits in; the name is `running` for one that does not, None is not known."""
    words = text(PROC / f"{pid}/task/{tid}/syscall").split()
    if not words:
        return None
    if len(words) < 7 or not words[0].isdigit():
        return Call(words[0], ())
    number = int(words[0])
    return Call(CALLS.get(number, words[0]), tuple(int(word, 16) for word in words[1:7]))


def children_of(pid: int) -> Iterator[int]:
    """All processes below one, nearest first."""
    below: dict[int, list[int]] = {}
    for path in PROC.iterdir():
        if path.name.isdigit():
            fields = _stat(path)
            if fields and fields[0] != "Z":
                below.setdefault(int(fields[1]), []).append(int(path.name))
    ahead = list(below.get(pid, ()))
    while ahead:
        child = ahead.pop(0)
        yield child
        ahead += below.get(child, ())


def is_alive(pid: int) -> bool:
    fields = _stat(PROC / str(pid))
    return bool(fields) and fields[0] not in "ZX"


def is_stopped(pid: int) -> bool:
    fields = _stat(PROC / str(pid))
    return bool(fields) and fields[0] in "Tt"


def start_of(pid: int) -> int:
    """When a process began, in the system's ticks; 0 when it is gone."""
    fields = _stat(PROC / str(pid))
    return int(fields[19]) if fields else 0


def origin_of(pid: int) -> tuple[bool | None, list[int]]:
    """Whether a process was forked and has run no other program since; its parent's threads.

    None: it is not known of one that has gone.
    """
    fields = _stat(PROC / str(pid))
    if not fields:
        return None, []
    return bool(int(fields[6]) & _FORKED_NO_EXEC), tids_of(int(fields[1]))


def status_of(pid: int) -> dict[str, str]:
    """What `status` says, by name."""
    lines = text(PROC / f"{pid}/status").split("\n")  # a name may hold what else ends a line
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def handles(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal, besides what the system does."""
    return bool(int(status_of(pid).get("SigCgt", "0"), 16) >> (number - 1) & 1)


def may_run_python(pid: int, parent: int) -> bool:
    """Whether a process runs Python, or the program of its parent, as a child of fork does.

    A libpython, or a python program, is mapped; other programs may hold a static one.
    """
    with suppress(OSError):
        if (PROC / f"{pid}/exe").samefile(PROC / f"{parent}/exe"):
            return True
    return maps_python(pid)


def maps_python(pid: int) -> bool:
    """Whether a process has a libpython mapped, or is a python."""
    maps = text(PROC / f"{pid}/maps")
    return "/libpython" in maps or "/bin/python" in maps


def command_of(pid: int) -> list[str]:
    """The words that a process was started with."""
    return [word for word in text(PROC / f"{pid}/cmdline").split("\0") if word]


def marked(entry: str) -> Iterator[int]:
    """Processes that have `NAME=VALUE` in their environment, which children inherit."""
    for path in PROC.glob("[0-9]*/environ"):
        with suppress(OSError):
            if entry.encode() in path.read_bytes().split(b"\0"):
                yield int(path.parent.name)


def _stat(path: Path) -> list[str]:
    """The fields of `stat` after the name: state first."""
    return text(path / "stat").rpartition(")")[2].split()


def _cpu_s(path: Path, fields: list[str]) -> float:
    with suppress(ValueError, IndexError):
        return int(text(path / "schedstat").split()[0]) / 1e9
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _switches(path: Path) -> tuple[int, int]:
    """How often a thread fell asleep, and was taken off its core."""
    with suppress(ValueError, IndexError):
        words = text(path / "status").rpartition("\nvoluntary_ctxt_switches:")[2].split()
        return int(words[0]), int(words[2])
    return 0, 0
