"""The program calls a Python object while an exception is pending, which that may clear or replace.
Seen by `pynodes check` alone.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where


def find(evidence: Evidence) -> Findings:
    for seen in evidence.noted("exception-pending"):
        other = seen.other
        came = other.place if other is not None else None
        facts = [("called by:", seen.thread.title, seen.thread.chain())]
        if other is not None:
            facts.append(("came from:", other.title, other.chain()))
        before = where(came, " before it")
        yield finding(
            seen.thread,
            "Python is called while an exception is pending",
            f"{seen.text} is pending on this thread, of an earlier call that failed, unhandled:"
            " what runs now may clear it or replace it, and ends as SystemError where it is found",
            f"PyErr_Print, PyErr_WriteUnraisable or PyErr_Clear after the call{before}, or return"
            f" to Python with the exception; PyErr_Fetch and PyErr_Restore around the call"
            f"{where(seen.thread.place)} where both are meant",
            *facts,
            sure=True,
            stops=False,
        )
