"""Signals for the command line reach the host once, and nobody is left behind."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine, Running


def begin(cli: CommandLine, *arguments: str) -> tuple[Running, int]:
    """Start a render that goes on for ever; returns when its host has done one tile."""
    running = cli.start("render", "scene.py", "--size", "64x64", "--json", *arguments)
    return running, int(running.wait_for("ready").split()[1])


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_first_interrupt_finishes_the_tiles_in_hand(cli: CommandLine) -> None:
    running, host = begin(cli.host("slow"))

    running.send(signal.SIGINT)
    result = running.end()

    assert result.status == 130
    assert result.record["verdict"] == "interrupted"
    assert result.record["tiles_done"] == 2
    assert (cli.folder / "scene.partial.png").exists()
    assert "interrupt 1\n" in result.err
    assert "interrupt 2" not in result.err
    assert "a partial picture: 2 of 4 tiles" in result.err
    assert not is_alive(host)
    assert cli.left_behind() == ["scene.partial.png"]


def test_second_interrupt_stops_now(cli: CommandLine) -> None:
    running, host = begin(cli.host("slow", FAKE_HOST_STUBBORN="1"))

    running.send(signal.SIGINT)
    running.wait_for("interrupt 1")
    running.send(signal.SIGINT)
    result = running.end()

    assert result.status == 130
    assert result.record["verdict"] == "interrupted"
    assert (cli.folder / "scene.partial.png").exists()
    assert not is_alive(host)


def test_third_interrupt_kills_a_deaf_host(cli: CommandLine) -> None:
    running = cli.host("hang").start("render", "scene.py", "--size", "64x64", "--json")
    pids = [int(pid) for pid in running.wait_for("pids").split()[1:]]

    running.send(signal.SIGINT)
    running.wait_for("finishing the tiles")
    running.send(signal.SIGINT)
    running.wait_for("stopping now")
    running.send(signal.SIGINT)
    result = running.end()

    assert result.status == 130
    assert result.record["verdict"] == "interrupted"
    assert not is_alive(pids[0])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_end_of_the_command_line_is_the_end_of_the_host(
    cli: CommandLine, number: signal.Signals
) -> None:
    running, host = begin(cli.host("slow"))

    running.send(number)
    result = running.end()

    assert result.status == 130
    assert result.record["verdict_text"] == f"interrupted by {number.name}"
    assert not is_alive(host)
    assert cli.left_behind() == ["scene.partial.png"]


def test_host_killed_from_outside_is_a_crash(cli: CommandLine) -> None:
    running, host = begin(cli.host("slow"))

    os.kill(host, signal.SIGKILL)
    result = running.end()

    assert result.status == 4
    assert result.record["signal"] == "SIGKILL"


def test_interrupt_works_for_a_background_job_that_ignored_it(cli: CommandLine) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        running, _ = begin(cli.host("slow"))
    finally:
        signal.signal(signal.SIGINT, before)

    running.send(signal.SIGINT)

    assert running.end().status == 130


def test_ctrl_c_on_a_terminal_reaches_the_host_once(cli: CommandLine) -> None:
    screen, stdin = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pynodes", "render", "scene.py", "--size", "64x64"],
        cwd=cli.folder,
        env=cli.host("slow").environ,
        stdin=stdin,
        stdout=stdin,
        stderr=stdin,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(stdin), os.O_RDWR)),
    )
    os.close(stdin)
    seen = b""
    sent = False
    deadline = time.monotonic() + cli.limit_s
    while time.monotonic() < deadline:
        if select.select([screen], [], [], 0.2)[0]:
            try:
                data = os.read(screen, 65536)
            except OSError:  # the other end is closed
                break
            seen += data
        if b"ready" in seen and not sent:
            sent = True
            os.write(screen, b"\x03")
    os.close(screen)

    assert process.wait(cli.limit_s) == 130
    assert b"interrupt 1" in seen
    assert b"interrupt 2" not in seen
    assert b"verdict" in seen
    assert "\N{BOX DRAWINGS HEAVY HORIZONTAL}".encode() in seen


def test_progress_in_a_log_is_lines(cli: CommandLine) -> None:
    cli.host("paced", FAKE_HOST_PACE="1.6")

    result = cli.render("--json")

    assert json.loads(result.out)["verdict"] == "ok"
    assert "scene: 3 of 4 tiles, 75 %," in result.err or "scene: 4 of 4 tiles" in result.err


def test_progress_never_says_nothing(cli: CommandLine) -> None:
    result = cli.render("--progress", "never", "--json")

    assert "tiles" not in result.err


@pytest.mark.parametrize("suffix", [".png", ".npy"])
@pytest.mark.parametrize("frames", [(), ("--frames", "1..3")], ids=["one", "several"])
def test_kill_of_the_command_line_leaves_nothing(
    cli: CommandLine, suffix: str, frames: tuple[str, ...]
) -> None:
    spare = cli.folder / "spare"
    spare.mkdir()
    out = cli.folder / "out"
    out.mkdir()
    slow = cli.host("slow", TMPDIR=str(spare))
    running, _ = begin(slow, "-o", f"out/a{suffix}", "--trace", "out/t.svg", *frames)
    assert list(out.iterdir()), "its files are there meanwhile"

    running.send(signal.SIGKILL)
    running.end()

    until = time.monotonic() + 20
    while list(out.iterdir()) + list(spare.iterdir()) and time.monotonic() < until:
        time.sleep(0.01)
    assert not list(out.iterdir()) + list(spare.iterdir())
    assert not (cli.folder / "pynodes-runs").exists()
