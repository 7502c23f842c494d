"""What keeps a thread attached, replayed from the witness's notes, and which line that is.

A function that attaches may be a helper: it returns attached on purpose, and another helper
detaches. Who means to be attached is then the function that calls both.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from pynodes.contract.table import Attach, that
from pynodes.diagnose.evidence import Evidence, Frame, Note, Thread

ENSURING = that(Attach.ENSURES)
RELEASING = that(Attach.RELEASES)
RESTORING = that(Attach.RESTORES)
SAVING = that(Attach.SAVES)
_HEADER = (".h", ".hh", ".hpp", ".hxx")


def holding(thread: Thread, *, before_last: bool = False) -> list[Note]:
    """The calls by which the thread is attached, outermost first; empty when it is not.

    A detach and an attach in one function are a gap in what is around them. `before_last`: as it
    was before the last call.
    """
    notes = thread.recent[:-1] if before_last else thread.recent
    held: list[Note] = []
    gaps: list[tuple[Note, list[Note]]] = []
    for note in notes:
        if note.call in ENSURING or note.call == "Py_Initialize":
            held.append(note)
        elif note.call in RELEASING:
            _close(held, note)
        elif note.call.startswith("Py_NewInterpreter"):
            held = [note]  # attached to the new one from here on
        elif note.call in SAVING:
            gaps.append((note, held))
            held = []
        elif note.call in RESTORING:
            gap, kept = gaps.pop() if gaps else (None, [])
            held = kept if gap is not None and kept and _same_caller(gap, note) else [note]
    if not held and not gaps and not before_last:
        held = list(thread.open)
    return held


def taken(thread: Thread) -> Note | None:
    """The call by which the thread took a thread state that it has not given back."""
    last = next((n for n in reversed(thread.recent) if n.call in RESTORING | SAVING), None)
    return last if last is not None and last.call in RESTORING else None


def opener(evidence: Evidence, thread: Thread, note: Note) -> Frame | None:
    """The line that asked for this attach: of the helper's caller, if it was made by a helper."""
    callers = note.callers[_level(evidence, thread, note) :] or note.callers
    return next((frame for frame in callers if frame.origin == "program"), None)


def left_open(evidence: Evidence, thread: Thread) -> Note | None:
    """The last Ensure that keeps the thread attached though who made it has returned."""
    held = holding(thread)
    if held and held[0].call == "Py_Initialize":
        return None  # attached anyway
    for note in reversed(held):
        asked = opener(evidence, thread, note)
        if note.call in ENSURING and asked is not None and not is_on_stack(thread, asked):
            return None if _is_in_use(thread, note) else note
    return None


def _is_in_use(thread: Thread, note: Note) -> bool:
    """Whether Python was called under who asked for the attach, and has called the program since:
    then that is attached, and rightly so."""
    called = _called_by_python(thread)
    found = (_index(thread, frame) for frame in note.callers if frame.origin == "program")
    outer = next((i for i in found if i is not None), None)
    return called is not None and outer is not None and outer > called


def is_on_stack(thread: Thread, frame: Frame) -> bool:
    return _index(thread, frame) is not None


def line_to_change(evidence: Evidence, thread: Thread) -> Frame | None:
    """Where an attached thread goes off to do what it should do detached.

    The function that is attached, because Python called it or because it attached, calls something
    that waits. When that lies deeper than in a function of its own it is a matter of others, who
    need not know of Python: then the line is the one in the attached function.
    """
    called = _called_by_python(thread)
    inside = thread.frames[: called + 1] if called is not None else thread.frames
    own = [i for i, frame in enumerate(inside) if frame.origin == "program"]
    named = [i for i in own if thread.frames[i].line] or own  # not a library without lines
    shown = [i for i in named if not thread.frames[i].file.endswith(_HEADER)] or named
    if not shown:
        return None
    return _innermost_or(thread, shown, min(_attached_frames(evidence, thread), default=None))


def attached_function(evidence: Evidence, thread: Thread) -> Frame | None:
    """The innermost function that is attached and knows it, where it goes off to do other work."""
    found = min(_attached_frames(evidence, thread), default=None)
    return thread.frames[found] if found is not None else thread.place


def line_that_stops(evidence: Evidence, thread: Thread) -> Frame | None:
    """Where Python is stopped: of the function that starts it too, unless that is next to it."""
    shown = [i for i, frame in enumerate(thread.frames) if frame.origin == "program"]
    starts = None
    if evidence.started is not None and evidence.starter == thread.tid:
        callers = [frame for frame in evidence.started.callers if frame.origin == "program"]
        starts = next((i for f in callers if (i := _index(thread, f)) is not None), None)
    return _innermost_or(thread, shown, starts) if shown else None


def _innermost_or(thread: Thread, shown: list[int], other: int | None) -> Frame:
    depth = sum(shown[0] < i <= other for i in shown) if other is not None else 0
    return thread.frames[other if other is not None and depth > 1 else shown[0]]


def _attached_frames(evidence: Evidence, thread: Thread) -> Iterator[int]:
    """Frames of functions that are attached and know it.

    Not those that take back a state they kept: they attach for whatever they call, and that knows.
    """
    called = _called_by_python(thread)
    if called is not None:
        yield called
    for note in holding(thread):
        if note.call in RESTORING:
            continue
        level = _level(evidence, thread, note)
        for caller in note.callers[level:]:
            found = _index(thread, caller) if caller.origin == "program" else None
            if found is not None:
                yield found
                break


def _called_by_python(thread: Thread) -> int | None:
    """The innermost function of the program that Python called."""
    program = None
    for i, frame in enumerate(thread.frames):
        if frame.origin == "program":
            program = i
        elif frame.origin == "python" and program is not None:
            return program
    return None


def _level(evidence: Evidence, thread: Thread, note: Note) -> int:
    """How many of the callers of an attach are helpers that return attached; or of a detach."""
    pairs = gaps if note.call in RELEASING | SAVING else _pairs
    for other in (thread, *evidence.others(thread), *evidence.ended):
        for first, second in pairs(other):
            if first is note or not _same_caller(first, note):
                continue
            closing = {(frame.function, frame.file) for frame in second.callers}
            for level, frame in enumerate(first.callers):
                if frame.origin == "program" and (frame.function, frame.file) in closing:
                    return level
    *scope, name = note.callers[0].function.split("::") if note.callers else ("",)
    return (
        1 if scope and scope[-1].removesuffix("<...>") == name else 0
    )  # a constructor: the guard of a scope


def _pairs(thread: Thread) -> Iterator[tuple[Note, Note]]:
    """Each attach with the detach that came next."""
    return _in_turn(thread, ENSURING | RESTORING, RELEASING | SAVING)


def gaps(thread: Thread) -> Iterator[tuple[Note, Note]]:
    """Each detach with the attach that came next."""
    return _in_turn(thread, RELEASING | SAVING, ENSURING | RESTORING)


def _in_turn(
    thread: Thread, before: Container[str], after: Container[str]
) -> Iterator[tuple[Note, Note]]:
    """Each last call of some with the first of others that followed."""
    last = None
    for note in thread.recent:
        if note.call in before:
            last = note
        elif note.call in after and last is not None:
            yield last, note
            last = None


def _close(held: list[Note], note: Note) -> None:
    ensured = [other for other in held if other.call in ENSURING]
    own = [other for other in ensured if _same_caller(other, note)] or ensured
    if own:
        held.remove(own[-1])


def _same_caller(one: Note, other: Note) -> bool:
    if not one.callers or not other.callers:
        return False
    a, b = one.callers[0], other.callers[0]
    return (a.function, a.file) == (b.function, b.file)


def _index(thread: Thread, frame: Frame) -> int | None:
    return next(
        (
            i
            for i, other in enumerate(thread.frames)
            if (other.function, other.file) == (frame.function, frame.file)
        ),
        None,
    )
