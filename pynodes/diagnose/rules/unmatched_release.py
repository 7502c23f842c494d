"""A release on a thread that is not attached (any more)."""

from __future__ import annotations

import re

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._holding import RELEASING, SAVING

LETTING_GO = RELEASING | SAVING | {"PyEval_ReleaseLock", "_PyThreadState_Detach"}
_TEXT = re.compile(
    r"no thread-state for this thread|must be current when releasing|GIL is not locked"
    r"|wrong thread state|NULL tstate|non-NULL old thread state|not the current thread"
    r"|called with the GIL held|thread state .* is not current"
)


def find(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    if thread is None or evidence.initialized is False:
        return
    asked = thread.asked_python
    if asked is None or asked.function not in LETTING_GO:
        return
    said = bool(_TEXT.search(evidence.fatal_text))
    if said or thread.unmatched is not None:
        yield _finding(evidence, thread, asked.function, certain=True)
    elif thread.attach in ("none", "detached"):
        yield _finding(evidence, thread, asked.function, certain=False)


def _finding(evidence: Evidence, thread: Thread, call: str, *, certain: bool) -> Finding:
    place = thread.place
    before = [note for note in thread.recent if note.call.endswith(("Release", "SaveThread"))][:-1]
    facts = [("released by:", thread.title, thread.chain())]
    alternatives = []
    if before and before[-1].callers:
        facts.append(("and before by:", thread.title, before[-1].chain(2)))
    ensured = any(note.call.endswith("Ensure") for note in thread.recent)
    if evidence.has_notes and call == "PyGILState_Release" and not ensured:
        text = f"{call} on a thread that did not attach"
        why = "the thread that is released has never called PyGILState_Ensure"
    else:
        text = f"{call} on a thread that is not attached any more"
        why = "more is released than was attached: the earlier release has let go of everything"
        if not evidence.has_notes:
            alternatives.append("the attach was made on another thread")
    return finding(
        thread,
        text,
        why,
        f"one release for one attach, on the same thread: look at what leads to the release"
        f"{where(place)}",
        *facts,
        sure=certain,
        unless=alternatives,
    )
