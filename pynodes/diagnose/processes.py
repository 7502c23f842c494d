"""Processes as /proc shows them: who descends from whom, who sleeps, and how to end them all."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pynodes.errors import CannotStartError

PROC = Path("/proc")
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Task:
    """One thread at one moment: ticks of processor time, times it fell asleep, state."""

    ticks: int
    sleeps: int
    state: str


def adopt_orphans(on: bool = True) -> None:
    """Make processes whose parent ends children of this one, so that none is lost."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, int(on), 0, 0, 0)


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


def tasks(pid: int) -> dict[int, Task]:
    """The threads of a process; empty when it is gone."""
    found = {}
    with suppress(OSError):
        for path in (PROC / str(pid) / "task").iterdir():
            fields = _stat(path)
            if not fields:
                continue
            sleeps = 0
            with suppress(OSError, ValueError, IndexError):
                text = (path / "status").read_text(errors="replace")
                line = text.split("\nvoluntary_ctxt_switches:")[1].split("\n")[0]
                sleeps = int(line)
            ticks = int(fields[11]) + int(fields[12])
            found[int(path.name)] = Task(ticks, sleeps, fields[0])
    return found


def origin(pid: int) -> tuple[bool, list[int]]:
    """Whether a process was forked and has run no other program since; its parent's threads."""
    fields = _stat(PROC / str(pid))
    if not fields:
        return False, []
    parent = list(tasks(int(fields[1])))
    return bool(int(fields[6]) & _FORKED_NO_EXEC), parent


_FORKED_NO_EXEC = 0x40


def handles(pid: int, number: int) -> bool:
    """Whether a process has a handler for a signal, beside what the system does."""
    try:
        text = (PROC / str(pid) / "status").read_text(errors="replace")
        return bool(int(text.split("\nSigCgt:")[1].split()[0], 16) >> (number - 1) & 1)
    except (OSError, ValueError, IndexError):
        return False


def runs_python(pid: int) -> bool:
    """Whether a libpython, or a python program, is mapped; other programs may hold a static one."""
    try:
        with (PROC / str(pid) / "maps").open(encoding="utf-8", errors="replace") as lines:
            return any("/libpython" in line or "/bin/python" in line for line in lines)
    except OSError:
        return False


def may_run_python(pid: int, parent: int) -> bool:
    """Whether a process runs Python, or the program of its parent, as a child of fork does."""
    with suppress(OSError):
        if (PROC / str(pid) / "exe").samefile(PROC / str(parent) / "exe"):
            return True
    return runs_python(pid)


def check_readable(pid: int) -> None:
    """Raises CannotStartError when a process is not there, or not for this user to look at."""
    facts = {}
    with suppress(OSError):
        text = (PROC / str(pid) / "status").read_text(errors="replace")
        facts = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
    if pid <= 0 or not facts or facts["Tgid"] != str(pid):
        raise CannotStartError(f"there is no process {pid}", mend="`ps -e` lists them")
    if facts["State"][0] in "ZX":
        raise CannotStartError(f"process {pid} has ended; its parent has not taken note of it yet")
    if facts.get("TracerPid", "0") != "0":
        raise CannotStartError(
            f"process {pid} is looked at by process {facts['TracerPid']} already",
            mend="end that debugger first",
        )
    try:
        (PROC / str(pid) / "exe").readlink()
    except PermissionError:
        owner = facts["Uid"].split()[0]
        whose = "" if owner == str(os.geteuid()) else f": it belongs to user {owner}"
        raise CannotStartError(
            f"process {pid} may not be looked at{whose}",
            mend="do it as that user or as root" if whose else "do it as root",
        ) from None
    except OSError:
        raise CannotStartError(f"process {pid} is one of the kernel's own") from None


def waits_for_lock(pid: int, tid: int) -> bool | None:
    """Whether a thread is in futex(2), or is kept for ever; None where that may not be seen."""
    try:
        return (PROC / str(pid) / "task" / str(tid) / "syscall").read_text().split()[0] in _LOCKED
    except (OSError, IndexError):
        return None


# futex, pause
_LOCKED = {"x86_64": {"202", "34"}, "aarch64": {"98", "73"}}.get(os.uname().machine, {"240", "29"})


def end_all(others: set[int], unreaped: int = 0) -> None:
    """Kill what descends from this process, but for `others`, and reap it, but for `unreaped`."""
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        alive = [pid for pid in children_of(os.getpid()) if pid not in others and is_alive(pid)]
        if not alive:
            return
        for pid in alive:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in alive:
            if pid != unreaped:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
        time.sleep(0.005)  # and look again: one may have forked just before it was killed


def is_alive(pid: int) -> bool:
    fields = _stat(PROC / str(pid))
    return bool(fields) and fields[0] not in "ZX"


def is_stopped(pid: int) -> bool:
    fields = _stat(PROC / str(pid))
    return bool(fields) and fields[0] in "Tt"


def _stat(path: Path) -> list[str]:
    """The fields of `stat` after the name: state first."""
    try:
        return (path / "stat").read_text(errors="replace").rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []
