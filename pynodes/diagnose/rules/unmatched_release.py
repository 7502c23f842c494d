"""A release on a thread that is not attached (any more)."""

from __future__ import annotations

import re

from pynodes.diagnose.evidence import Evidence, Note, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._holding import ENSURING, RELEASING, RESTORING, SAVING
from pynodes.diagnose.rules._let_go import (
    extra_release,
    has_returned,
    last_detach,
    loser,
    uses_python,
)

LETTING_GO = RELEASING | SAVING | {"PyEval_ReleaseLock", "_PyThreadState_Detach"}
_KEPT = 16  # notes of a thread
_TEXT = re.compile(
    r"no thread-state for this thread|must be current when releasing|GIL is not locked"
    r"|wrong thread state|NULL tstate|non-NULL old thread state|not the current thread"
    r"|called with the GIL held|thread state .* is not current"
)

# It looks at what is attached, which may be something else, or nothing.
_COMPARED = re.compile(r"must be current when releasing|wrong thread state|is not current")


def find_root(evidence: Evidence) -> Findings:
    """A release before the crash that let go of what a caller had attached."""
    thread = evidence.crashed
    if thread is None or not evidence.initialized or evidence.finalizing:
        return
    note = last_detach(thread)
    if note is None or thread.attach == "attached" or not uses_python(evidence, thread):
        return
    if not has_returned(evidence, thread, note):
        return
    if extra_release(thread, note):
        yield _of_caller(evidence, thread, note)


def _of_caller(evidence: Evidence, thread: Thread, note: Note) -> Finding:
    place, lost = note.place, loser(evidence, thread, note)
    name = place.function if place is not None else "a function"
    whose = f"what {lost.function} had attached" if lost is not None else "what others had attached"
    return finding(
        thread,
        f"{note.call} once more than was attached, in a function that has returned",
        f"{name} released more often than it attached, and so let go of {whose}{where(lost)};"
        f" {thread.title} crashes later, detached",
        f"one release for one attach: look at what leads to the release{where(place)}",
        ("released by:", thread.title, note.chain()),
        ("crashed:", thread.title, thread.chain(6)),
        unless=(
            f"{name} is to release for its caller, which has to attach again before the call"
            + where(thread.place),
        ),
        at=place,
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


def _has_attached(thread: Thread, call: str) -> bool:
    """Also where it is not known, since older notes are gone."""
    attaching = ENSURING if call in RELEASING else ENSURING | RESTORING
    known = any(n.call in attaching or n.call.startswith("Py_In") for n in thread.recent)
    return known or len(thread.recent) >= _KEPT


def _finding(evidence: Evidence, thread: Thread, call: str, *, certain: bool) -> Finding:
    place = thread.place
    before = [note for note in thread.recent if note.call.endswith(("Release", "SaveThread"))][:-1]
    facts = [("released by:", thread.title, thread.chain())]
    if before and before[-1].callers:
        facts.append(("and before by:", thread.title, before[-1].chain(2)))
    if _COMPARED.search(evidence.fatal_text):
        text = f"{call} of a thread state that is not the one that is attached"
        why = "CPython compares both, and gives up: another one is attached, or none"
    elif not evidence.has_notes:
        text = f"{call} on a thread that is not attached"
        why = "more is released on it than was attached there"
    elif not _has_attached(thread, call):
        text = f"{call} on a thread that did not attach"
        why = f"nothing has attached {thread.title} before"
    else:
        text = f"{call} on a thread that is not attached any more"
        why = "more is released than was attached"
        if before:
            why += ": the earlier release has let go of everything"
    return finding(
        thread,
        text,
        why,
        f"one release for one attach, on the same thread: look at what leads to the release"
        f"{where(place)}",
        *facts,
        sure=certain,
        unless=() if evidence.has_notes else ("the attach was made on another thread",),
    )
