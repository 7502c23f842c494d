"""What a trace says of programs that themselves measure who had Python, and how long."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import victims

if TYPE_CHECKING:
    from tests.holders.conftest import Trace

PROGRAMS = Path(__file__).parent / "programs"
WITHIN = 0.05  # of what is known
FULL = 0.1  # of a thread's time without a core: what it does then is no matter of Python's


def truth(file: Path) -> dict[str, tuple[float, float]]:
    """Of each thread what part of its time it had Python, and waited."""
    rows = (line.split() for line in file.read_text().splitlines())
    return {
        name: (float(held) / float(all_s), float(waited) / float(all_s))
        for name, all_s, held, waited in rows
    }


def test_a_thread_that_keeps_python_and_one_that_waits_are_measured(
    kit: victims.Kit, trace: Trace, tmp_path: Path
) -> None:
    if kit.facts.get("free_threaded") == "yes":
        pytest.skip("without a GIL nobody waits")
    program = victims.build(kit, str(PROGRAMS / "calibrated.c"))

    traced = trace("--json", "--", program, "3", tmp_path / "truth")

    assert traced.status == 0, traced.err
    known = truth(tmp_path / "truth")
    lacked = max(each["waited_for_core_s"] / each["seen_s"] for each in traced.process["threads"])
    if lacked > FULL:
        pytest.skip("the machine is full: threads had no core")
    for name, (held, waited) in known.items():
        thread = traced.thread(name)
        assert thread["held_s"] / thread["seen_s"] == pytest.approx(held, rel=WITHIN, abs=WITHIN)
        assert thread["waited_s"] / thread["seen_s"] == pytest.approx(
            waited, rel=WITHIN, abs=WITHIN
        )


def test_a_program_without_python_is_named_as_that(trace: Trace) -> None:
    traced = trace("--", "true")

    assert traced.status == 6
    assert traced.out == "no Python was seen in what ran\n"


def test_the_status_of_the_program_is_taken_over(trace: Trace) -> None:
    burn = "import time\nend = time.thread_time() + 0.4\nwhile time.thread_time() < end: pass\n"

    traced = trace("--json", "--", sys.executable, "-c", burn + "raise SystemExit(7)")

    assert traced.status == 7
    assert traced.process["threads"][0]["held_s"] > 0.1
    assert "one-gil" not in traced.kinds


def test_a_process_that_runs_is_traced_and_goes_on(trace: Trace) -> None:
    code = "import time\nprint(flush=True)\nwhile True: sum(i * i for i in range(1000))\n"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as program:
        try:
            assert program.stdout is not None
            program.stdout.readline()

            traced = trace("--json", "--pid", program.pid, "--limit", "2")

            assert traced.status == 0, traced.err
            assert program.poll() is None
            assert traced.process["threads"][0]["held_s"] > 0.05
        finally:
            program.kill()


def test_a_process_that_is_not_there_is_refused(trace: Trace) -> None:
    traced = trace("--pid", 2**31 - 1)

    assert traced.status == 3
    assert f"there is no process {2**31 - 1}" in traced.err
