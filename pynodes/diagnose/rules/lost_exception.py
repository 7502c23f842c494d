"""The outermost `PyGILState_Release` deletes a thread state that has an exception."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Findings, finding, where


def find(evidence: Evidence) -> Findings:
    for seen in evidence.noted("lost-exception"):
        place = seen.thread.place
        often = f", {seen.times} times" if seen.times > 1 else ""
        yield finding(
            seen.thread,
            "an exception is lost: the thread lets go of Python while it is pending",
            "the outermost PyGILState_Release deletes the thread state, and with it the"
            f" {seen.text} that nobody had fetched, printed or cleared{often}",
            f"PyErr_Print, PyErr_Fetch or PyErr_Clear before the release{where(place)}",
            ("released by:", seen.thread.title, seen.thread.chain()),
            sure=True,
            stops=False,
        )
