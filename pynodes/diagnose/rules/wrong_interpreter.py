"""PyGILState_Ensure takes a thread to the main interpreter that another interpreter has started."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Confidence, Finding, where

FAMILY = "wrong-interpreter"


def find(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.incidents:
        if seen.kind != FAMILY or seen.other is None or seen.thread.place is None:
            continue
        thread, starter = seen.thread, seen.other
        place = thread.place
        yield Finding(
            FAMILY,
            Confidence.LIKELY,
            f"a thread that interpreter {seen.value} has started attaches to the main interpreter",
            place,
            thread.title,
            "PyGILState_Ensure on a thread without a thread state knows the main interpreter only:"
            " what runs there does not see the modules and objects of the one that asked for it",
            f"PyThreadState_New for the interpreter that is wanted and PyEval_RestoreThread"
            f"{where(place)}; on 3.15 PyThreadState_Ensure",
            (
                ("attaches:", thread.title, thread.chain()),
                (f"started by {seen.value}:", starter.title, starter.chain()),
            ),
            ("the thread is meant to work for the main interpreter",),
            stops=False,
        )
