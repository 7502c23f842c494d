"""The call that let a thread go of Python for good, though others went on with it."""

from __future__ import annotations

import re
from itertools import dropwhile, takewhile

from pynodes.diagnose.evidence import Evidence, Frame, Note, Thread
from pynodes.diagnose.rules._holding import (
    ENSURING,
    RELEASING,
    RESTORING,
    gaps,
    is_on_stack,
    opener,
)
from pynodes.diagnose.rules._stuck import AFTER_FORK

# What may be called, or called to get attached, by a thread that is not.
FREE = re.compile(
    r"Py(Mem_Raw\w+|Gil\w+|GILState_\w+|Thread_\w+|ThreadState_(New|Swap|Ensure|Release)"
    r"|Eval_(Restore|Acquire|Init|Save|Release)\w*|InterpreterState_\w+)$"
    r"|PyOS_(v?snprintf|mystr\w+)|Py_(DecodeLocale|EncodeLocale|Get\w+|Set\w+|IsFinalizing|Exit"
    r"|Initialize\w*|Finalize\w*|IsInitialized|AddPendingCall|RunMain|BytesMain|Main|AtExit"
    r"|EndInterpreter|NewInterpreter\w*)$|_PyThreadState_(At|De)tach$|_PyRuntime|PyConfig_|PyPreConfig_"
)
DETACHING = RELEASING | {"PyEval_SaveThread", "PyEval_ReleaseThread"}


def uses_python(evidence: Evidence, thread: Thread) -> bool:
    """Whether it crashed in something of Python's that only attached threads may call."""
    asked = thread.asked_python
    if asked is None or not (thread.is_in_python or evidence.signal == "SIGABRT"):
        return False
    if asked.function == AFTER_FORK:
        return False  # a matter of the fork
    return asked.function in DETACHING or not FREE.match(asked.function) or runs_python_code(thread)


def runs_python_code(thread: Thread) -> bool:
    """Whether Python code is under way in the call: it was attached when that began."""
    inner = takewhile(lambda frame: frame.origin != "program", thread.frames)
    return any(frame.function.startswith("_PyEval_EvalFrame") for frame in inner)


def last_detach(thread: Thread) -> Note | None:
    """By which the thread lost Python; not the call that is under way."""
    *before, last = _before_now(thread) or (None,)
    if last is None or last.call not in DETACHING:
        return None
    # a Release may end in a Save of its own, by a tail call
    is_its_own = before and before[-1].call in RELEASING and before[-1].place == last.place
    return before[-1] if is_its_own else last


def ends_a_pair(thread: Thread, note: Note) -> bool:
    """Whether a detach is the second half of a pair: its function attached in a line before."""
    own = [n for n in _before_now(thread) if _is_by_same(n, note)]
    at = own.index(note) if note in own else 0
    a, b = own[at - 1].place if at else None, note.place
    if a is None or b is None or own[at - 1].call not in ENSURING | RESTORING:
        return False
    return a.line < b.line


def has_returned(evidence: Evidence, thread: Thread, note: Note) -> bool:
    """Whether the function that asked for a detach is over: it is on the stack no more, or in the
    same line again."""
    place = opener(evidence, thread, note)
    return place is not None and (place == thread.place or not is_on_stack(thread, place))


def attaches_again(evidence: Evidence, thread: Thread, note: Note) -> bool:
    """Whether the function that made a detach was seen to attach again itself: it is no helper."""
    return any(
        _is_by_same(detach, note) and _is_by_same(attach, note)
        for other in (thread, *evidence.others(thread), *evidence.ended)
        for detach, attach in gaps(other)
    )


def is_called_by_python(note: Note) -> bool:
    """Whether the function that made a call was called by Python."""
    outer = [frame.origin for frame in note.callers if frame.origin not in ("glue", "system")]
    others = [origin for origin in outer if origin != "program"]
    return outer[:1] == ["program"] and bool(others)


def extra_release(thread: Thread, note: Note) -> bool:
    """Whether a function released more than it had attached, in one call of it."""
    if note.call not in RELEASING:
        return False
    own = [n for n in _before_now(thread) if _is_same(n, note)]
    own = list(dropwhile(lambda n: n.call not in ENSURING, own))  # older notes are gone
    attached = sum(n.call in ENSURING for n in own)
    return 0 < attached < sum(n.call in RELEASING for n in own)


def loser(evidence: Evidence, thread: Thread, note: Note) -> Frame | None:
    """Who is on the stack and had attached before."""
    for other in reversed(_before_now(thread)):
        place = other.place
        if other.call in ENSURING and place is not None and not _is_same(other, note):
            return place if is_on_stack(thread, place) else None
    return None


def _before_now(thread: Thread) -> tuple[Note, ...]:
    last = thread.recent[-1] if thread.recent else None
    asked = thread.asked_python
    if last is None or asked is None or last.place != thread.place:
        return thread.recent
    is_it = last.call == asked.function or not asked.function.startswith("Py")
    return thread.recent[:-1] if is_it else thread.recent


def _is_by_same(one: Note, other: Note) -> bool:
    a, b = one.place, other.place
    return a is not None and b is not None and (a.function, a.file) == (b.function, b.file)


def _is_same(one: Note, other: Note) -> bool:
    """Made by the same function, at the same depth of the stack."""
    return _is_by_same(one, other) and one.frame == other.frame
