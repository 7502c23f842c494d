"""Python is stopped on a thread that is not attached, or while others still use it."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Confidence, Finding, where

DETACHED = "finalize-detached"
DURING = "during-finalization"
ENDING = "Py_EndInterpreter"
STOPPING = frozenset({"Py_FinalizeEx", "_Py_Finalize", "Py_Finalize", "Py_EndInterpreter"})


def find(evidence: Evidence) -> Iterator[Finding]:
    thread = evidence.crashed
    if thread is not None:
        if thread.asked_python is not None and thread.asked_python.function in STOPPING:
            yield from _stopped_detached(thread)
        elif evidence.finalizing or _stopper(evidence, thread) is not None:
            yield from _crashed_meanwhile(evidence, thread)
        return
    told = {seen.thread.tid for seen in evidence.incidents if seen.kind == "kept-by-python"}
    for other in evidence.threads:
        if other.attach == "hangs" and other.place is not None and other.tid not in told:
            yield from _hangs(evidence, other)


def _stopped_detached(thread: Thread) -> Iterator[Finding]:
    if thread.attach not in ("none", "detached"):
        return
    yield Finding(
        DETACHED,
        Confidence.CERTAIN,
        "Python is stopped by a thread that is not attached",
        thread.place,
        thread.title,
        "Py_FinalizeEx works with the calling thread's thread state, and there is none",
        f"PyGILState_Ensure before{where(thread.place)}; there is no release after it",
        (("crashed:", thread.title, thread.chain(6)),),
    )


def _stopper(evidence: Evidence, thread: Thread) -> Thread | None:
    return next((other for other in evidence.others(thread) if other.calls(STOPPING)), None)


def _crashed_meanwhile(evidence: Evidence, thread: Thread) -> Iterator[Finding]:
    stopper = _stopper(evidence, thread)
    if thread.place is None or thread.asked_python is None or thread.calls(STOPPING):
        return
    if stopper is None:
        return
    yield Finding(
        DURING,
        Confidence.LIKELY,
        "a thread uses Python while another stops it",
        thread.place,
        thread.title,
        f"{stopper.title} is in Py_FinalizeEx, which frees what {thread.title} works with",
        f"join the thread that calls Python{where(thread.place)} before"
        f"{where(stopper.place, ' that')}",
        (
            ("crashed:", thread.title, thread.chain(6)),
            ("stops Python:", stopper.title, stopper.chain()),
        ),
        ("the crash has another cause and only happened now",),
    )


def _hangs(evidence: Evidence, thread: Thread) -> Iterator[Finding]:
    """3.14 and later keep a thread for ever that attaches while, or after, Python stops."""
    if evidence.initialized and evidence.finalizing is False:
        yield _outlived(evidence, thread)
        return
    joiner = next((t for t in evidence.threads if t.wait and t.wait.on == thread.tid), None)
    if joiner is None or evidence.initialized is False:
        return
    yield Finding(
        DURING,
        Confidence.CERTAIN,
        "a thread attached while Python was being stopped, and is joined",
        thread.place,
        thread.title,
        "a thread that attaches from then on is kept for ever, so the join never ends",
        f"join the thread that attaches{where(thread.place)} before Py_FinalizeEx",
        (
            ("is kept:", thread.title, thread.chain()),
            ("waits for it:", joiner.title, joiner.chain()),
        ),
    )


def _outlived(evidence: Evidence, thread: Thread) -> Finding:
    """Kept for ever while Python runs: what was stopped is the interpreter that it belongs to."""
    ends = [n for t in (*evidence.threads, *evidence.ended) for n in t.recent if n.call == ENDING]
    callers = ends[-1].callers if ends else ()
    place = next((frame for frame in callers if frame.origin == "program"), None)
    facts = [("is kept:", thread.title, thread.chain())]
    if ends:
        facts.append(("ends it:", "", " <- ".join((ENDING, *(f.where for f in callers[:3])))))
    return Finding(
        "thread-state-misuse",
        Confidence.LIKELY,
        "an interpreter is ended while a thread still has a thread state in it",
        place or thread.place,
        thread.title,
        "a thread that comes back to an interpreter that is gone is kept for ever",
        f"join the thread that attaches{where(thread.place)}, and have it delete its thread state,"
        f" before the interpreter is ended{where(place)}",
        tuple(facts),
    )
