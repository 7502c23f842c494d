"""An exception is pending when the last release deletes the thread state that keeps it."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Confidence, Finding, where

FAMILY = "lost-exception"


def find(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.incidents:
        if seen.kind != FAMILY or seen.thread.place is None:
            continue
        place = seen.thread.place
        often = f", {seen.times} times" if seen.times > 1 else ""
        yield Finding(
            FAMILY,
            Confidence.CERTAIN,
            "an exception is lost: the thread lets go of Python while it is pending",
            place,
            seen.thread.title,
            "the outermost PyGILState_Release deletes the thread state, and with it the"
            f" {seen.text} that nobody had looked at{often}",
            f"PyErr_Print, PyErr_Fetch or PyErr_Clear before the release{where(place)}",
            (("released by:", seen.thread.title, seen.thread.chain()),),
            stops=False,
        )
