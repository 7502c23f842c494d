"""What a finding says is true word for word, for what is known, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from judging import evidence as evidence_of_recording
from recordings import recorded

from pynodes.diagnose.evidence import Evidence, Frame, Interpreter, Note, Thread, Wait
from pynodes.diagnose.evidence.threads import Attachment, WaitKind
from pynodes.diagnose.families import judge
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.look.python import StateLook

MAIN, OTHER = 0x1000, 0x2000  # GILs, and what holds them


def own(function: str) -> Frame:
    return Frame(function, f"/src/{function}.c", 7, "program")


def stack(*functions: str) -> tuple[Frame, ...]:
    """In a function of Python's, but for the last, which is the program's."""
    *python, program = functions
    return (*(Frame(name, "", 0, "python") for name in python), own(program))


def thread(
    tid: int,
    frames: tuple[Frame, ...],
    attach: Attachment,
    wait: Wait | None = None,
    current: int = 0,
) -> Thread:
    return Thread(tid, tid, "", frames, (), attach, wait, current=current)


def state(tid: int, *, interpreter: int = 0, attached: bool = False) -> StateLook:
    gil = OTHER if interpreter else MAIN
    return StateLook(gil + tid, interpreter, tid, True, 0, attached, 1, ())


def gil(number: int, address: int, holder: int) -> Interpreter:
    return Interpreter(number, locked=True, enabled=True, gil=address, holder=holder)


def hang(
    *threads: Thread, states: tuple[StateLook, ...], gils: tuple[Interpreter, ...]
) -> Evidence:
    return Evidence(
        trigger="freeze",
        signal="",
        fatal_text="",
        python="3.13.0",
        free_threaded=False,
        how="debug information",
        initialized=True,
        was_initialized=True,
        finalizing=False,
        stop_requested=False,
        threads=threads,
        interpreters=gils,
        states=states,
        has_notes=True,
        knows_current=True,
    )


JOIN = Wait("join", timed=False, on=2)
FUTEX = Wait("futex", timed=True)
WANTS = stack("take_gil", "PyGILState_Ensure", "work")


def joined(interpreter: int) -> list[Finding]:
    """Thread 1 joins 2, which wants to attach to an interpreter; so does 3, to the main one."""
    threads = (
        thread(1, (own("render"),), "attached", JOIN, current=MAIN + 1),
        thread(2, WANTS, "waits", FUTEX),
        thread(3, WANTS, "waits", FUTEX),
    )
    states = (state(1, attached=True), state(2, interpreter=interpreter), state(3))
    return judge(
        hang(*threads, states=states, gils=(gil(0, MAIN, MAIN + 1), gil(1, OTHER, OTHER + 9)))
    )


def test_join_of_a_thread_that_wants_another_gil_is_not_said_to_keep_it() -> None:
    (found,) = joined(0)

    assert (found.family, str(found.confidence)) == ("wait-while-attached", "certain")
    assert "once a thread that waits to attach can do so" in found.why
    assert joined(1) == []


@pytest.mark.parametrize("on", [None, 3])
def test_owner_of_a_lock_is_said_to_wait_for_what_it_waits_for(on: int | None) -> None:
    owner = thread(2, WANTS, "waits", FUTEX)
    if on is not None:
        owner = thread(2, (own("collect"),), "detached", Wait("join", timed=False, on=on))
    threads = (
        thread(1, (own("draw"),), "attached", Wait("mutex", timed=False, on=2), current=MAIN + 1),
        owner,
        thread(3, WANTS, "waits", FUTEX),
    )
    states = (state(1, attached=True), state(2), state(3))

    (found,) = judge(hang(*threads, states=states, gils=(gil(0, MAIN, MAIN + 1),)))

    assert found.family == "lock-order"
    assert ("waits for a thread that waits to attach" in found.text) == (on is not None)
    assert ("waits for one that wants Python" in found.why) == (on is not None)


@pytest.mark.parametrize(
    ("kind", "timed", "words"),
    [
        ("join", False, "and is joined"),
        ("mutex", False, "and holds a lock that another thread waits for"),
        ("join", True, None),
        ("condition", False, None),
    ],
)
def test_thread_that_is_kept_for_ever_is_needed_as_it_is(
    kind: WaitKind, timed: bool, words: str | None
) -> None:
    kept = thread(2, stack("PyThread_hang_thread", "PyGILState_Ensure", "log"), "hangs")
    stops = thread(1, (own("stop"),), "detached", Wait(kind, timed, on=2))
    seen = hang(stops, kept, states=(state(1),), gils=())

    found = judge(replace(seen, finalizing=True))

    assert [one.family for one in found] == (["during-finalization"] if words else [])
    assert all(words in one.text for one in found if words)


@pytest.mark.parametrize(("finalizing", "sure"), [(True, "certain"), (None, "likely")])
def test_stop_of_python_is_certain_where_it_was_seen(finalizing: bool | None, sure: str) -> None:
    kept = thread(2, stack("PyThread_hang_thread", "PyGILState_Ensure", "log"), "hangs")
    seen = hang(thread(1, (own("stop"),), "detached", JOIN), kept, states=(), gils=())

    (found,) = judge(replace(seen, finalizing=finalizing, initialized=finalizing))

    assert str(found.confidence) == sure


def crash_beside(ends: str) -> list[str]:
    crashed = replace(thread(2, stack("PyList_Append", "fill"), "attached"), crashed=True)
    ender = thread(1, stack(ends, "leave"), "attached")
    seen = hang(ender, crashed, states=(state(1), state(2)), gils=(gil(0, MAIN, MAIN + 2),))
    return [found.family for found in judge(replace(seen, signal="SIGSEGV", trigger="crash"))]


def test_end_of_an_interpreter_is_no_stop_of_python() -> None:
    assert "during-finalization" in crash_beside("Py_FinalizeEx")
    assert "during-finalization" not in crash_beside("Py_EndInterpreter")


def twice(current: int, *, known: bool = True) -> list[str]:
    """Thread 2 waits for the GIL that its own state has; thread 1 has `current` attached."""
    threads = (
        thread(1, (own("lent"),), "attached", current=current),
        thread(2, stack("take_gil", "PyEval_RestoreThread", "again"), "waits", FUTEX),
    )
    states = (state(2, attached=True),)
    seen = hang(*threads, states=states, gils=(gil(0, MAIN, MAIN + 2),))
    found = judge(replace(seen, has_notes=known, knows_current=known))
    return [str(one.confidence) for one in found if one.family == "attach-twice"]


def test_gil_is_a_threads_own_unless_another_works_with_its_state() -> None:
    assert twice(0) == ["certain"]
    assert twice(MAIN + 2) == []
    assert twice(0, known=False) == ["likely"]


def test_code_that_outlives_python_is_not_said_to_be_called_after_it() -> None:
    raw = recorded("curtain-3.13")
    raw["notes"] = None

    (found,) = judge(evidence_of_recording(raw))

    assert found.text == "Python code is under way after Python was stopped"


def test_code_that_the_stop_itself_runs_is_not_said_to_go_on_behind_it() -> None:
    raw = recorded("curtain-3.13")
    frames = next(t for t in raw["threads"] if t["tid"] == raw["crash"]["tid"])["frames"]
    at = next(i for i, frame in enumerate(frames) if frame["function"] == "PyEval_EvalCode")
    frames.insert(at, {**frames[at], "function": "Py_FinalizeEx"})

    assert judge(evidence_of_recording(raw)) == []


def test_who_saw_no_call_does_not_say_how_it_began() -> None:
    raw = recorded("fault-drop-detached-3.13")
    seen = judge(evidence_of_recording(raw))[0].text
    raw["notes"] = None
    unseen = judge(evidence_of_recording(raw))[0].text

    assert "is called on a thread that is not attached" in seen
    assert "is under way on a thread that is not attached" in unseen


@pytest.mark.parametrize(("line", "again"), [(7, True), (9, False)])
def test_line_that_is_reached_again_has_not_returned(line: int, again: bool) -> None:
    frames = (*stack("PyList_Append", "fill"), Frame("cfunction_call", "", 0, "python"))
    detached = Note("PyEval_SaveThread", (replace(own("fill"), line=line), frames[-1]))
    if not again:
        frames = (*stack("PyList_Append", "draw"), frames[-1])
    crashed = replace(thread(1, frames, "detached"), crashed=True, recent=(detached,))
    seen = hang(crashed, states=(state(1),), gils=())

    (found,) = judge(replace(seen, signal="SIGSEGV", trigger="crash"))

    assert ("is reached again" in found.text) == again
    assert ("has returned" in found.why) != again
