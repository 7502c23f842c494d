"""Python's handler took a signal, and the main thread stays in C."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where
from pynodes.diagnose.rules._stuck import is_frozen


def find(evidence: Evidence) -> Findings:
    """Where threads wait for each other to detach, that is what keeps the main one."""
    if not evidence.signaled or evidence.crashed is not None or evidence.waiting:
        return
    main = evidence.thread(evidence.main)
    if main is None or main.place is None or main.is_in_python:
        return
    asked = evidence.trigger == "interrupt"
    if not asked and (main.wait is None or not is_frozen(evidence)):
        return  # it may come back and look
    doing = "waits" if main.wait is not None else "is at work"
    yield finding(
        main,
        f"a signal is lost on Python: the main thread {doing} in C and does not look at it",
        "Python's handler only sets a flag; KeyboardInterrupt, or what else was asked for, comes"
        " when the main thread next runs Python code, and it does not",
        f"wake up now and then{where(main.place)} and call PyErr_CheckSignals attached, or start"
        " Python with install_signal_handlers = 0 and handle the signal in C",
        (f"{doing}:", main.title, main.chain(6)),
        unless=(f"the main thread will come back{where(main.place)} by itself",),
        settled=False,
    )
