"""`--pid` and `--core`: a process that hangs, what a crash left behind, and what is neither."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import victims
from diagnosing import Begin, program

from pynodes.process import procfs

pytestmark = pytest.mark.usefixtures("has_collector")
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def core(kit: victims.Kit, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What thermometer.c leaves."""
    folder = tmp_path_factory.mktemp("core")
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    subprocess.run(
        program(kit, "broken/thermometer.c"),
        cwd=folder,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (most, most)),
        capture_output=True,
        check=False,
    )
    found = list(folder.glob("core*"))
    if not found:
        pytest.skip("this system keeps core files elsewhere, or none")
    return found[0]


@pytest.fixture
def refused(tmp_path: Path, scaled: Callable[[float], float]) -> Refused:
    """Run it, and have the message; nothing may be printed else."""

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "pynodes", "diagnose", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=scaled(60),
            check=False,
        )
        assert (done.returncode, done.stdout) == (3, ""), done.stdout
        assert "Traceback" not in done.stderr
        return done.stderr

    return run


def test_core_file_tells_what_the_crash_was(core: Path, kit: victims.Kit, begin: Begin) -> None:
    result = begin("--core", str(core), "--", *program(kit, "broken/thermometer.c")).result()

    assert [(f["family"], f["line"]) for f in result.findings] == [
        ("call-without-attaching", line) for _, line in victims.wrong_lines("broken/thermometer.c")
    ]
    assert result.report["signal"] == "SIGSEGV"


def test_core_file_of_a_hang_is_no_crash(kit: victims.Kit, begin: Begin, tmp_path: Path) -> None:
    """Ended from outside by a signal that leaves one."""
    command = program(kit, "broken/ledger.cpp" if victims.has_cxx() else "broken/jobs")
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (most, most)),
        stderr=subprocess.DEVNULL,
    )
    begin("--pid", str(process.pid)).result()  # takes a second: it hangs by then
    process.send_signal(signal.SIGABRT)
    process.wait()
    cores = list(tmp_path.glob("core*"))
    if not cores:
        pytest.skip("this system keeps core files elsewhere, or none")

    result = begin("--core", str(cores[0]), "--", *command).result()

    assert result.report["verdict_text"] == "was ended from outside by SIGABRT"
    assert all("crash" not in f["text"] for f in result.findings)


@pytest.mark.parametrize("how", ["snapshot", "SIGQUIT", "SIGTRAP", "SIGABRT to one thread"])
def test_core_file_that_another_asked_for_is_read_as_a_hang(
    how: str, kit: victims.Kit, begin: Begin, tmp_path: Path
) -> None:
    command = program(kit, "broken/join_attached.c")
    _, most = resource.getrlimit(resource.RLIMIT_CORE)

    def leaves_core() -> None:
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (most, most))

    process = subprocess.Popen(command, cwd=tmp_path, preexec_fn=leaves_core)
    try:
        begin("--pid", str(process.pid)).result()  # takes a second: it hangs by then
        if how == "snapshot":
            if shutil.which("gcore") is None:
                pytest.skip("no gcore")
            subprocess.run(
                ["gcore", "-o", "core", str(process.pid)],
                cwd=tmp_path,
                env={k: v for k, v in os.environ.items() if not k.startswith("PYTHON")},
                capture_output=True,
                check=True,
            )
        elif how.startswith("SIGABRT"):
            ctypes.CDLL(None).tgkill(process.pid, process.pid, signal.SIGABRT)
        else:
            process.send_signal(signal.Signals[how])
        if how != "snapshot":
            process.wait(30)
    finally:
        process.kill()
        process.wait()
    cores = list(tmp_path.glob("core*"))
    if not cores:
        pytest.skip("this system keeps core files elsewhere, or none")

    result = begin("--core", str(cores[0]), "--", *command).result()

    assert [finding["family"] for finding in result.findings] == ["wait-while-attached"]
    assert result.report["verdict"] == "hang"


def test_core_file_of_another_program_is_refused(
    core: Path, kit: victims.Kit, refused: Refused
) -> None:
    (other,) = program(kit, "broken/too_soon.c")

    said = refused("--core", str(core), "--", other)

    assert f"left by another program than {other}" in said
    assert "thermometer" in said.split("help:")[1]


def test_core_file_that_is_cut_off_says_so_and_nothing_certain(
    core: Path, kit: victims.Kit, begin: Begin, tmp_path: Path
) -> None:
    short = tmp_path / "short"
    short.write_bytes(core.read_bytes()[:400_000])

    result = begin("--core", str(short), "--", *program(kit, "broken/thermometer.c")).result()

    assert "the core file is cut off" in [loss["why"] for loss in result.report["lost"]]
    assert all(finding["confidence"] != "certain" for finding in result.findings)


@pytest.mark.parametrize("content", [b"", b"some text\n", b"\x7fELF\x02\x01\x01"])
def test_file_that_is_no_core_is_refused(
    content: bytes, kit: victims.Kit, refused: Refused, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)

    said = refused("--core", str(path), "--", *program(kit, "broken/too_soon.c"))

    assert said.startswith("error: that is not a core file\n")


def test_child_that_hangs_is_seen_through_its_parent(
    kit: victims.Kit, begin: Begin, scaled: Callable[[float], float]
) -> None:
    process = subprocess.Popen(program(kit, "broken/fork_worker.c"), start_new_session=True)
    try:
        while not list(procfs.children_of(process.pid)):
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.02)

        result = begin("--pid", str(process.pid)).result()

        assert [f["family"] for f in result.findings] == ["fork-while-attached"], str(result)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_process_that_is_gone_is_refused(refused: Refused) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    dead = refused("--pid", str(process.pid))
    process.wait()
    gone = refused("--pid", str(process.pid))

    assert "has ended; its parent has not taken note" in dead
    assert f"there is no process {process.pid}" in gone


def test_process_under_another_debugger_is_refused(refused: Refused) -> None:
    """A process that is traced says by whom."""
    text = "import ctypes, time; ctypes.CDLL(None).ptrace(0, 0, 0, 0); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()

        said = refused("--pid", str(process.pid))

        process.kill()
    assert f"is looked at by process {os.getpid()} already" in said
