"""Each kind of program that does not scale is explained; one that does not wait is left alone."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import victims

if TYPE_CHECKING:
    from tests.holders.conftest import Trace, Traced

PROGRAMS = Path(__file__).parent / "programs"


def skip_if_full(traced: Traced, kind: str) -> None:
    """Threads that have no core show other things than those of a program by itself."""
    lacked = sum(each["waited_for_core_s"] for each in traced.process["threads"])
    if kind not in traced.kinds and lacked > 0.1 * traced.process["traced_s"]:
        pytest.skip("the machine is full: threads had no core")


@pytest.mark.parametrize(
    ("program", "kind", "place"),
    [
        ("sleeps_in_c.py", "asleep-while-attached", "device (sleeps_in_c.py:12)"),
        ("runs_in_c.py", "long-call", "crunch (runs_in_c.py:12)"),
        ("collects.py", "collections", "make (collects.py:16)"),
        ("logs.py", "python-lock", "serve (logs.py:23)"),
    ],
)
def test_what_keeps_threads_waiting_is_named(
    trace: Trace, program: str, kind: str, place: str
) -> None:
    traced = trace("--json", "--", sys.executable, PROGRAMS / program)

    assert traced.status == 0, traced.err
    skip_if_full(traced, kind)
    (reason,) = [each for each in traced.process["why"] if each["kind"] == kind]
    assert place in reason["text"]
    assert reason["help"]


def test_a_thread_state_for_each_call_is_named(kit: victims.Kit, trace: Trace) -> None:
    program = victims.build(kit, str(PROGRAMS / "fresh.c"))

    traced = trace("--json", "--", program, "1")

    assert traced.process["thread_states_made"] > 1000
    assert "fresh-states" in traced.kinds


def test_interpreters_that_share_a_gil_are_named(kit: victims.Kit, trace: Trace) -> None:
    program = victims.build(kit, str(PROGRAMS / "interpreters.c"))

    traced = trace("--json", "--", program)

    assert traced.status == 0, traced.err
    skip_if_full(traced, "shared-gil")
    assert "shared-gil" in traced.kinds


def test_of_threads_that_wait_for_work_nothing_is_said(trace: Trace) -> None:
    code = (
        "import queue, threading, time\n"
        "q = queue.Queue()\n"
        "threads = [threading.Thread(target=q.get) for _ in range(4)]\n"
        "[t.start() for t in threads]\n"
        "time.sleep(0.8)\n"
        "[q.put(1) for t in threads]\n"
    )

    traced = trace("--json", "--", sys.executable, "-c", code)

    assert not {"one-gil", "python-lock", "convoy"} & {*traced.kinds}
