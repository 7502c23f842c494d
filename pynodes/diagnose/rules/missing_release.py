"""The GIL belongs to a thread that has ended; or a thread waits elsewhere, attached by a function
that has returned; or threads end detached, one after the other, and leave their thread states.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Incident, Note, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._holding import left_open, opener, taken
from pynodes.diagnose.rules._stuck import (
    kept_states,
    nobody_else_moves,
    rivals,
    row_of,
)

THREADS = 8  # that left a state, made by one line
IN_A_ROW = 4  # of them, each of which began when another had ended: threads of a pool end together


def find(evidence: Evidence) -> Findings:
    for seen in evidence.noted("state-left"):
        if seen.times >= THREADS and seen.value >= IN_A_ROW:
            yield _of_many(seen)
    if not evidence.waiting:
        return
    for state in kept_states(evidence):
        if state.alive or not state.tid or state.tid in evidence.elsewhere:
            continue
        if evidence.is_forked and all(gone.tid != state.tid for gone in evidence.ended):
            continue  # it may have been left behind by fork
        if not evidence.holders and not any(map(_may_work, evidence.threads)):
            yield _of_ended(evidence, state.tid, sure=evidence.origin_known)
    if not evidence.interpreters and all(map(_only_wants, evidence.threads)):
        for gone in evidence.ended:
            if gone.open:  # nobody could look at the GIL itself
                yield _of_ended(evidence, gone.tid, sure=False)
    for thread in evidence.holders:
        note = left_open(evidence, thread)
        if note is None or thread.wait is None or thread.is_in_python or thread.crashed:
            continue
        if rivals(evidence, thread) and nobody_else_moves(evidence, thread):
            yield _of_living(evidence, thread, note)


def _only_wants(thread: Thread) -> bool:
    """Waits to attach, or for another thread."""
    wait = thread.wait
    return thread.attach == "waits" or (wait is not None and not wait.timed and wait.kind in _LOCKS)


_LOCKS = frozenset({"join", "condition", "semaphore", "futex", "mutex", "barrier"})


def _may_work(thread: Thread) -> bool:
    """Whether the thread might have been lent the state of the one that ended."""
    return thread.attach not in ("waits", "detached", "hangs") and any(
        frame.origin == "python" for frame in thread.frames
    )


def _of_ended(evidence: Evidence, tid: int, *, sure: bool) -> Finding:
    gone = next((thread for thread in evidence.ended if thread.tid == tid), None)
    note = None
    if gone is not None:
        note = gone.open[-1] if gone.open else taken(gone)
    place = opener(evidence, gone, note) if gone is not None and note is not None else None
    name = f"a thread that has ended (it was {tid})"
    return finding(
        name,
        "a thread attached and ended without a release",
        ("the GIL belongs to" if not evidence.free_threaded else "still attached is")
        + " a thread that is gone: nobody can ever release it"
        + ("; the call below was never paired" if note else ""),
        f"release on every way out of {place.function or 'the function that attached'}"
        + where(place)
        if place
        else "release on every way out of the functions that attach; which one it is the witness"
        " says, under `pynodes diagnose -- ...` and with the shared libpython",
        ("attached by:", name, note.chain() if note else "not known"),
        *row_of(evidence.waiting, "waits for it:"),
        sure=sure,
        unless=(_or_else(evidence),),
        at=place,
    )


def _of_living(evidence: Evidence, thread: Thread, note: Note) -> Finding:
    place = opener(evidence, thread, note)
    name = place.function if place is not None else "the function that attached"
    return finding(
        thread,
        "a function attached and returned without a release",
        f"{thread.title} is still attached through a call whose function has returned, and now"
        " waits for something else",
        f"release on every way out of {name}{where(place)}",
        ("attached by:", thread.title, note.chain()),
        ("holds the GIL:", thread.title, thread.chain()),
        *row_of(rivals(evidence, thread), "waits for it:"),
        unless=(f"the attach is meant to last, and the wait{where(thread.place)} has to detach",),
        at=place,
    )


def _of_many(seen: Incident) -> Finding:
    place = seen.thread.place
    name = f"{seen.times} threads that have ended"
    return finding(
        name,
        "threads attach, let go of Python and end, and leave their thread states behind",
        f"{seen.times} times a thread ended detached, with the PyGILState_Ensure below unpaired;"
        " its thread state, and what Python keeps for the thread, stays until Python is stopped",
        f"PyGILState_Release for the PyGILState_Ensure{where(place)}; PyEval_SaveThread is for"
        " threads that come back",
        ("attached by:", name, seen.thread.chain()),
        unless=("other threads take the states over and delete them later",),
        stops=False,
        at=place,
    )


def _or_else(evidence: Evidence) -> str:
    if not evidence.origin_known:
        return "the process is the child of a fork, and that thread is in its parent only"
    return "what the others wait for is held elsewhere"
