"""When a process counts as stopped for good."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pynodes.host import stall
from pynodes.host.stall import StallWatch

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not stall._WAITS,
    reason="what threads wait for is read from /proc, on x86-64 and aarch64",
)

WAITS = "lock = threading.Lock(); lock.acquire(); print(flush=True); lock.acquire()"
PROGRAMS = {
    "lock": WAITS,
    "many": f"[threading.Thread(target=input).start() for _ in range(2)]; {WAITS}",
    "child": "print(flush=True); subprocess.run([sys.executable, '-c', 'input()'])",
    "zombie": f"subprocess.Popen(['true']); {WAITS}",
    "sleep": "print(flush=True); time.sleep(60)",
    "busy": f"threading.Thread(target=exec, args=('while True: pass',)).start(); {WAITS}",
    "poll": "print(flush=True); select.select([], [], [], 60)",
}


@pytest.fixture
def start() -> Iterator[Callable[[str], int]]:
    begun: list[subprocess.Popen[bytes]] = []

    def run(name: str) -> int:
        text = f"import select, subprocess, sys, threading, time\n{PROGRAMS[name]}\n"
        process = subprocess.Popen(
            [sys.executable, "-c", text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            process_group=0,
        )
        begun.append(process)
        assert process.stdout is not None
        assert process.stdout.readline()
        return process.pid

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def is_stalled(pid: int, seconds: float) -> bool:
    watch = StallWatch(after_s=0.3)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if watch.look(pid):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("name", ["lock", "many", "child", "zombie"])
def test_process_whose_threads_all_wait_is_stalled(start: Callable[[str], int], name: str) -> None:
    assert is_stalled(start(name), 30.0)


@pytest.mark.parametrize("name", ["sleep", "busy", "poll"])
def test_process_that_may_go_on_is_not_stalled(start: Callable[[str], int], name: str) -> None:
    assert not is_stalled(start(name), 1.0)


@pytest.mark.parametrize(("a_look", "stalled"), [(0, True), (5, False)])
def test_thread_that_is_taken_off_its_core_again_and_again_is_no_sleeper(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, a_look: int, stalled: bool
) -> None:
    task = tmp_path / "7"
    task.mkdir()
    (task / "schedstat").write_text("1000000 0 0\n")
    (task / "syscall").write_text(f"{min(stall._WAITS)} 0x0\n")
    monkeypatch.setattr(stall, "_tasks", lambda pid: [(7, task)])
    watch = StallWatch(after_s=0.3)
    seen = False
    for i in range(12):
        (task / "status").write_text(f"nonvoluntary_ctxt_switches:\t{i * a_look}\n")
        seen = seen or watch.look(7)
        time.sleep(0.05)
    assert seen is stalled


def test_process_that_gave_a_sign_is_not_stalled(start: Callable[[str], int]) -> None:
    pid = start("lock")
    watch = StallWatch(after_s=0.3)
    for _ in range(10):
        watch.moved()
        assert not watch.look(pid)
        time.sleep(0.05)


def test_process_that_is_gone_is_not_stalled() -> None:
    assert not is_stalled(2**22 + 1, 0.4)
