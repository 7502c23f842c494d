"""An attach without its release: the thread has ended, or has gone on to something else."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Frame, Incident, Note, Thread
from pynodes.diagnose.finding import Confidence, Finding, where
from pynodes.diagnose.rules._holding import left_open, opener
from pynodes.diagnose.rules._stuck import (
    kept_states,
    nobody_else_moves,
    rivals,
    row_of,
)

FAMILY = "missing-release"
THREADS = 8  # that left a state, made by one line
IN_A_ROW = 4  # of them, each of which began when another had ended: threads of a pool end together


def find(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.incidents:
        is_habit = seen.times >= THREADS and seen.value >= IN_A_ROW
        if seen.kind == "state-left" and is_habit and seen.thread.place is not None:
            yield _of_many(seen, seen.thread.place)
    if not evidence.waiting:
        return
    for state in kept_states(evidence):
        if state.alive or not state.tid or state.tid in evidence.elsewhere:
            continue
        if evidence.is_forked and all(gone.tid != state.tid for gone in evidence.ended):
            continue  # it may have been left behind by fork
        if not evidence.holders and not any(map(_may_work, evidence.threads)):
            sure = Confidence.CERTAIN if evidence.origin_known else Confidence.LIKELY
            yield _of_ended(evidence, state.tid, sure)
    if not evidence.interpreters and all(map(_only_wants, evidence.threads)):
        for gone in evidence.ended:
            if gone.open:  # nobody could look at the GIL itself
                yield _of_ended(evidence, gone.tid, Confidence.LIKELY)
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


def _of_ended(evidence: Evidence, tid: int, sure: Confidence) -> Finding:
    gone = next((thread for thread in evidence.ended if thread.tid == tid), None)
    note = None
    if gone is not None:
        attaching = ("PyEval_RestoreThread", "PyEval_AcquireThread")
        last = [n for n in gone.recent if n.call in attaching]
        note = gone.open[-1] if gone.open else last[-1] if last else None
    place = opener(evidence, gone, note) if gone is not None and note is not None else None
    name = f"a thread that has ended (it was {tid})"
    stack = " <- ".join(frame.where for frame in note.callers[:3]) if note else "not known"
    return Finding(
        FAMILY,
        sure,
        "a thread attached and ended without a release",
        place,
        name,
        ("the GIL belongs to" if not evidence.free_threaded else "still attached is")
        + " a thread that is gone: nobody can ever release it"
        + ("; the call below was never paired" if note else ""),
        f"release on every way out of {place.function or 'the function that attached'}"
        + where(place)
        if place
        else "release on every way out of the functions that attach; which one it is the witness"
        " says, under `pynodes diagnose -- ...` and with the shared libpython",
        (
            ("attached by:", name, f"{note.call} <- {stack}" if note else stack),
            *row_of(evidence.waiting, "waits for it:"),
        ),
        () if sure is Confidence.CERTAIN else (_or_else(evidence),),
    )


def _of_living(evidence: Evidence, thread: Thread, note: Note) -> Finding:
    place = opener(evidence, thread, note)
    stack = " <- ".join(frame.where for frame in note.callers[:3])
    return Finding(
        FAMILY,
        Confidence.LIKELY,
        "a function attached and returned without a release",
        place,
        thread.title,
        f"{thread.title} is still attached through a call whose function has returned, and now"
        " waits for something else",
        f"release on every way out of {place.function or 'the function that attached'}"
        f"{where(place)}"
        if place
        else "",
        (
            ("attached by:", thread.title, f"{note.call} <- {stack}"),
            ("holds the GIL:", thread.title, thread.chain()),
            *row_of(rivals(evidence, thread), "waits for it:"),
        ),
        (f"the attach is meant to last, and the wait{where(thread.place)} has to detach",),
    )


def _of_many(seen: Incident, place: Frame) -> Finding:
    name = f"{seen.times} threads that have ended"
    return Finding(
        FAMILY,
        Confidence.LIKELY,
        "threads attach, let go of Python and end, and leave their thread states behind",
        place,
        name,
        f"{seen.times} times a thread ended detached, with the PyGILState_Ensure below unpaired;"
        " its thread state, and what Python keeps for the thread, stays until Python is stopped",
        f"PyGILState_Release for the PyGILState_Ensure{where(place)}; PyEval_SaveThread is for"
        " threads that come back",
        (("attached by:", name, seen.thread.chain()),),
        ("other threads take the states over and delete them later",),
        stops=False,
    )


def _or_else(evidence: Evidence) -> str:
    if not evidence.origin_known:
        return "the process is the child of a fork, and that thread is in its parent only"
    return "what the others wait for is held elsewhere"
