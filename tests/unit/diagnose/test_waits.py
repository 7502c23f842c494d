"""What a thread waits for, by its system call and its stack."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pynodes.diagnose.evidence import Frame, Wait
from pynodes.diagnose.evidence.threads import WaitKind
from pynodes.diagnose.evidence.waits import spins, wait_of, wants_to_attach
from pynodes.diagnose.look.threads import CallLook, ThreadLook


def stack(*functions: str) -> tuple[Frame, ...]:
    """`libc:f` is of the system, `own:f` of the program, else of Python."""
    kinds = {"libc": "system", "own": "program"}
    words = [function.rpartition(":") for function in functions]
    return tuple(Frame(name, "", 0, kinds.get(kind, "python")) for kind, _, name in words)


def call(name: str) -> CallLook:
    return CallLook(name, (0, 0, 0, 0, 0, 0))


RUNS = ThreadLook(tid=1, number=1, name="", frames=(), call=None, current=None)


EVAL = "_PyEval_EvalFrameDefault"


@pytest.mark.parametrize(
    ("name", "functions", "expected"),
    [
        ("futex", ("libc:wait", "take_gil", "PyGILState_Ensure", "own:work"), True),
        ("futex", ("libc:wait", "some_new_name", "PyGILState_Ensure", "own:work"), True),
        ("futex", ("libc:lock", "malloc_or_so", "PyEval_RestoreThread", "own:work"), True),
        ("futex", ("libc:wait", "", "", EVAL), True),
        ("clock_nanosleep", ("libc:nanosleep", "", EVAL), False),
        ("futex", ("libc:wait", "", "PyThread_acquire_lock_timed", "", EVAL), False),
        ("futex", ("libc:wait", "own:callback", "PyGILState_Ensure"), False),
        ("futex", ("libc:wait", "lock_acquire", EVAL, "PyGILState_Ensure"), False),
        ("read", ("libc:read", "take_gil", "PyGILState_Ensure"), False),
    ],
)
def test_who_sleeps_in_a_function_that_attaches_waits_to_attach(
    name: str, functions: tuple[str, ...], expected: bool
) -> None:
    assert wants_to_attach(call(name), stack(*functions)) is expected


@pytest.mark.parametrize(
    ("function", "kind"),
    [
        ("___pthread_cond_timedwait64", "condition"),
        ("__GI___clock_nanosleep", "sleep"),
        ("__GI___poll", "poll"),
        ("syscall", "futex"),
    ],
)
def test_wait_that_was_resumed_after_a_look_is_what_it_was(function: str, kind: WaitKind) -> None:
    wait = wait_of(call("restart_syscall"), stack(f"libc:{function}", "own:call"), set())

    assert wait == Wait(kind, timed=True)


@pytest.mark.parametrize(
    ("thread", "functions", "expected"),
    [
        (RUNS, ("libc:sched_yield", "own:call"), True),
        (RUNS, ("libc:__GI___sched_yield", "own:call"), True),
        (replace(RUNS, call=call("sched_yield")), ("own:call",), True),
        (replace(RUNS, spin="pause"), ("own:call",), True),
        (replace(RUNS, still=True), ("own:call",), True),
        (RUNS, ("own:call",), False),
        (RUNS, ("libc:memcpy", "own:call"), False),
    ],
)
def test_who_yields_pauses_or_stands_still_spins(
    thread: ThreadLook, functions: tuple[str, ...], expected: bool
) -> None:
    assert spins(thread, stack(*functions)) is expected
