"""An attached thread joins, waits for a condition, a semaphore, a barrier or a lock, with a limit
or without, spins, or reads or writes a pipe of its own process, and the threads it needs wait to
attach.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Finding, Findings, finding
from pynodes.diagnose.rules._holding import attached_function, left_open, line_to_change
from pynodes.diagnose.rules._stuck import IDLE_MS, kept_ms, nobody_else_moves, rivals, row_of
from pynodes.diagnose.rules._words import help_to_detach, is_called_by_fork

NAPS = 3  # sleeps within the time that was watched: a loop, not one long sleep
KEPT_MS = 1000  # a wait that ends by itself, or computes, and nobody else got Python meanwhile

_WORDS = {
    "join": "for another thread to end",
    "barrier": "at a barrier",
    "condition": "for a condition",
    "semaphore": "for a semaphore",
    "mutex": "for a lock",
    "futex": "for a lock",
    "write": "to write into a full pipe",
    "read": "to read from a pipe",
    "poll": "for events",
    "sleep": "in a loop that sleeps",
    "pause": "for a signal",
    "spin": "in a loop that looks again and again",
}


def find(evidence: Evidence) -> Findings:
    for thread in evidence.holders:
        sure = _is_sure(evidence, thread)
        if sure is not None:
            yield _finding(evidence, thread, sure=sure)
        elif evidence.trigger in ("limit", "interrupt") and _is_slow(evidence, thread):
            yield _slow(evidence, thread)


def _is_slow(evidence: Evidence, thread: Thread) -> bool:
    """It is in the program's own code, and nobody else got Python for long."""
    own = thread.place is not None and not thread.is_in_python
    return own and bool(rivals(evidence, thread)) and kept_ms(evidence, thread) >= IDLE_MS


def _slow(evidence: Evidence, thread: Thread) -> Finding:
    place, wait = attached_function(evidence, thread), thread.wait
    doing = "computes" if wait is None else f"waits {_WORDS.get(wait.kind, 'for others')}"
    return finding(
        thread,
        f"a thread {doing} while it is attached, and others have waited for Python all the while",
        f"nobody else got Python for {kept_ms(evidence, thread) / 1000:.0f} s, until the end",
        help_to_detach(thread, place),
        ("is attached:", thread.title, thread.chain(to=place)),
        *row_of(rivals(evidence, thread), "waits for it:"),
        unless=("it is only slow, and the others may wait",),
        at=place,
    )


def _is_sure(evidence: Evidence, thread: Thread) -> bool | None:
    """None: no finding."""
    wait = thread.wait
    if wait is None or thread.crashed or thread.place is None or thread.is_in_python:
        return None
    waiting = rivals(evidence, thread)
    if not waiting or left_open(evidence, thread) is not None:
        return None
    if wait.on is not None:
        if wait.kind == "join" and evidence.needs(evidence.thread(wait.on)) in waiting:
            return not wait.timed
        return None  # a mutex with a known owner is a matter of lock_order
    if wait.kind not in _WORDS or not nobody_else_moves(evidence, thread):
        return None
    kept = kept_ms(evidence, thread)
    if wait.kind in ("read", "write") and not wait.within and kept < IDLE_MS:
        return None
    is_kept = kept >= KEPT_MS
    if wait.kind == "spin":
        return False if is_kept else None
    is_known = is_kept or evidence.trigger == "asked"  # who asks says so: it hangs
    if (wait.kind == "sleep" or (wait.timed and not is_known)) and thread.naps < NAPS:
        return None
    return False


def _finding(evidence: Evidence, thread: Thread, *, sure: bool) -> Finding:
    assert thread.wait is not None
    kind = thread.wait.kind
    # a loop of its own belongs to who wrote it; who called that is attached
    look = attached_function if kind == "spin" else line_to_change
    place = look(evidence, thread)
    waiting = rivals(evidence, thread)
    what = "holds the GIL:" if not evidence.free_threaded else "is attached:"
    main = "the main thread" if thread.number == 1 else "a thread"
    alternatives = []
    if not sure:
        if kind in ("read", "write", "poll", "semaphore", "pause", "sleep"):
            alternatives.append("it waits for another process, and is only slow")
        if thread.wait.timed and kept_ms(evidence, thread) < KEPT_MS:
            alternatives.append("its limit is near, and it is only slow: look again later")
        if not evidence.has_notes:
            alternatives.append("an attach earlier on this thread was never released")
    return finding(
        thread,
        f"{main} waits {_WORDS[kind]} while it is attached",
        _why(evidence, thread),
        help_to_detach(thread, place),
        (what, thread.title, thread.chain(to=place)),
        *row_of(waiting, "waits for it:"),
        sure=sure,
        unless=alternatives,
        # to look at a write makes it return early: there is no second look
        settled=sure or kind in ("read", "write"),
        at=place,
    )


def _why(evidence: Evidence, thread: Thread) -> str:
    assert thread.wait is not None
    keeps = "keeps the GIL" if not evidence.free_threaded else "cannot be paused"
    if evidence.free_threaded and evidence.stop_requested:
        keeps = "stays attached, so the stop of all threads that another asked for never comes,"
    on = evidence.thread(thread.wait.on)
    needed = f"{on.title} can only end" if on is not None else "what it waits for can only come"
    text = f"it {keeps} while it waits, and {needed} once a thread that waits to attach can do so"
    if is_called_by_fork(thread):
        return f"{text}; os.fork() calls it, before it forks"
    calls = [note.call for note in thread.recent]
    if "Py_Initialize" in calls and not {"PyEval_SaveThread", "PyEval_ReleaseThread"} & set(calls):
        text += "; it has been attached since Py_Initialize, which leaves its thread attached"
    return text
