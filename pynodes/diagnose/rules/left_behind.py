"""What the program took from Python and never gave back, again and again."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Incident
from pynodes.diagnose.finding import Confidence, Finding, where
from pynodes.diagnose.rules.missing_release import FAMILY as OPEN

KEPT = "exception-kept"
THREADS = 8  # that left a state, made by one line
IN_A_ROW = 4  # of them, each of which began when another had ended: threads of a pool end together


def find(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.incidents:
        if seen.thread.place is None:
            continue
        if seen.kind == "state-left" and seen.times >= THREADS and seen.value >= IN_A_ROW:
            yield _states(seen)
        elif seen.kind == KEPT:
            yield _exceptions(seen)


def _states(seen: Incident) -> Finding:
    place = seen.thread.place
    name = f"{seen.times} threads that have ended"
    return Finding(
        OPEN,
        Confidence.LIKELY,
        "threads attach, let go of Python and end, and leave their thread states behind",
        place,
        name,
        f"{seen.times} times a thread ended detached, with the PyGILState_Ensure below unpaired;"
        " its thread state, and what Python keeps for the thread, stays until Python is stopped",
        f"PyGILState_Release for the PyGILState_Ensure{where(place)}; PyEval_SaveThread is for"
        " threads that come back",
        (("attached by:", name, seen.thread.chain()),),
        ("other threads take the states over and delete them later",),
        stops=False,
    )


def _exceptions(seen: Incident) -> Finding:
    place = seen.thread.place
    return Finding(
        KEPT,
        Confidence.LIKELY,
        "exceptions are taken from Python and never given back",
        place,
        seen.thread.title,
        f"of {seen.value} exceptions ({seen.text} is one) that were taken there, nearly all of the"
        " last were still there when Python was stopped, and no object of Python's refers to them:"
        " each keeps its traceback, and that the frames with all that is local to them",
        f"Py_DECREF of what was taken{where(place)}, or PyErr_Clear there when nothing of it is"
        " wanted",
        (("taken by:", seen.thread.title, seen.thread.chain()),),
        ("they are kept on purpose, to be looked at when Python has been stopped",),
        stops=False,
    )
