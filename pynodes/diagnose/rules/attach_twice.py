"""A thread waits for the GIL that it holds, with this thread state or another, or CPython refuses a
second attach.
"""

from __future__ import annotations

from dataclasses import replace

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Confidence, Finding, Findings, finding, where
from pynodes.diagnose.rules._holding import (
    ENSURING,
    RESTORING,
    holding,
    is_on_stack,
    opener,
    taken,
)
from pynodes.diagnose.rules._stuck import kept_states

# the last is what the first two end in, with their own frames gone, from 3.13 on
ATTACHING = RESTORING | ENSURING | {"PyEval_AcquireLock", "_PyThreadState_Attach"}


def find(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    if thread is not None:
        asked = thread.asked_python
        if asked is None or thread.place is None or not evidence.fatal_text:
            return
        nameless = not asked.function  # in a stripped libpython
        refused = "non-NULL old thread state" in evidence.fatal_text
        if refused and (nameless or asked.function in ATTACHING):
            why = "CPython found a thread state attached to this thread already"
            yield _twice(evidence, thread, why, sure=True)
        return
    gils = {interpreter.gil for interpreter in evidence.interpreters if interpreter.enabled}
    for state in kept_states(evidence):
        waiting = evidence.thread(state.tid)
        if waiting is None or waiting.attach != "waits" or waiting.place is None:
            continue
        asked = waiting.asked_python
        if evidence.free_threaded or asked is None or asked.function not in ATTACHING:
            continue
        if asked.function in ENSURING and len(gils) > 1:
            continue  # it may hold one and wait for another, which is held elsewhere
        if any(_has(other, state.address) for other in evidence.others(waiting)):
            continue  # it may be that one that has the GIL, with a state that is not its own
        sure = evidence.has_notes or evidence.knows_current
        yield _twice(evidence, waiting, "it waits for the GIL, which it holds itself", sure=sure)


def _has(thread: Thread, state: int) -> bool:
    note = taken(thread)
    return thread.current == state or (note is not None and note.state == state)


def _twice(evidence: Evidence, thread: Thread, why: str, *, sure: bool) -> Finding:
    found = _found(evidence, thread, why)
    if sure:
        return found
    unless = ("another thread works with the thread state of this one",)
    return replace(found, confidence=Confidence.LIKELY, alternatives=unless)


def _found(evidence: Evidence, thread: Thread, why: str) -> Finding:
    asked = thread.asked_python
    assert asked is not None
    held = holding(thread, before_last=True)
    if asked.function in ENSURING:
        return _with_other_state(thread, asked.function, why)
    first = opener(evidence, thread, held[-1]) if held else None
    if first is not None and not is_on_stack(thread, first):
        return _left_attached(thread, first, asked.function)
    place = _asking(evidence, thread)
    before = [
        ("and before:", thread.title, " <- ".join(frame.where for frame in note.callers[:4]))
        for note in held[-1:]
    ]
    return finding(
        thread,
        f"{asked.function or 'an attach'} on a thread that is attached already",
        why,
        f"no attach{where(place)} on this path, or PyGILState_Ensure, which may be nested; and a"
        " detach on every way out of what attached before",
        ("attaches again:", thread.title, thread.chain(6)),
        *before,
        sure=True,
        at=place,
    )


def _with_other_state(thread: Thread, call: str, why: str) -> Finding:
    """Only a state that is not the one it knows for the thread makes an Ensure wait."""
    return finding(
        thread,
        f"{call} on a thread that is attached already, with another thread state",
        f"{why}: {call} knows one thread state a thread, and it is not the one that is attached",
        f"no {call}{where(thread.place)} while a thread state of another interpreter, or one made"
        " by hand, is attached: call Python as it is, or swap that state out first",
        ("attaches again:", thread.title, thread.chain(6)),
        sure=True,
    )


def _left_attached(thread: Thread, first: Frame, again: str) -> Finding:
    return finding(
        thread,
        f"{again} on a thread that is attached already",
        f"{first.function} attached{where(first)} and returned without a detach",
        f"detach on every way out of {first.function}{where(first)}",
        ("attaches again:", thread.title, thread.chain(6)),
        sure=True,
        at=first,
    )


def _asking(evidence: Evidence, thread: Thread) -> Frame | None:
    """Who wants this attach: the innermost function, or the caller of a helper that attaches."""
    asked = opener(evidence, thread, thread.recent[-1]) if thread.recent else None
    return asked if asked is not None and asked in thread.frames else thread.place
