"""Ctrl-C while `pynodes diagnose` watches: for the program alone, until it has no effect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import victims
from diagnosing import Answer

pytestmark = pytest.mark.usefixtures("has_collector")


def press(
    command: list[str], folder: Path, limit_s: float, times: int = 1
) -> tuple[Answer | None, int]:
    """Diagnose a command in a process group of its own, and press Ctrl-C once it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pynodes", "diagnose", "--json", "--", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stderr is not None
        assert any("ready" in line for line in process.stderr)
        for _ in range(times):
            os.killpg(process.pid, signal.SIGINT)
            time.sleep(0.2)
        out, err = process.communicate(timeout=limit_s)
    finally:
        process.kill()
        process.wait()
    answer = Answer(process.returncode, err, json.loads(out)) if out.strip() else None
    return answer, process.returncode


def test_ctrl_c_without_effect_is_a_finding(
    kit: victims.Kit, tmp_path: Path, scaled: Callable[[float], float]
) -> None:
    command = [str(victims.build(kit, "broken/window.c"))]

    answer, status = press(command, tmp_path, scaled(60))

    assert status == 1
    assert answer is not None
    first = answer.findings[0]
    place = (Path(first["file"]).name, first["line"])
    assert (first["family"], first["confidence"]) == ("lost-signal", "likely")
    assert {place} == victims.wrong_lines("broken/window.c")
    assert answer.report["verdict_text"] == "did not react to Ctrl-C; it was ended"


@pytest.mark.parametrize("name", ["interrupt_in_python", "interrupt_counted"])
def test_ctrl_c_that_the_program_takes_gives_no_finding(
    name: str, kit: victims.Kit, tmp_path: Path, scaled: Callable[[float], float]
) -> None:
    command = [str(victims.build(kit, "healthy/habits")), name]

    answer, status = press(command, tmp_path, scaled(60))

    assert (answer, status) == (None, 130)


def test_second_ctrl_c_ends_it_before_anything_is_found(
    kit: victims.Kit, tmp_path: Path, scaled: Callable[[float], float]
) -> None:
    command = [str(victims.build(kit, "broken/window.c"))]

    answer, status = press(command, tmp_path, scaled(60), times=2)

    assert (answer, status) == (None, 130)
