"""What several rules ask of a process: who stops Python, who is stuck, and what keeps them."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Thread
from pynodes.diagnose.look.python import StateLook

ENDING = "Py_EndInterpreter"
AFTER_FORK = "PyOS_AfterFork_Child"
IDLE_MS = 8000  # who waited in one place for so long, while others did, has nothing to do with them
STOPPING = frozenset({"Py_FinalizeEx", "_Py_Finalize", "Py_Finalize", ENDING})
# Waits that only another thread ends.
_BY_OTHERS = frozenset({"join", "mutex", "condition", "semaphore", "barrier", "futex"})


def is_stuck(evidence: Evidence, thread: Thread) -> bool:
    """Nothing but another thread of the process can wake it."""
    if evidence.needs(thread) is not None or thread.attach == "hangs":
        return True
    return thread.wait is not None and thread.wait.kind in _BY_OTHERS and not thread.wait.timed


def is_frozen(evidence: Evidence) -> bool:
    """Whether nothing in the process will ever move again by itself."""
    return bool(evidence.threads) and all(is_stuck(evidence, t) for t in evidence.threads)


def was_cut_off(evidence: Evidence, thread: Thread) -> bool:
    """Whether a thread waits for a Python that is gone, in a call that it made before."""
    asked = thread.asked_python
    return (
        evidence.initialized is False
        and bool(evidence.was_initialized)
        and thread.attach in ("waits", "hangs")
        and bool(thread.open)
        and asked is not None
        and asked.function != "PyGILState_Ensure"
    )


def kept_for_ever(evidence: Evidence) -> Iterator[Thread]:
    """Threads that Python does not let go on, but for those that the witness saw get there."""
    noted = {seen.thread.tid for seen in evidence.incidents if seen.kind == "kept-by-python"}
    for thread in evidence.threads:
        if thread.attach == "hangs" and thread.place is not None and thread.tid not in noted:
            yield thread


def nobody_else_moves(evidence: Evidence, thread: Thread) -> bool:
    """No other thread can do a thing for one that is attached, and one of them wants to be."""
    idle_ms = IDLE_MS if kept_ms(evidence, thread) >= IDLE_MS else 0
    return bool(evidence.waiting) and all(
        is_stuck(evidence, other)
        or _comes_back_to_python(other)
        or (idle_ms and other.wait is not None and other.same_ms >= idle_ms)
        for other in evidence.others(thread)
    )


def _comes_back_to_python(thread: Thread) -> bool:
    """It sleeps in a function of Python's own, and attaches once that is over."""
    return thread.attach == "detached" and thread.is_in_python and thread.wait is not None


def kept_ms(evidence: Evidence, thread: Thread) -> int:
    """For how long a thread has kept others from Python, as far as that was seen."""
    own = _gils(evidence, thread)
    return max((ms for gil, ms in evidence.kept if gil in own), default=0)


def rivals(evidence: Evidence, holder: Thread) -> tuple[Thread, ...]:
    """Threads that wait to be attached to what the holder keeps."""
    if evidence.free_threaded and not any(i.enabled for i in evidence.interpreters):
        return evidence.waiting if evidence.stop_requested else ()
    wanted = _gils(evidence, holder)
    return tuple(
        thread
        for thread in evidence.waiting
        if not wanted or not _gils(evidence, thread) or wanted & _gils(evidence, thread)
    )


def _gils(evidence: Evidence, thread: Thread) -> set[int]:
    numbers = {state.interpreter for state in evidence.states if state.tid == thread.tid}
    return {i.gil for i in evidence.interpreters if i.number in numbers}


def kept_states(evidence: Evidence) -> list[StateLook]:
    """The thread states that keep others from attaching.

    Of each GIL that is taken the one that took it last; without a GIL those that are attached while
    a stop of all threads is awaited.
    """
    found = {}
    if evidence.free_threaded and evidence.stop_requested:
        found = {state.address: state for state in evidence.states if state.attached}
    for interpreter in evidence.interpreters:
        state = evidence.state(interpreter.holder)
        if interpreter.locked and interpreter.enabled and state is not None:
            found[state.address] = state
    return list(found.values())


def row_of(threads: tuple[Thread, ...], label: str) -> tuple[tuple[str, str, str], ...]:
    """One line for threads that stand in the same place."""
    groups: dict[str, list[Thread]] = {}
    for thread in threads:
        groups.setdefault(thread.chain(), []).append(thread)
    return tuple((label, _names(group), chain) for chain, group in groups.items())


def _names(threads: list[Thread]) -> str:
    if len(threads) == 1:
        return threads[0].title
    numbers = sorted(thread.number for thread in threads)
    if numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"threads {numbers[0]}-{numbers[-1]}"
    return "threads " + ", ".join(map(str, numbers))
