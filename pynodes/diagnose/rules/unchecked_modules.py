"""Interpreters with a GIL each share what a module keeps: nobody asked whether it bears that."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Note, Thread
from pynodes.diagnose.finding import Confidence, Finding, where
from pynodes.diagnose.rules._holding import opener

FAMILY = "shared-between-interpreters"
_OWN_GIL, _UNCHECKED = 1, 2


def find(evidence: Evidence) -> Iterator[Finding]:
    thread = evidence.crashed
    if thread is None or evidence.initialized is not True:
        return
    if not thread.is_in_python and evidence.signal != "SIGABRT":
        return
    made = [
        (other, note)
        for other in (*evidence.threads, *evidence.ended)
        for note in other.recent
        if note.call == "Py_NewInterpreterFromConfig"
        and note.value & (_OWN_GIL | _UNCHECKED) == _OWN_GIL | _UNCHECKED
    ]
    if len(made) > 1:
        mine = next((pair for pair in made if pair[0] is thread), made[0])
        yield _finding(evidence, thread, *mine)


def _finding(evidence: Evidence, thread: Thread, maker: Thread, note: Note) -> Finding:
    place = opener(evidence, maker, note)
    stack = " <- ".join(frame.where for frame in note.callers[:3])
    return Finding(
        FAMILY,
        Confidence.LIKELY,
        "interpreters with a GIL each share what a module keeps, since the check is off",
        place,
        thread.title,
        "a module that was written for one interpreter keeps objects in static variables; with"
        " check_multi_interp_extensions = 0 it loads all the same, and two interpreters change one"
        " object's count at the same time",
        f"check_multi_interp_extensions = 1 in the configuration{where(place)}; the ImportError"
        " names the module, which needs its state per interpreter",
        (
            ("crashed:", thread.title, thread.chain(6)),
            ("made by:", maker.title, f"{note.call} <- {stack}"),
        ),
        ("objects are handed from one interpreter to another", "the crash has another cause"),
    )
