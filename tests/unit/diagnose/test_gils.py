"""Whether a thread keeps others from Python, seen in the memory of a Python that runs."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from pynodes.diagnose.collect import builtin
from pynodes.diagnose.collect.gils import GilWatch

RIVAL = """
import ctypes, gc, threading, time
def rival():
    while True:
        gc.collect()  # without a GIL it stops all threads
threading.Thread(target=rival, daemon=True).start()
"""
KEPT = RIVAL + "ctypes.PyDLL(None).sleep(60)"
HANDED_OVER = RIVAL + "rival()"
DETACHED = RIVAL + "ctypes.CDLL(None).sleep(60)"


@contextmanager
def running(script: str) -> Iterator[int]:
    process = subprocess.Popen([sys.executable, "-c", script])
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def longest_ms(script: str, until_ms: int, most_s: float) -> int:
    with running(script) as pid:
        if builtin.memory_of(pid) is None:
            pytest.skip("memory of others may not be read here")
        watch, longest, end_s = GilWatch(pid), 0, time.monotonic() + most_s
        while longest < until_ms and time.monotonic() < end_s:
            watch.look()
            longest = max([longest, *watch.kept_ms().values()])
            time.sleep(0.02)
        return longest


def test_gil_that_a_sleeper_keeps_is_kept(scaled: Callable[[float], float]) -> None:
    assert longest_ms(KEPT, 800, scaled(30)) >= 800


@pytest.mark.parametrize("script", [HANDED_OVER, DETACHED])
def test_gil_that_goes_round_or_is_wanted_by_nobody_is_not_kept(script: str) -> None:
    assert longest_ms(script, 800, 2.5) < 800


def test_process_that_is_gone_keeps_nothing() -> None:
    watch = GilWatch(2**22 + 1)
    watch.look()

    assert watch.kept_ms() == {}
