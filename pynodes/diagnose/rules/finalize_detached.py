"""`Py_FinalizeEx` on a thread that is not attached."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.rules._stuck import ENDING, STOPPING
from pynodes.diagnose.rules._words import LENT


def find(evidence: Evidence) -> Findings:
    for seen in evidence.noted("finalize-detached"):
        yield finding(
            seen.thread,
            "Python is stopped by a thread that is not attached",
            "Py_FinalizeEx works with the thread state that is attached to its thread, and none is",
            f"PyGILState_Ensure before{where(seen.thread.place)}; there is no release after it",
            ("stopped by:", seen.thread.title, seen.thread.chain()),
            sure=True,
            stops=False,
        )
    thread = evidence.crashed
    if thread is None or thread.attach not in ("none", "detached"):
        return
    asked = thread.asked_python
    if asked is None or asked.function not in STOPPING - {ENDING} or evidence.finalizing:
        return  # past its first look at the thread state it was attached
    sure = evidence.knows_current or not any(state.attached for state in evidence.states)
    yield finding(
        thread,
        "Python is stopped by a thread that is not attached",
        "Py_FinalizeEx works with the thread state that is attached to its thread, and none is",
        f"PyGILState_Ensure before{where(thread.place)}; there is no release after it",
        ("crashed:", thread.title, thread.chain(6)),
        sure=sure,
        unless=LENT,
    )
