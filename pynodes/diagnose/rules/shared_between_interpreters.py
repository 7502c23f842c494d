"""An interpreter with memory of its own frees what is not in it."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where

_REFUSING = frozenset({"malloc_printerr", "munmap_chunk", "free", "cfree", "_int_free"})
_GIVING_UP = frozenset({"fatal_error", "_Py_FatalErrorFunc", "_Py_FatalErrorFormat"})
_FREEING = frozenset(
    {"_PyObject_Free", "PyObject_Free", "_PyMem_RawFree", "PyMem_Free", "PyObject_GC_Del"}
)


def find(evidence: Evidence) -> Findings:
    """An interpreter with a GIL of its own has memory of its own too: what is not in it is handed
    to the C library, which knows nothing of it."""
    thread = evidence.crashed
    if thread is None or evidence.initialized is not True or thread.place is None:
        return
    gils = {i.gil for i in evidence.interpreters if i.gil}
    if len(gils) > 1 and _was_refused(thread) and not thread.calls(_GIVING_UP):
        yield _finding(thread, thread.place)


def _was_refused(thread: Thread) -> bool:
    inner = next((i for i, f in enumerate(thread.frames) if f.origin != "system"), 0)
    return (
        any(frame.function in _REFUSING for frame in thread.frames[:inner])
        and thread.frames[inner].function in _FREEING
    )


def _finding(thread: Thread, place: Frame) -> Finding:
    return finding(
        thread,
        "an object is dropped by another interpreter than the one that made it",
        "each interpreter with a GIL of its own has its own memory; this one frees what is not in"
        f" its memory, on behalf of {place.function}",
        f"keep what{where(place, ' that')} drops per interpreter: in the module's state, not in a"
        " static variable; and leave the check on that refuses such modules there",
        ("crashed:", thread.title, thread.chain(6)),
        unless=("the memory was freed before, or overwritten",),
    )
