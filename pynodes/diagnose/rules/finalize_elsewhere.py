"""Python is stopped on another thread than the one that started it."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Confidence, Finding, where
from pynodes.diagnose.rules._stuck import is_frozen

FAMILY = "finalize-elsewhere"


def find(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.incidents:
        if seen.kind != FAMILY or seen.other is None:
            continue
        thread, starter = seen.thread, seen.other
        place = _place(thread)
        if place is None:
            continue
        yield Finding(
            FAMILY,
            Confidence.CERTAIN,
            "Python is stopped on another thread than the one that started it",
            place,
            thread.title,
            "for Python the thread that started it is the main one: threading, exit handlers and"
            " signals count on it, and Py_FinalizeEx belongs there",
            f"Py_FinalizeEx on the thread that started Python{where(starter.place)}; let that one"
            f" wait for what{where(place)} has to say",
            (
                ("stops Python:", thread.title, thread.chain(6)),
                ("started it:", starter.title, starter.chain()),
            ),
            stops=is_frozen(evidence),
        )


def _place(thread: Thread) -> Frame | None:
    """The thread's own function where it does little else, else the one that stops Python."""
    own = [frame for frame in thread.frames if frame.origin == "program"]
    return (own[-1] if len(own) < _DEEP else own[0]) if own else None


_DEEP = 4
