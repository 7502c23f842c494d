"""A thread that another interpreter started attaches to the main one."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where


def find(evidence: Evidence) -> Findings:
    for seen in evidence.noted("wrong-interpreter"):
        if seen.other is None:
            continue
        thread, starter = seen.thread, seen.other
        place = thread.place
        yield finding(
            thread,
            f"a thread that interpreter {seen.value} has started attaches to the main interpreter",
            "PyGILState_Ensure on a thread without a thread state knows the main interpreter only:"
            " what runs there does not see the modules and objects of the one that asked for it",
            f"PyThreadState_New for the interpreter that is wanted and PyEval_RestoreThread"
            f"{where(place)}; on 3.15 PyThreadState_Ensure",
            ("attaches:", thread.title, thread.chain()),
            (f"started by {seen.value}:", starter.title, starter.chain()),
            unless=("the thread is meant to work for the main interpreter",),
            stops=False,
        )
