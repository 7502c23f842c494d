"""Exceptions that one line took from Python are all still there when Python is stopped."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where


def find(evidence: Evidence) -> Findings:
    for seen in evidence.noted("exception-kept"):
        yield finding(
            seen.thread,
            "exceptions are taken from Python and never given back",
            f"of {seen.value} exceptions ({seen.text} is one) that were taken there, nearly all of"
            " the last were still there when Python was stopped, and no object of Python's refers"
            " to them: each keeps its traceback, and that the frames with all that is local to"
            " them",
            f"Py_DECREF of what was taken{where(seen.thread.place)}, or PyErr_Clear there when"
            " nothing of it is wanted",
            ("taken by:", seen.thread.title, seen.thread.chain()),
            unless=("they are kept on purpose, to be looked at when Python has been stopped",),
            stops=False,
        )
