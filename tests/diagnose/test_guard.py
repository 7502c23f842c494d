"""What is left when `pynodes diagnose` is killed with SIGKILL: nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import victims
from diagnosing import program

from pynodes.process import procfs

pytestmark = pytest.mark.usefixtures("has_collector")


@pytest.mark.parametrize("victim", ["double_release.c", "join_attached.c"])
def test_killed_diagnosis_leaves_no_process_and_no_file(
    victim: str,
    kit: victims.Kit,
    tmp_path: Path,
    scaled: Callable[[float], float],
) -> None:
    spare = tmp_path / "spare"
    spare.mkdir()
    endless = tmp_path / "gdb"  # one that looks for ever
    endless.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/begun\nexec tail -f /dev/null\n")
    endless.chmod(0o755)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(spare)}
    command = program(kit, f"broken/{victim}")
    diagnosis = subprocess.Popen(
        [sys.executable, "-m", "pynodes", "diagnose", "--", *command],
        cwd=tmp_path,
        env={**environ, "PYNODES_GDB": str(endless)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait(lambda: (tmp_path / "begun").exists(), scaled(20))
        started = list(procfs.children_of(diagnosis.pid))
        assert len(started) >= 3, "the program, gdb and the guard"
    finally:
        diagnosis.send_signal(signal.SIGKILL)
        diagnosis.wait()

    wait(lambda: not any(map(procfs.is_alive, started)), scaled(10))
    wait(lambda: not list(spare.iterdir()), scaled(5))


def wait(condition: Callable[[], bool], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)
