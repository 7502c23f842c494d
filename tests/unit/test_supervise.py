"""One program under supervision: what it writes, its death, what is due, and its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from pynodes.host.follow import run
from pynodes.process import procfs
from pynodes.process.supervise import Supervisor, end_all

FOREVER = "import signal; signal.pause()"


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_last_words_and_status_of_a_program_are_kept(scaled: Callable[[float], float]) -> None:
    said = bytearray()
    with Supervisor() as supervisor:
        out = supervisor.pipe(said.extend)
        supervisor.start(python("print('x' * 100_000); raise SystemExit(3)"), stdout=out)
        assert supervisor.wait(scaled(30))
        supervisor.drain()
        assert supervisor.child.wait() == 3
    assert len(said) == 100_001


def test_leaving_ends_the_program_and_its_group(scaled: Callable[[float], float]) -> None:
    said = bytearray()
    child = f"subprocess.Popen([sys.executable, '-c', {FOREVER!r}])"
    with Supervisor() as supervisor:
        out = supervisor.pipe(said.extend)
        supervisor.start(
            python(f"import subprocess, sys; print({child}.pid, flush=True); {FOREVER}"), stdout=out
        )
        end = time.monotonic() + scaled(30)
        while not said.endswith(b"\n") and time.monotonic() < end:
            assert not supervisor.wait(0.05)
        below = int(said)
        assert procfs.is_alive(below)
    assert not supervisor.is_running
    end = time.monotonic() + scaled(10)
    while procfs.is_alive(below) and time.monotonic() < end:
        time.sleep(0.01)
    assert not procfs.is_alive(below)


def test_what_is_due_is_done_in_time_and_only_then(scaled: Callable[[float], float]) -> None:
    with Supervisor() as supervisor:
        supervisor.start(python(FOREVER))
        begun = time.monotonic()
        supervisor.at(scaled(300), lambda: pytest.fail("too early"))
        supervisor.at(0.1, lambda: supervisor.send(signal.SIGKILL))
        assert supervisor.wait(scaled(30))
        assert time.monotonic() - begun >= 0.1
        assert supervisor.child.wait() == -signal.SIGKILL


def test_signal_for_this_process_ends_a_wait_and_handlers_are_put_back() -> None:
    got: list[int] = []
    before = signal.getsignal(signal.SIGTERM)
    with Supervisor() as supervisor:
        supervisor.catch({signal.SIGTERM: got.append})
        supervisor.start(python(FOREVER))
        os.kill(os.getpid(), signal.SIGTERM)
        supervisor.turn(time.monotonic() + 30)
        assert got == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is before


def test_end_all_ends_what_begins_meanwhile() -> None:
    begun = [subprocess.Popen(python(FOREVER)) for _ in range(2)]
    late = iter([subprocess.Popen(python(FOREVER))])

    def left() -> set[int]:
        if any(child.poll() is not None for child in begun):
            begun.extend(late)
        return {child.pid for child in begun if child.poll() is None}

    killed = end_all(left)

    assert killed == {child.pid for child in begun} and len(killed) == 3


def test_program_that_cannot_be_started_leaves_no_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    with Supervisor() as supervisor:
        out = supervisor.pipe(lambda data: None)
        with pytest.raises(FileNotFoundError):
            supervisor.start(["/nowhere/program"], stdout=out)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_ctrl_c_when_the_host_is_dead_already_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs hosts one after the other would go on with the next."""
    monkeypatch.setattr(Supervisor, "drain", lambda self: signal.raise_signal(signal.SIGINT))

    seen = run(["/bin/true"])

    assert seen.interrupts == 1
