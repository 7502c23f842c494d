"""One thread state is attached by two threads at the same time."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.evidence import Evidence, Frame, Incident, Note, Thread
from pynodes.diagnose.finding import Confidence, Finding, where
from pynodes.diagnose.rules._holding import RESTORING, SAVING
from pynodes.diagnose.rules._stuck import is_frozen
from pynodes.diagnose.rules.thread_state import MISUSE


def find(evidence: Evidence) -> Iterator[Finding]:
    seen = next((one for one in evidence.incidents if one.kind == "state-of-two"), None)
    if seen is not None and seen.thread.place is not None and seen.other is not None:
        yield _noted(evidence, seen, seen.thread.place, seen.other)
        return
    if evidence.initialized is False:
        return
    users: dict[int, list[tuple[Thread, Note]]] = {}
    for thread in evidence.threads:
        note = _attached_by(thread)
        if note is not None and _is_inside(thread):
            users.setdefault(note.state, []).append((thread, note))
    for state, found in users.items():
        if len(found) > 1 and _is_consequence(evidence, [thread for thread, _ in found]):
            yield _finding(evidence, state, found)


def _noted(evidence: Evidence, seen: Incident, place: Frame, other: Thread) -> Finding:
    return Finding(
        MISUSE,
        Confidence.CERTAIN,
        "one thread state is attached by several threads at once",
        place,
        seen.thread.title,
        f"{seen.thread.title} attached a thread state that {other.title} had attached and not given"
        " back: each time one of them lets go of the GIL the other runs on its frames",
        _mend(place),
        (
            ("attached by:", seen.thread.title, seen.thread.chain()),
            ("and before by:", other.title, other.chain()),
        ),
        stops=is_frozen(evidence),
    )


def _mend(place: Frame | None) -> str:
    return (
        f"a thread state of its own for each thread that comes to{where(place)}: PyThreadState_New,"
        " or PyGILState_Ensure"
    )


def _attached_by(thread: Thread) -> Note | None:
    """The call by which the thread took a state that it has not given back."""
    last = next((n for n in reversed(thread.recent) if n.call in RESTORING | SAVING), None)
    return last if last is not None and last.call in RESTORING and last.state else None


def _is_inside(thread: Thread) -> bool:
    """It has got the state: it does not wait for it in the call that should attach it."""
    asked = thread.asked_python
    return thread.attach != "waits" or asked is None or asked.function not in RESTORING


def _is_consequence(evidence: Evidence, users: list[Thread]) -> bool:
    crashed = evidence.crashed
    if crashed is None:
        return all(user.attach in ("waits", "attached") for user in users)
    return crashed in users and (crashed.is_in_python or bool(evidence.fatal_text))


def _finding(evidence: Evidence, state: int, found: list[tuple[Thread, Note]]) -> Finding:
    first = next((pair for pair in found if pair[0].crashed), found[0])
    thread, note = first
    place = next((frame for frame in note.callers if frame.origin == "program"), None)
    others = [pair for pair in found if pair is not first]
    numbers = ", ".join(str(other.number) for other, _ in others)
    return Finding(
        MISUSE,
        Confidence.CERTAIN,
        "one thread state is attached by several threads at once",
        place,
        thread.title,
        f"the thread state at {state:#x} is in use on {thread.title} and on thread {numbers}: each"
        " time one of them lets go of the GIL another runs on its frames",
        _mend(place),
        tuple(
            ("attached by:", user.title, f"{by.call} <- {_told(by)}; now {user.chain(3)}")
            for user, by in [first, *others[:2]]
        ),
    )


def _told(note: Note) -> str:
    return " <- ".join(frame.where for frame in note.callers[:2])
