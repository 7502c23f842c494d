"""What a thread waits for, by its system call and by the names on its stack."""

from __future__ import annotations

import re

from pynodes.contract.table import Attach, that
from pynodes.diagnose.evidence.frames import Frame
from pynodes.diagnose.evidence.threads import Wait, WaitKind
from pynodes.diagnose.look.threads import CallLook, ThreadLook
from pynodes.process.procfs import Call

# Functions of CPython in which a thread waits to be attached.
ATTACHING = that(Attach.ENSURES, Attach.RESTORES) | frozenset(
    {
        "take_gil",
        "_PyEval_AcquireLock",
        "PyEval_AcquireLock",
        "_PyThreadState_Attach",
        "tstate_wait_attach",
        "stop_the_world",
        "_PyEval_StopTheWorld",
        "_PyEval_StopTheWorldAll",
    }
)
HANGING = frozenset({"PyThread_hang_thread", "_PyThreadState_HangThread"})
_Kinds = tuple[tuple[WaitKind, re.Pattern[str]], ...]
_KINDS: _Kinds = (
    (
        "join",
        re.compile(r"pthread_(clock|timed|try)?join|thrd_join|thread4joinEv|std::thread::join"),
    ),
    ("barrier", re.compile(r"barrier_wait")),
    ("condition", re.compile(r"pthread_cond_(\w+)?wait|cnd_\w*wait|condition_variable")),
    ("semaphore", re.compile(r"sem_(\w+)?wait|new_sem_wait|do_futex_wait")),
    ("mutex", re.compile(r"mutex_(\w+)?lock|lll_lock_wait|mtx_lock|rwlock_\w+lock")),
)
# What a wait is called that nothing but others end; a limit shows in the name.
_UNTIMED = re.compile(
    r"(__|___)?(pthread_(join|cond_wait|mutex_lock|barrier_wait|rwlock_[rw][dr]lock)|sem_wait)(@|$)"
)
_SLEEP = re.compile(r"^_*(GI___)?((clock_)?nanosleep|usleep|sleep)$")
_POLL = re.compile(r"^_*(GI___)?p?poll$")
_CALLS: dict[WaitKind, tuple[str, ...]] = {
    "read": ("read", "recvfrom", "recvmsg", "accept", "accept4"),
    "write": ("write", "writev"),
    "sleep": ("nanosleep", "clock_nanosleep", "restart_syscall"),  # the last: _SLEEP
    "poll": ("poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait"),
    "process": ("wait4", "waitid"),
    "pause": ("pause", "rt_sigsuspend", "rt_sigtimedwait"),
    "file lock": ("flock", "fcntl"),
}
_CALL_KINDS = {call: kind for kind, calls in _CALLS.items() for call in calls}
# Where a thread that attaches may be; in pause for ever.
_SLEEPS = ("futex", "futex_waitv", "pause", "ppoll", "restart_syscall")
_YIELD = re.compile(r"_*(GI_+)?(sched_yield|pthread_yield|thrd_yield)(@|$)")
_MOST_NAMELESS = 4
_WAIT_BITSET = 9
_GIL_SIZE = 128  # of what a thread waits at: its condition and mutex


def wait_of(call: CallLook | None, frames: tuple[Frame, ...], tids: set[int]) -> Wait | None:
    """`tids`: the threads of the process. None: it does not wait, or for what is not known."""
    names = [frame.function for frame in frames[:10] if frame.origin == "system"]
    resumed = call is not None and call.name == "restart_syscall"  # after a look: a timed one
    if call is None or (resumed and not any(map(_SLEEP.match, names))):
        timed = resumed or not any(map(_UNTIMED.match, names))
        kinds: _Kinds = (*_KINDS, ("sleep", _SLEEP), *((("poll", _POLL),) if resumed else ()))
        kind = _named(names, kinds) or ("futex" if resumed else None)  # no other is resumed so
        return Wait(kind, timed) if kind is not None else None
    if call.name != "futex":
        kind = _CALL_KINDS.get(call.name)
        return Wait(kind, kind == "sleep", within=call.within) if kind else None
    found = _named(names, _KINDS) or "futex"
    if found == "futex" and call.args[1] & 127 == _WAIT_BITSET:
        # a libc without names: join waits while a word still holds the number of that thread
        found = "join" if call.word == call.args[2] and call.word in tids else found
    on = {"join": call.word, "mutex": call.owner}.get(found)
    return Wait(found, call.args[3] != 0, on if on in tids else None)


def _named(names: list[str], kinds: _Kinds) -> WaitKind | None:
    return next((kind for kind, p in kinds if any(map(p.search, names))), None)


def waits_at(call: CallLook | Call | None, gils: list[int]) -> bool:
    """Whether the word that a thread waits at is one of a GIL's own; `gils` are their addresses."""
    if call is None or call.name != "futex":
        return False
    return any(0 <= call.args[0] - gil < _GIL_SIZE for gil in gils)


def wants_to_attach(call: CallLook | None, frames: tuple[Frame, ...]) -> bool:
    """It sleeps in a function that attaches, whatever that waits for: the GIL, the end of a stop,
    the list of thread states."""
    if call is None:
        if not frames or frames[0].origin != "system":
            return False
    elif call.name not in _SLEEPS:
        return False
    nameless = named = 0
    for frame in frames:
        if frame.origin == "program" or frame.function in ATTACHING:
            return frame.function in ATTACHING
        if frame.origin == "python" and not frame.function:
            nameless += 1  # a stripped libpython: take_gil and its kin have no names
        elif frame.function in ("_PyEval_EvalFrameDefault", "_Py_HandlePending"):
            return 0 < nameless <= _MOST_NAMELESS and not named
        elif frame.origin == "python":
            named += 1
    return False


def spins(thread: ThreadLook, frames: tuple[Frame, ...]) -> bool:
    """It runs, and only looks again and again whether something has changed: it yields or pauses
    each time, or its stack and its registers are those of the look before."""
    names = [frame.function for frame in frames[:3] if frame.origin == "system"]
    names.append(thread.call.name if thread.call is not None else "")
    return any(map(_YIELD.match, names)) or bool(thread.spin) or thread.still
