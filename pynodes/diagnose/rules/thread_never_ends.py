"""`Py_FinalizeEx` or `Py_EndInterpreter` waits for a thread of `threading`, and nobody is left to
wake that, or that thread is gone: fork did not copy it, or it ended and left its thread state.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.look.python import StateLook
from pynodes.diagnose.rules._holding import line_that_stops
from pynodes.diagnose.rules._stuck import STOPPING, is_stuck, row_of


def find(evidence: Evidence) -> Findings:
    if evidence.crashed is not None or not all(map(_only_waits, evidence.threads)):
        return
    for thread in evidence.threads:
        if _joins_threads(thread) and all(is_stuck(evidence, t) for t in evidence.threads):
            awaited = tuple(t for t in evidence.others(thread) if _is_of_threading(t))
            gone = _gone(evidence, thread)
            if awaited:
                yield _finding(evidence, thread, awaited)
            elif gone and thread.python[0].function == "_shutdown":
                yield _of_gone(evidence, thread, gone)


def _gone(evidence: Evidence, thread: Thread) -> list[StateLook]:
    """Thread states of the interpreter that is stopped, of threads that are not there."""
    own = {state.interpreter for state in evidence.states if state.tid == thread.tid}
    return [s for s in evidence.states if s.interpreter in own and s.tid and not s.alive]


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


def _of_gone(evidence: Evidence, thread: Thread, gone: list[StateLook]) -> Finding:
    tids = ", ".join(str(state.tid) for state in gone[:4])
    is_copy = evidence.is_forked and all(state.tid in evidence.elsewhere for state in gone)
    place = thread.place if is_copy else line_that_stops(evidence, thread)
    help = f"let a thread that imported `threading`, or ran Python first, outlive{where(place)}"
    if is_copy:
        help = (
            f"in a child of fork leave by _exit{where(place, ' here')}, or exec; or fork between"
            " PyOS_BeforeFork and PyOS_AfterFork_Child, which tell `threading` who is left"
        )
    return finding(
        thread,
        "Python is stopped, and waits for a thread that is not there any more",
        f"`threading` waits for each thread that it knows of, and {tids} "
        + ("is in the parent only: fork copies one thread" if is_copy else "ended without its word")
        + "; no other thread is left that could wake it",
        help,
        ("stops Python:", thread.title, thread.chain(to=place)),
        ("is awaited:", f"thread {tids}", "gone; its thread state is left"),
        unless=("a signal, or another process, is to wake it",),
        at=place,
    )
