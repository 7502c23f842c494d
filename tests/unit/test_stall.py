"""When a process counts as stopped for good."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from pynodes.process import procfs
from pynodes.process.procfs import Call, Task
from pynodes.process.stall import StallWatch

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not procfs.has_call("futex"),
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
        if watch.is_stalled(pid):
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
    monkeypatch: pytest.MonkeyPatch, a_look: int, stalled: bool
) -> None:
    looks = itertools.count()
    monkeypatch.setattr(procfs, "children_of", lambda pid: ())
    monkeypatch.setattr(procfs, "call_of", lambda pid, tid: Call("futex", ()))
    monkeypatch.setattr(
        procfs, "tasks_of", lambda pid: {7: Task(0.001, 0, next(looks) * a_look, "S")}
    )
    watch = StallWatch(after_s=0.3)
    seen = False
    for _ in range(12):
        seen = seen or watch.is_stalled(7)
        time.sleep(0.1)
    assert seen is stalled


@pytest.mark.parametrize(("name", "quiet"), [("lock", True), ("busy", False), ("poll", False)])
def test_process_is_quiet_while_nothing_runs_and_a_lock_is_waited_for(
    start: Callable[[str], int], name: str, quiet: bool
) -> None:
    pid = start(name)
    watch = StallWatch(after_s=0.3)
    end = time.monotonic() + (30.0 if quiet else 1.0)
    seen = False
    while not seen and time.monotonic() < end:
        seen = pid in watch.quiet(pid)
        time.sleep(0.05)
    assert seen is quiet


def test_process_that_gave_a_sign_is_not_stalled(start: Callable[[str], int]) -> None:
    pid = start("lock")
    watch = StallWatch(after_s=0.3)
    for _ in range(10):
        watch.moved()
        assert not watch.is_stalled(pid)
        time.sleep(0.05)


def test_process_that_is_gone_is_not_stalled() -> None:
    assert not is_stalled(2**22 + 1, 0.4)
