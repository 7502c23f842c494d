"""A crash inside Python, called by a thread that is not attached."""

from __future__ import annotations

import re

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding
from pynodes.diagnose.rules._holding import RESTORING, SAVING, holding
from pynodes.diagnose.rules._stuck import AFTER_FORK
from pynodes.diagnose.rules._words import help_to_attach
from pynodes.diagnose.rules.unmatched_release import LETTING_GO

# What may be called, or called to get attached, by a thread that is not.
FREE = re.compile(
    r"Py(Mem_Raw\w+|Gil\w+|GILState_\w+|Thread_\w+|ThreadState_(New|Swap|Ensure|Release)"
    r"|Eval_(Restore|Acquire|Init|Save|Release)\w*|InterpreterState_\w+)$"
    r"|Py_(Initialize\w*|Finalize\w*|IsInitialized|AddPendingCall|RunMain|BytesMain|Main|AtExit"
    r"|EndInterpreter|NewInterpreter\w*)$|_PyThreadState_(At|De)tach$|_PyRuntime|PyConfig_|PyPreConfig_"
)
_SWITCHING = RESTORING | SAVING | {"drop_gil", "take_gil", "_PyThreadState_Detach"}
_TEXT = re.compile(r"called with the GIL held|without holding the GIL|thread state is NULL")


def find(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    if thread is None or evidence.initialized is not True or evidence.finalizing:
        return
    asked, place = thread.asked_python, thread.place
    if asked is None or place is None or asked.function in LETTING_GO:
        return
    if not thread.is_in_python and evidence.signal != "SIGABRT":
        return
    said = bool(_TEXT.search(evidence.fatal_text))
    if asked.function == AFTER_FORK:
        return  # fork_while_attached
    if FREE.match(asked.function) or (thread.attach not in ("none", "detached") and not said):
        return
    if thread.calls(_SWITCHING) and (holding(thread) or not evidence.has_notes):
        return  # Python itself was just detaching it
    never = thread.attach == "none"
    sure = said or evidence.knows_current or not any(s.attached for s in evidence.states)
    holders = [t for t in evidence.holders if t is not thread]
    yield finding(
        thread,
        f"{thread.called} is called on a thread that is not attached",
        (
            "this thread has no thread state"
            if never
            else "the thread state of this thread is detached"
        )
        + ", so nothing keeps other threads away from the objects",
        help_to_attach(thread, place),
        ("crashed:", thread.title, thread.chain(6)),
        *(("is attached:", holder.title, holder.chain()) for holder in holders[:1]),
        sure=sure,
        unless=() if sure else ("the thread works with a thread state made on another one",),
    )
