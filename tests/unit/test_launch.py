"""A host that was started and is not heard yet: nothing that comes meanwhile is lost."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from pynodes.errors import CannotStartError
from pynodes.host.follow import follow
from pynodes.host.launch import Launch
from pynodes.model import event as ev
from pynodes.process import procfs

HELLO = '{"ev":"hello","schema":2,"word":"%s","pid":1}\\n'


def script(tmp_path: Path, text: str) -> str:
    """A program that gets `--events-fd N` before its own arguments; events go to `>&$2`."""
    path = tmp_path / "host"
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_signal_before_anybody_follows_is_passed_on(tmp_path: Path) -> None:
    host = script(tmp_path, "trap 'exit 14' INT; echo ready >&2; while :; do sleep 0.05; done")
    said: list[bytes] = []

    with Launch([host]) as launch:
        launch.spawned.on_text = said.append
        while not said:
            launch.host.turn(time.monotonic() + 10)
        signal.raise_signal(signal.SIGINT)
        seen = follow(launch, ())

    assert seen.returncode == 14
    assert seen.interrupts == 1


def test_what_was_sent_before_anybody_follows_is_heard(tmp_path: Path) -> None:
    from pynodes.host.find import package_version

    word = package_version() or "0"
    host = script(tmp_path, f"printf '{HELLO % word}' >&$2; echo said; : >'{tmp_path}/done'")

    with Launch([host]) as launch:
        while not (tmp_path / "done").exists():
            os.sched_yield()
        seen = follow(launch, ())

    assert isinstance(seen.hello, ev.Hello)
    assert seen.tail == b"said\n"


def test_host_that_nobody_follows_does_not_outlive_the_context(tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)

    with Launch([script(tmp_path, "sleep 600")]) as launch:
        assert procfs.is_alive(launch.host.child.pid)

    assert not procfs.is_alive(launch.host.child.pid)
    assert signal.getsignal(signal.SIGINT) is handler


def test_program_that_cannot_be_started_leaves_nothing() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208

    with pytest.raises(CannotStartError), Launch(["/nowhere/host"]):
        pass

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_limit_counts_from_the_start(tmp_path: Path) -> None:
    with Launch([script(tmp_path, "exec sleep 600")], limit_s=0.2) as launch:
        launch.begin_ns -= 10**9  # a second ago
        begun = time.monotonic()
        seen = follow(launch, (), dump_s=0.1)

    assert seen.limit_hit
    assert time.monotonic() - begun < 5
