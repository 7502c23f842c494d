"""Python is stopped on another thread than the one that started it."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Confidence, Finding, where

FAMILY = "finalize-elsewhere"


def find(evidence: Evidence) -> Iterator[Finding]:
    for seen in evidence.incidents:
        if seen.kind != "finalized-elsewhere" or seen.other is None:
            continue
        thread, starter = seen.thread, seen.other
        if thread.place is None:
            continue
        yield Finding(
            FAMILY,
            Confidence.CERTAIN,
            "Python is stopped on another thread than the one that started it",
            thread.place,
            thread.title,
            "for Python the thread that started it is the main one: threading, exit handlers and"
            " signals count on it, and Py_FinalizeEx belongs there",
            f"Py_FinalizeEx on the thread that started Python{where(starter.place)}; let that one"
            f" wait for what{where(thread.place)} has to say",
            (
                ("stops Python:", thread.title, thread.chain(6)),
                ("started it:", starter.title, starter.chain()),
            ),
            stops=False,
        )
