"""`Py_FinalizeEx` waits for a thread of `threading`, and nobody is left to wake that."""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._holding import line_that_stops
from pynodes.diagnose.rules._stuck import STOPPING, is_stuck, row_of


def find(evidence: Evidence) -> Findings:
    if evidence.crashed is not None or not all(map(_only_waits, evidence.threads)):
        return
    for thread in evidence.threads:
        if _joins_threads(thread) and all(is_stuck(evidence, t) for t in evidence.threads):
            awaited = tuple(t for t in evidence.others(thread) if _is_of_threading(t))
            if awaited:
                yield _finding(evidence, thread, awaited)


def _only_waits(thread: Thread) -> bool:
    return thread.attach not in ("waits", "attached", "hangs")


def _joins_threads(thread: Thread) -> bool:
    """It stops Python, or the program `python` ends, and that has got to `threading._shutdown`."""
    stops = thread.calls(STOPPING) or thread.place is None
    return stops and any(_is_threading(f) and f.function == "_shutdown" for f in thread.python)


def _is_of_threading(thread: Thread) -> bool:
    return bool(thread.python) and _is_threading(thread.python[-1])


def _is_threading(frame: Frame) -> bool:
    return frame.file.endswith("/threading.py") or frame.file == "<frozen threading>"


def _finding(evidence: Evidence, thread: Thread, awaited: tuple[Thread, ...]) -> Finding:
    script = next((frame for frame in awaited[0].python if not _is_threading(frame)), None)
    place = line_that_stops(evidence, thread) or script
    stack = script.where if script is not None else awaited[0].chain()
    return finding(
        thread,
        "Python is stopped, and waits for a thread that a script has started and nobody ends",
        f"Py_FinalizeEx joins every thread of `threading` that is not a daemon; {awaited[0].title}"
        f" waits in {stack}, and no other thread is left that could wake it",
        f"ask the threads of scripts to end before{where(place)}, or start them with daemon=True",
        ("stops Python:", thread.title, thread.chain(to=place)),
        *row_of(awaited, "is awaited:"),
        unless=("a signal, or another process, is to wake it",),
        at=place,
    )
