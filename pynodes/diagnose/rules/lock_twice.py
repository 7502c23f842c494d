"""An attached thread waits for a mutex that it holds itself, in a function that Python called: the
end of an object, for one.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._stuck import rivals, row_of


def find(evidence: Evidence) -> Findings:
    """A lock taken twice without Python in between is a matter of the program alone."""
    for thread in evidence.holders:
        wait = thread.wait
        if wait is None or wait.kind != "mutex" or wait.on != thread.tid:
            continue
        place = _caller_of_python(thread)
        if place is not None and thread.place is not None and not thread.is_in_python:
            yield _finding(evidence, thread, place)


def _caller_of_python(thread: Thread) -> Frame | None:
    """The function of the program that called the Python that called the innermost one."""
    python = thread.outer_python
    outer = thread.frames[thread.frames.index(python) :] if python is not None else ()
    return next((frame for frame in outer if frame.origin == "program"), None)


def _finding(evidence: Evidence, thread: Thread, place: Frame) -> Finding:
    again = thread.place
    return finding(
        thread,
        "a thread waits for a lock that it holds itself, in a function that Python called",
        f"{place.function} called Python with the lock held, and Python came back to"
        f" {again.function if again else 'the program'}, which takes the same lock",
        f"let go of the lock before Python is called{where(place)} (drop and call objects outside"
        f" of it), or do not take it{where(again)}",
        ("waits for itself:", thread.title, thread.chain(6, to=place)),
        *row_of(rivals(evidence, thread), "waits for it:"),
        unless=("an earlier call on this thread took the lock and never gave it back",),
        at=place,
    )
