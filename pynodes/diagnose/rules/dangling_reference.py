"""An attached thread gives Python an object that has been freed."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.look.threads import ObjectLook
from pynodes.diagnose.rules._holding import RESTORING, SAVING


def find(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    if thread is None or evidence.initialized is not True or thread.attach != "attached":
        return
    asked, place = thread.asked_python, thread.place
    if asked is None or place is None or not thread.is_in_python:
        return
    if any(frame.origin == "program" for frame in thread.frames[: thread.frames.index(asked)]):
        return
    if _is_ending(thread):
        return
    depth, outside = thread.frames.index(asked), thread.frames.index(place)
    known = [o for o in thread.objects if not o.local]
    # where Python's arguments cannot be seen: a variable that it had in a register when it crashed
    kept = [o for o in thread.objects if o.local and o.frame == outside]
    handed = [
        *(o for o in known if o.frame in (depth, outside)),
        *kept,
        *(o for o in known if _is_passed_on(thread, known, o, depth)),
    ]
    spoilt = next((o for o in [*handed, *known] if _is_spoilt(evidence, thread, o)), None)
    unreadable = spoilt is None and _only_looked(evidence, thread, depth)
    if spoilt is None and not unreadable:
        return
    given = next((o.address for o in known if o.frame == depth), 0)
    if spoilt in handed and spoilt is not None:
        given = spoilt.address
    place = _keeper(thread, given) or place
    gap = _gap(thread, place)
    if spoilt not in handed and not unreadable and gap is None:
        return
    since = f"; {place.function} was detached{where(gap)}, with the object in hand" if gap else ""
    place = gap or place
    direct = unreadable or spoilt in handed
    what = thread.called if direct else f"Python, under {thread.called},"
    yield finding(
        thread,
        f"{what} is given an object that has been freed",
        f"{_what_is_left(spoilt)}{since}",
        f"keep a reference of its own (Py_NewRef) from where the object is got until"
        f"{where(place, ' that call')},"
        " at least across every release of Python in between",
        ("crashed:", thread.title, thread.chain(6, to=place)),
        unless=(
            "a reference was given back twice (Py_DECREF of a borrowed one)",
            "memory was overwritten by other code",
        ),
        at=place,
    )


def _keeper(thread: Thread, address: int) -> Frame | None:
    """The innermost function of the program that did not get the object from its caller."""
    for depth, frame in enumerate(thread.frames):
        given = [o for o in thread.objects if o.frame == depth and not o.local]
        if frame.origin != "program":
            continue
        if not any(o.address == address or o.gone for o in given):
            return frame
    return None


def _gap(thread: Thread, user: Frame) -> Frame | None:
    """Where the function that uses the object was detached, a few lines earlier in the same run."""
    detached = None
    for note in reversed(thread.recent):
        own = (f for f in note.callers if (f.function, f.file) == (user.function, user.file))
        line = next(own, None)
        if line is None:
            return None
        if note.call in RESTORING and detached is None:
            detached = line
        elif note.call in SAVING and detached is not None:
            return line if line.line < detached.line < user.line else None
        else:
            return None
    return None


def _is_spoilt(evidence: Evidence, thread: Thread, known: ObjectLook) -> bool:
    if not known.address:
        return False
    dead = known.references == 0 and not evidence.free_threaded
    return known.type is None or (dead and not _ends_here(thread, known))


def _ends_here(thread: Thread, known: ObjectLook) -> bool:
    """Whether it is an object whose end is under way, further out."""
    return any(
        other.address == known.address
        and other.frame >= known.frame
        and thread.frames[other.frame].function.endswith("ealloc")
        for other in thread.objects
    )


def _is_ending(thread: Thread) -> bool:
    """Inside the end of an object, whose count is zero rightly."""
    outer = thread.outer_python
    return outer is not None and outer.function.endswith(("ealloc", "_finalize"))


_LOOKING = frozenset(
    {
        "Py_TYPE",
        "Py_IS_TYPE",
        "Py_INCREF",
        "Py_XINCREF",
        "PyType_GetFlags",
        "PyType_HasFeature",
        "PyObject_TypeCheck",
        "PyCallable_Check",
        "PyVectorcall_Function",
        "_PyVectorcall_FunctionInline",
        "_Py_IsImmortal",
    }
)


def _only_looked(evidence: Evidence, thread: Thread, depth: int) -> bool:
    """Python had done nothing yet but look what kind of object it is; NULL is another mistake."""
    null = evidence.fault is not None and evidence.fault < _HEAD
    first = thread.frames[0]
    looked = first.function in _LOOKING or depth == 0
    ran = any(frame.function.startswith("_PyEval_") for frame in thread.frames[:depth])
    return evidence.signal == "SIGSEGV" and looked and not (null or ran)


_HEAD = 16  # reference count and type: what NULL would be read for


def _what_is_left(spoilt: ObjectLook | None) -> str:
    if spoilt is None:
        return "it crashed in the first look at what it was given, which is not an object"
    count = "unreadable" if spoilt.references is None else spoilt.references
    if spoilt.type is not None:
        return f"nothing refers to the {spoilt.type} at {spoilt.address:#x}: its count is zero"
    return (
        f"what lies at {spoilt.address:#x} is not a Python object: it has no type"
        f" (reference count {count})"
    )


def _is_passed_on(thread: Thread, known: list[ObjectLook], passed: ObjectLook, depth: int) -> bool:
    """Whether an object further in came from the program: nothing but passing on lies between, and
    what the function got that the program called cannot be seen."""
    between = [frame.function for frame in thread.frames[passed.frame : depth]]
    given = [o for o in known if o.frame == depth]
    if any(o.gone for o in given):
        return not any(function.startswith("_PyEval_") for function in between)
    return not given and all(function in _LOOKING for function in between)
