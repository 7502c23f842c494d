"""Python is called by a thread that is not attached, or a function that Python called has detached
it for good: it crashes, or another thread does.
"""

from __future__ import annotations

import re

from pynodes.diagnose.evidence import Evidence, Frame, Note, Thread
from pynodes.diagnose.evidence.threads import Incident
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._holding import RESTORING, SAVING, holding, opener
from pynodes.diagnose.rules._let_go import (
    FREE,
    attaches_again,
    ends_a_pair,
    has_returned,
    is_called_by_python,
    last_detach,
    runs_python_code,
    uses_python,
)
from pynodes.diagnose.rules._words import LENT, giving_up, help_to_attach
from pynodes.diagnose.rules.unmatched_release import LETTING_GO

_SWITCHING = RESTORING | SAVING | {"drop_gil", "take_gil", "_PyThreadState_Detach"}
_TEXT = re.compile(r"called with the GIL held|without holding the GIL|thread state is NULL")


def find_root(evidence: Evidence) -> Findings:
    """What led to the crash, earlier on that thread or on another one."""
    thread = evidence.crashed
    if thread is None or evidence.initialized is not True or evidence.finalizing:
        return
    note = last_detach(thread)
    if _is_detached(evidence, thread):
        if not uses_python(evidence, thread):
            return
        if note is not None and _is_left(evidence, thread, note):
            yield _left_detached(evidence, thread, note)
    elif thread.is_in_python or evidence.signal == "SIGABRT":
        yield from (_beside(evidence, thread, o) for o in evidence.others(thread) if _is_bare(o))


def _is_detached(evidence: Evidence, thread: Thread) -> bool:
    return thread.attach in ("none", "detached") or bool(_TEXT.search(evidence.fatal_text))


def _is_left(evidence: Evidence, thread: Thread, note: Note) -> bool:
    """Whether a function that has returned should have attached again: one that detaches a thread
    for good, or for its caller, may be as it should."""
    if note.call not in SAVING or ends_a_pair(thread, note):
        return False
    has_to = is_called_by_python(note) or attaches_again(evidence, thread, note)
    return has_to and has_returned(evidence, thread, note)


def _left_detached(evidence: Evidence, thread: Thread, note: Note) -> Finding:
    place = opener(evidence, thread, note)
    by_python = is_called_by_python(note)
    again = place is not None and place == thread.place  # it wants to be attached when it begins
    name = place.function if place is not None else "a function"
    after = "Python" if by_python else "who called it"
    text = f"a function detached and returned, and {after} goes on as if it were attached"
    since = "has returned"
    if again:
        text = "a line that detaches is reached again, and nothing has attached in between"
        since = "has come to that line again"
    return finding(
        thread,
        text,
        f"{name} called {note.call}{where(place)} and {since}; nothing has attached"
        f" {thread.title} since",
        f"PyEval_RestoreThread on every way out of {name}, also those before Py_END_ALLOW_THREADS",
        ("detached by:", thread.title, note.chain()),
        ("crashed:", thread.title, thread.chain(6)),
        sure=by_python or again,
        unless=(f"{name} is to return detached, and the call{where(thread.place)} has to attach",),
        at=place,
    )


def _is_bare(thread: Thread) -> bool:
    """At work in Python without a thread state; Python itself may detach one that has another's."""
    asked = thread.asked_python
    return (
        thread.attach == "none"
        and thread.wait is None
        and thread.is_in_python
        and asked is not None
        and thread.place is not None
        and not FREE.match(asked.function)
        and asked.function not in LETTING_GO
        and not thread.calls(_SWITCHING)
        and not holding(thread)
    )


def _beside(evidence: Evidence, crashed: Thread, thread: Thread) -> Finding:
    place = thread.place
    assert place is not None
    sure = evidence.has_notes and evidence.knows_current
    return finding(
        thread,
        f"{thread.called} is called on a thread that is not attached, and another one crashes",
        f"{thread.title} has no thread state, so nothing keeps it away from what {crashed.title}"
        " works with",
        help_to_attach(thread, place),
        ("not attached:", thread.title, thread.chain(6)),
        ("crashed:", crashed.title, crashed.chain(6)),
        sure=sure,
        unless=LENT,
    )


def find(evidence: Evidence) -> Findings:
    yield from (
        _noted(seen, harmless=evidence.crashed is None)
        for seen in evidence.noted("call-without-attaching")
    )
    thread = evidence.crashed
    if thread is None or evidence.initialized is not True or evidence.finalizing:
        return
    asked, place = thread.asked_python, thread.place
    refused = giving_up(thread)
    if refused is not None and place is not None and thread.attach in ("none", "detached"):
        yield _refused(evidence, thread, place, refused)
        return
    if asked is None or place is None or asked.function in LETTING_GO:
        return
    said = bool(_TEXT.search(evidence.fatal_text))
    if not uses_python(evidence, thread) or not _is_detached(evidence, thread):
        return
    if thread.calls(_SWITCHING) and (holding(thread) or not evidence.has_notes):
        return  # Python itself was just detaching it
    if runs_python_code(thread):
        if not evidence.has_notes or last_detach(thread) is not None:  # else Python itself did it
            yield _lost_on_the_way(evidence, thread)
        return
    state = "no thread state is attached to this thread"  # whether it has one is not known
    if thread.attach == "detached":
        state = "the thread state of this thread is detached"
    elif thread.attach == "none" and evidence.states:
        state = "this thread has no thread state"
    # who saw no call of it cannot tell whether it was attached when it called
    runs = "is called" if evidence.has_notes else "is under way"
    sure = said or evidence.knows_current or not any(s.attached for s in evidence.states)
    holders = [t for t in evidence.holders if t is not thread]
    yield finding(
        thread,
        f"{thread.called} {runs} on a thread that is not attached",
        f"{state}, so nothing keeps other threads away from the objects",
        help_to_attach(thread, place),
        ("crashed:", thread.title, thread.chain(6)),
        *(("detached by:", thread.title, note.chain()) for note in [last_detach(thread)] if note),
        *(("is attached:", holder.title, holder.chain()) for holder in holders[:1]),
        sure=sure,
        unless=LENT,
    )


def _noted(seen: Incident, *, harmless: bool) -> Finding:
    """One that the witness saw."""
    thread, other = seen.thread, seen.other
    place = thread.place
    assert place is not None
    state = "its thread state is detached" if seen.attached else "this thread has no thread state"
    luck = "; it went well this time" if harmless else ""
    facts = [("called by:", thread.title, thread.chain())]
    if other is not None:
        facts.append(("detached by:", thread.title, other.chain()))
    return finding(
        thread,
        f"{seen.text} is called on a thread that is not attached",
        f"{state}, so nothing keeps other threads away from the objects{luck}",
        help_to_attach(thread, place),
        *facts,
        sure=True,
        stops=False,
    )


def _refused(evidence: Evidence, thread: Thread, place: Frame, refused: Frame) -> Finding:
    sure = evidence.knows_current
    return finding(
        thread,
        f"{refused.function} is called on a thread that is not attached",
        f"{refused.library} looks whether the thread is attached before it counts a reference, and"
        " gives up",
        help_to_attach(thread, place),
        ("crashed:", thread.title, thread.chain(6)),
        sure=sure,
        unless=LENT,
    )


def _lost_on_the_way(evidence: Evidence, thread: Thread) -> Finding:
    return finding(
        thread,
        "Python code runs on a thread that is not attached any more",
        f"{thread.called} runs Python code, which needs a thread state, and {thread.title} has none"
        " attached: a function that Python called has let go of it",
        "attach again on every way out of each function that Python calls"
        f"{where(thread.place, ' there')} and that detaches",
        ("crashed:", thread.title, thread.chain(6)),
        unless=LENT
        if not evidence.knows_current
        else ("Python code began without a thread state",),
    )
