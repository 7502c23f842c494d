"""A program behaves under `pynodes diagnose` as it does by itself, and what it does is seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import victims
from diagnosing import Answer, Begin, program

pytestmark = pytest.mark.usefixtures("has_collector")

HEALTHY = victims.VICTIMS / "healthy"
HARMLESS = ["mended", "jumps_undeferred", "nested", "asks", "ignored"]
HARMLESS += ["overflows_prepared", "many_threads", "blocks"]
FATAL = ["once", "jumps_blocked", "reports", "aborts", "faults_blocked"]


class Same:
    """Runs a command by itself, and under the diagnosis: prints and ends the same."""

    def __init__(self, folder: Path, limit_s: float) -> None:
        self._folder = folder
        self._limit_s = limit_s

    def __call__(self, *command: str, **how: object) -> str:
        """What the diagnosis said. `how` is for `subprocess.run`."""
        diagnosis = [sys.executable, "-m", "pynodes", "diagnose", "--limit", str(self._limit_s)]
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        plain, watched = (
            subprocess.run(
                [*before, *command],
                cwd=self._folder,
                capture_output=True,
                text=True,
                timeout=2 * self._limit_s,
                check=False,
                **{"env": environ, **how},  # type: ignore[call-overload]
            )
            for before in ([], [*diagnosis, "--"])
        )
        said = str(watched.stdout)
        assert said.startswith(plain.stdout), watched
        said = said.removeprefix(plain.stdout)
        end = (
            f"died of {signal.Signals(-plain.returncode).name}"
            if plain.returncode < 0
            else f"status {plain.returncode}"
        )
        assert said.startswith("program: "), watched
        assert end in said.splitlines()[0], watched
        return said


@pytest.fixture
def same(tmp_path: Path, scaled: Callable[[float], float]) -> Same:
    return Same(tmp_path, scaled(30))


@pytest.mark.parametrize("mode", HARMLESS)
def test_signals_that_a_program_handles_are_no_crash(
    mode: str, same: Same, kit: victims.Kit
) -> None:
    said = same(str(victims.build(kit, "healthy/faults.c")), mode)

    assert said.startswith("program: ended by itself with status 0\nno finding\nwatched:")


@pytest.mark.parametrize("mode", FATAL)
def test_fatal_signals_end_a_program_as_they_would(mode: str, same: Same, kit: victims.Kit) -> None:
    said = same(str(victims.build(kit, "healthy/faults.c")), mode)

    function = {"aborts": "aborts (faults.c:", "jumps_blocked": ""}.get(mode, "write_to_null")
    assert function in said


def test_handler_that_ends_the_program_is_looked_at_before(same: Same, kit: victims.Kit) -> None:
    said = same(str(victims.build(kit, "healthy/faults.c")), "gives_up")

    assert "ended with status 9, after SIGSEGV" in said
    assert "crashed: write_to_null" in said


@pytest.mark.parametrize("gdb", ["gdb", "/nope"])
@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("overflows", "the stack of thread 2 "),
        ("overflows_unprepared", "the stack of thread 2 "),
        ("overflows_main", "the stack of thread 1 "),
    ],
)
def test_stack_that_is_used_up_is_said_to_be(
    mode: str, words: str, gdb: str, same: Same, kit: victims.Kit
) -> None:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYNODES_GDB": gdb}

    said = same(str(victims.build(kit, "healthy/faults.c")), mode, env=environ)

    assert f"finding: {words}" in said
    assert "is used up, in use_up_stack (faults.c:" in said
    assert ("(128 KiB)" in said) == (mode != "overflows_main")


def test_ignored_signals_stay_ignored(same: Same, kit: victims.Kit) -> None:
    def ignore() -> None:
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGFPE):
            signal.signal(number, signal.SIG_IGN)

    same(str(victims.build(kit, "healthy/faults.c")), "asks", preexec_fn=ignore)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_diagnosis_that_ignores_a_signal_goes_on(
    number: signal.Signals, tmp_path: Path, scaled: Callable[[float], float]
) -> None:
    """As `nohup`, and as a shell does for what it starts in the background."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pynodes", "diagnose", "--", "sh", "-c", "echo ready; cat"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN) and None,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    os.killpg(process.pid, number)
    out, _ = process.communicate("go on\n", timeout=scaled(30))

    assert out.startswith("go on\nprogram: ended by itself with status 0\n")
    assert process.returncode == 6  # no Python was seen


@pytest.mark.parametrize("children", ["1", "2", "12"])
def test_children_that_crash_at_once_end_at_once_for_their_parent(
    children: str, same: Same, kit: victims.Kit
) -> None:
    said = same(kit.python, str(HEALTHY / "families.py"), children)

    more = f", and {int(children) - 1} more crashed" if children != "1" else ""
    assert f"died of SIGABRT{more}\n" in said


def test_plugin_that_attaches_as_it_is_loaded_is_not_held_up(same: Same, kit: victims.Kit) -> None:
    if kit.facts["kind"] != "shared":
        pytest.skip("a program with a static libpython calls past the witness")
    plugin = victims.build_library(kit, "healthy/early_plugin.c", "early.so", linked=True)

    said = same(str(victims.build(kit, "healthy/early_host.c")), str(plugin))

    assert "no finding" in said


def families(answer: Answer) -> list[str]:
    return [finding["family"] for finding in answer.findings]


def test_every_crash_of_every_child_is_judged(kit: victims.Kit, begin: Begin) -> None:
    faults = victims.build(kit, "healthy/faults.c")
    (late,) = program(kit, "broken/late_logger.c")
    (early,) = program(kit, "broken/too_soon.c")
    script = f"{faults} once; {faults} aborts; {faults} once; {faults} aborts; {late}; {early}; :"

    answer = begin("--", "sh", "-c", script).result()

    assert sorted(families(answer)) == ["after-finalization", "before-initialization"]
    assert "and 5 more crashed" in answer.report["verdict_text"]


@pytest.mark.parametrize("stderr", ["printf 'loading... ' >&2; exec {}", "exec {} 2>its.log"])
@pytest.mark.parametrize("gdb", ["gdb", "/nope"])
def test_last_words_of_python_are_found_wherever_they_go(
    stderr: str, gdb: str, kit: victims.Kit, begin: Begin
) -> None:
    (command,) = program(kit, "broken/double_release.c")

    answer = begin("--", "sh", "-c", stderr.format(command), PYNODES_GDB=gdb).result()

    assert families(answer) == ["unmatched-release"]
    assert answer.report["fatal_text"].startswith("Fatal Python error: ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_program_that_becomes_another_user_is_watched(begin: Begin) -> None:
    change = ("setpriv", "--reuid", "65534", "--clear-groups")

    answer = begin("--", *change, "sh", "-c", "kill -ABRT $$").result()

    assert answer.report["observations"][0].startswith('thread 1 "sh" crashed'), str(answer)
    assert "preload" not in answer.err
