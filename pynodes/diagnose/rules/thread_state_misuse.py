"""One thread state is in use on two threads, or was, since one took it before the other had given
it back; one that has been deleted is attached; a thread lets go of Python while the state of
another interpreter is attached; `PyEval_ReleaseLock` left a thread attached without the GIL; or
CPython gives up on what is done to a thread state.
"""

from __future__ import annotations

from pynodes.diagnose.evidence import Evidence, Frame, Incident, Note, Thread
from pynodes.diagnose.finding import Finding, Findings, finding, where
from pynodes.diagnose.rules._holding import ENSURING, RELEASING, RESTORING, opener, taken
from pynodes.diagnose.rules._stuck import ENDING, is_frozen, kept_for_ever
from pynodes.diagnose.rules.attach_twice import ATTACHING

_LOCKS = frozenset({"drop_gil", "take_gil", "PyEval_ReleaseLock", "PyEval_SaveThread"})
_HANDLING = frozenset(
    {
        "PyThreadState_Swap",
        "PyThreadState_Clear",
        "PyThreadState_Delete",
        "PyThreadState_DeleteCurrent",
        "PyInterpreterState_Delete",
        "Py_EndInterpreter",
    }
)


def find_root(evidence: Evidence) -> Findings:
    """What all that is seen besides follows from."""
    yield from _released(evidence)
    yield from _shared(evidence)
    yield from _gone(evidence)
    yield from _left_current(evidence)


def find(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    if thread is not None:
        asked = thread.asked_python
        if asked is None or thread.place is None or not evidence.fatal_text:
            return
        is_twice = "non-NULL old thread state" in evidence.fatal_text  # attach_twice
        if is_twice and (not asked.function or asked.function in ATTACHING):
            return
        if asked.function in ATTACHING | _HANDLING and evidence.initialized:
            yield _refused(evidence, thread, asked.function)
    elif evidence.initialized and evidence.finalizing is False:
        for kept in kept_for_ever(evidence):
            yield _outlived(evidence, kept)


# --- PyEval_ReleaseLock: the GIL is let go of, and the thread state stays attached


def _released(evidence: Evidence) -> Findings:
    thread = evidence.thread(evidence.releaser)
    if thread is not None and evidence.released is not None and _is_of_release(evidence, thread):
        yield _let_go(evidence, thread, evidence.released)


def _is_of_release(evidence: Evidence, thread: Thread) -> bool:
    crashed = evidence.crashed
    if crashed is None:
        return bool(evidence.waiting)
    return crashed is thread or crashed.asked_python is not None


def _let_go(evidence: Evidence, thread: Thread, note: Note) -> Finding:
    place = opener(evidence, thread, note)
    crashed = evidence.crashed
    sure = crashed is thread and (crashed.calls(_LOCKS) or "GIL" in evidence.fatal_text)
    seen = crashed or thread
    return finding(
        thread,
        "PyEval_ReleaseLock lets go of the GIL, and the thread state stays attached",
        "the thread counts as attached from then on: what it runs of Python runs without the GIL,"
        " and a detach lets go of one that it does not hold",
        f"PyEval_ReleaseThread or PyEval_SaveThread{where(place)}, which detach as well",
        ("let go by:", thread.title, note.chain()),
        ("gave up:" if crashed else "stuck:", seen.title, seen.chain(6)),
        sure=sure,
        unless=("the crash has another cause",),
        at=place,
    )


# --- one thread state is attached by two threads at the same time


def _shared(evidence: Evidence) -> Findings:
    seen = next((one for one in evidence.incidents if one.kind == "state-of-two"), None)
    if seen is not None and seen.thread.place is not None and seen.other is not None:
        yield _noted(evidence, seen, seen.other)
        return
    if evidence.initialized is False:
        return
    users: dict[int, list[tuple[Thread, Note]]] = {}
    for thread in evidence.threads:
        note = taken(thread)
        if note is not None and note.state and _is_inside(thread):
            users.setdefault(note.state, []).append((thread, note))
    for state, found in users.items():
        if len(found) > 1 and _is_of_two(evidence, [thread for thread, _ in found]):
            yield _in_use(evidence, state, found)


def _noted(evidence: Evidence, seen: Incident, other: Thread) -> Finding:
    return finding(
        seen.thread,
        "one thread state is attached by several threads at once",
        f"{seen.thread.title} attached a thread state that {other.title} had attached and not given"
        " back: each time one of them lets go of the GIL the other runs on its frames",
        _help(seen.thread.place),
        ("attached by:", seen.thread.title, seen.thread.chain()),
        ("and before by:", other.title, other.chain()),
        sure=True,
        stops=is_frozen(evidence),
    )


def _help(place: Frame | None) -> str:
    return (
        f"a thread state of its own for each thread that attaches{where(place)}: PyThreadState_New,"
        " or PyGILState_Ensure"
    )


def _is_inside(thread: Thread) -> bool:
    """It has got the state: it does not wait for it in the call that should attach it."""
    asked = thread.asked_python
    return thread.attach != "waits" or asked is None or asked.function not in RESTORING


def _is_of_two(evidence: Evidence, users: list[Thread]) -> bool:
    crashed = evidence.crashed
    if crashed is None:
        return all(user.attach in ("waits", "attached") for user in users)
    return crashed in users and (crashed.is_in_python or bool(evidence.fatal_text))


def _in_use(evidence: Evidence, state: int, found: list[tuple[Thread, Note]]) -> Finding:
    first = next((pair for pair in found if pair[0].crashed), found[0])
    thread, note = first
    others = [pair for pair in found if pair is not first]
    numbers = ", ".join(str(other.number) for other, _ in others)
    return finding(
        thread,
        "one thread state is attached by several threads at once",
        f"the thread state at {state:#x} is in use on {thread.title} and on thread {numbers}: each"
        " time one of them lets go of the GIL another runs on its frames",
        _help(note.place),
        *tuple(
            ("attached by:", user.title, f"{by.chain(2)}; now {user.chain(3)}")
            for user, by in [first, *others[:2]]
        ),
        sure=True,
        at=note.place,
    )


# --- a thread state that is in no interpreter's list is attached


def _gone(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    if thread is None or not evidence.states or not evidence.initialized or evidence.finalizing:
        return
    held = {i.holder for i in evidence.interpreters if i.locked and i.enabled} | {thread.current}
    held = {address for address in held - {0} if evidence.state(address) is None}
    note, asked = taken(thread), thread.asked_python
    if note is not None and note.state and evidence.state(note.state) is None:
        if note.state in held or (asked is not None and asked.function in ATTACHING):
            yield _of_nobody(evidence, thread, note.state, note)
        return
    is_own = thread.current in held | {0} and thread.attach != "detached"
    if note is None and held and is_own and thread.place is not None and thread.is_in_python:
        yield _of_nobody(evidence, thread, min(held), None)


def _of_nobody(evidence: Evidence, thread: Thread, state: int, note: Note | None) -> Finding:
    place = opener(evidence, thread, note) if note is not None else thread.place
    given = f", given to {note.call}{where(place)}," if note is not None else ""
    ends = [n for t in (*evidence.threads, *evidence.ended) for n in t.recent if n.call == ENDING]
    ended = f"an interpreter was ended{where(ends[-1].place)}" if ends else ""
    return finding(
        thread,
        "a thread works with a thread state that does not exist any more",
        f"the thread state at {state:#x}{given} is in no interpreter's list:"
        f" {ended or 'it was deleted'}, before or since",
        f"keep a thread state until its last user is done with it{where(place)}, or make a new one"
        " there: PyThreadState_New",
        *((("attached by:", thread.title, note.chain()),) if note is not None else ()),
        ("crashed:", thread.title, thread.chain(6)),
        *(("ends it:", "", n.chain()) for n in ends[-1:]),
        sure=note is not None,
        unless=("what CPython keeps of its threads was overwritten",),
        at=place,
    )


# --- a release while another thread state is attached than the one that was ensured


def _left_current(evidence: Evidence) -> Findings:
    thread = evidence.crashed
    asked = thread.asked_python if thread is not None else None
    if thread is None or asked is None or asked.function not in RELEASING:
        return
    made: Note | None = None
    for note in thread.recent:
        if note.call.startswith("Py_NewInterpreter"):
            made = note
        elif note.call in ENSURING | RESTORING | {ENDING, "PyThreadState_Swap"}:
            made = None
    mine = [state for state in evidence.states if state.tid == thread.tid]
    here = next((state.interpreter for state in mine if state.attached), None)
    if made is not None and here and any(state.interpreter != here for state in mine):
        yield _of_another(thread, asked.function, made, here)


def _of_another(thread: Thread, call: str, made: Note, number: int) -> Finding:
    return finding(
        thread,
        f"{call} while the thread state of another interpreter is attached",
        f"{made.call}{where(made.place)} attached the thread state of interpreter {number}, which"
        " it made; the release is for the one that PyGILState_Ensure attached, and that is not"
        " attached any more",
        f"before the release{where(thread.place)}: Py_EndInterpreter, or keep the new thread state"
        " for later; then PyThreadState_Swap to the one that was attached before",
        ("released by:", thread.title, thread.chain()),
        ("attached by:", thread.title, made.chain()),
        sure=True,
    )


# --- and else


def _refused(evidence: Evidence, thread: Thread, call: str) -> Finding:
    said = evidence.fatal_text.splitlines()[0].removeprefix("Fatal Python error: ")
    return finding(
        thread,
        f"{call} is given a thread state that it cannot take",
        f"CPython says: {said}",
        f"each thread attaches, detaches and deletes a state of its own: look{where(thread.place)}",
        ("gave up:", thread.title, thread.chain(6)),
        unless=("the thread state has been freed",),
    )


def _outlived(evidence: Evidence, thread: Thread) -> Finding:
    """Kept for ever while Python runs: what was stopped is the interpreter that it belongs to."""
    ends = [n for t in (*evidence.threads, *evidence.ended) for n in t.recent if n.call == ENDING]
    place = ends[-1].place if ends else None
    facts = [("is kept:", thread.title, thread.chain())]
    if ends:
        facts.append(("ends it:", "", ends[-1].chain()))
    return finding(
        thread,
        "an interpreter is ended while a thread still has a thread state in it",
        "a thread that comes back to an interpreter that is gone is kept for ever",
        f"join the thread that attaches{where(thread.place)}, and have it delete its thread state,"
        f" before the interpreter is ended{where(place)}",
        *facts,
        at=place,
    )
