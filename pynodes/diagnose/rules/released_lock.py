"""PyEval_ReleaseLock: the GIL is let go of, and the thread state stays attached."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Note, Thread
from pynodes.diagnose.finding import Confidence, Finding, where
from pynodes.diagnose.rules._holding import opener
from pynodes.diagnose.rules.thread_state import MISUSE

_LOCKS = frozenset({"drop_gil", "take_gil", "PyEval_ReleaseLock", "PyEval_SaveThread"})


def find(evidence: Evidence) -> Iterator[Finding]:
    thread = evidence.thread(evidence.releaser)
    if thread is not None and evidence.released is not None and _is_consequence(evidence, thread):
        yield _finding(evidence, thread, evidence.released)


def _is_consequence(evidence: Evidence, thread: Thread) -> bool:
    crashed = evidence.crashed
    if crashed is None:
        return bool(evidence.waiting)
    return crashed is thread or crashed.asked_python is not None


def _finding(evidence: Evidence, thread: Thread, note: Note) -> Finding:
    place = opener(evidence, thread, note)
    crashed = evidence.crashed
    sure = crashed is thread and (crashed.calls(_LOCKS) or "GIL" in evidence.fatal_text)
    seen = crashed or thread
    stack = " <- ".join(frame.where for frame in note.callers[:3])
    return Finding(
        MISUSE,
        Confidence.CERTAIN if sure else Confidence.LIKELY,
        "PyEval_ReleaseLock lets go of the GIL, and the thread state stays attached",
        place,
        thread.title,
        "the thread counts as attached from then on, runs Python without the GIL, and lets go of"
        " one that it does not hold",
        f"PyEval_ReleaseThread or PyEval_SaveThread{where(place)}, which detach as well",
        (
            ("let go by:", thread.title, f"PyEval_ReleaseLock <- {stack}"),
            ("gave up:" if crashed else "stuck:", seen.title, seen.chain(6)),
        ),
        () if sure else ("the crash has another cause",),
    )
