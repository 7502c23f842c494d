"""`Py_FinalizeEx` on another thread than the one that started Python."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.rules._stuck import is_frozen


def find(evidence: Evidence) -> Findings:
    for seen in evidence.noted("finalize-elsewhere"):
        if seen.other is None:
            continue
        thread, starter = seen.thread, seen.other
        place = _place(thread)
        yield finding(
            thread,
            "Python is stopped on another thread than the one that started it",
            "for Python the thread that started it is the main one: threading, exit handlers and"
            " signals count on it, and Py_FinalizeEx belongs there",
            f"Py_FinalizeEx on the thread that started Python{where(starter.place)}; let that one"
            f" wait for what{where(place)} has to say",
            ("stops Python:", thread.title, thread.chain(6)),
            ("started it:", starter.title, starter.chain()),
            sure=True,
            stops=is_frozen(evidence),
            at=place,
        )


def _place(thread: Thread) -> Frame:
    """The thread's own function where it does little else, else the one that stops Python."""
    own = [frame for frame in thread.frames if frame.origin == "program"]
    return own[-1] if len(own) < _DEEP else own[0]


_DEEP = 4
