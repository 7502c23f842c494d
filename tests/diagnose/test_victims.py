"""`pynodes diagnose` on programs that share no code with the project."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import time
from concurrent.futures import Future
from pathlib import Path

import pytest
import victims
from diagnosing import Answer, Begin, program
from expected import VICTIMS

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# where the mistake has no consequence, or needs debug symbols to be seen
HARMLESS_WITHOUT_GIL = {
    "counters.c",
    "ledger.cpp",
    "relay.c",
    "stale_item.c",
    "stop_detached.c",
    "ticker.c",
}
MAY_GO_WELL = {
    "stop_detached.c": "this Python stops all the same",
    "heirloom.c": "3.11 goes on until two threads meet, and they did not",
    "lodger.c": "from 3.12 on the release takes the state that it finds",
    "intruder.c": "the threads never met",
    "warren.c": "from 3.14 on Python looks how much of a stack is left",
    "annex.c": "this Python knows each thread by the state that it attached last",
}
OWN_GIL = {"sensor.c", "counters.c"}
HABITS = [
    "join_of_native_thread_under_rivals",
    "semaphore_of_native_thread",
    "mutex_before_python",
    "mutex_before_lock_of_python",
    "mutex_before_queue",
    "timed_wait_for_native_thread",
    "spin_for_native_thread",
    "computes_under_rivals",
    "timed_wait_detached",
    "unmatched_ensure_at_end",
    "kept_state",
    "state_handed_on",
    "late_finisher",
    "guarded_by_helpers",
    "busy_in_c",
    "abort_in_own_function",
    "crash_after_helper",
    "crash_after_state",
    "crash_after_pairs",
    "thread_outlives_python",
    "fork_with_care",
    "exception_for_outer_pair",
    "interrupt_in_c",
    "interrupt_taken_late",
    "handler_takes_note",
    "end_waits_with_left_state",
    "stop_within_and_leave",
    "stop_within_and_give_up",
    "stop_when_asked",
    "fork_and_leave",
    "handler_while_it_waits",
    "start_in_threads",
    "poller_joined_first",
    "threads_of_interpreter",
    "service_of_main",
    "shared_counter",
    "shared_under_lock",
    "object_for_each_call",
    "pool_ends_with_states",
    "states_deleted_by_hand",
    "states_deleted_by_the_next",
    "state_by_turns",
    "states_for_jobs",
    "errors_listed",
    "errors_kept_for_report",
    "errors_put_back",
    "lock_taken_twice",
    "end_waits_for_lock",
    "small_stack_is_enough",
    "recursion_on_usual_stack",
    "crash_on_small_stack",
]
SCRIPTS = ["broken_object.py", "error.py", "exit_in_thread.py"]

pytestmark = pytest.mark.usefixtures("has_collector")


@pytest.fixture(scope="module")
def answers(kit: victims.Kit, begin: Begin) -> dict[str, Future[Answer]]:
    """All diagnoses, begun at once."""
    found = {}
    for name in VICTIMS:
        if name in OWN_GIL and sys.version_info < (3, 12):
            continue
        if name.endswith(".cpp") and not victims.has_cxx():
            continue
        found[name] = begin("--limit", "20", "--", *program(kit, f"broken/{name}"))
    habits = str(victims.build(kit, "healthy/habits"))
    for name in HABITS:
        found[name] = begin("--limit", "20", "--", habits, name)
    for name in SCRIPTS:
        script = str(victims.VICTIMS / "healthy" / name)
        found[name] = begin("--limit", "20", "--", kit.python, script)
    return found


@pytest.mark.parametrize("name", VICTIMS)
def test_broken_victim_is_found_with_family_and_line(
    name: str, answers: dict[str, Future[Answer]], kit: victims.Kit
) -> None:
    if FREE_THREADED and name in HARMLESS_WITHOUT_GIL:
        pytest.skip("no harm comes of it without a GIL")
    if name in OWN_GIL and name not in answers:
        pytest.skip("no interpreters with a GIL of their own before 3.12")
    if name not in answers:
        pytest.skip("no C++ compiler, c++")
    result = answers[name].result()
    if name in MAY_GO_WELL and result.report["verdict"] == "ok":
        pytest.skip(MAY_GO_WELL[name])
    if name == "stale_item.c" and any("types" in x["what"] for x in result.report["lost"]):
        pytest.skip("a freed object is seen with debug symbols only")
    expected = VICTIMS[name]

    assert result.status == 1, str(result)
    first = result.findings[0]
    place = (Path(first["file"]).name, first["line"])
    assert (first["family"], place) in {
        (expected.said, wrong) for wrong in victims.wrong_lines(f"broken/{name}")
    }, str(result)
    assert expected.sure in (None, first["confidence"]), str(result)
    assert Path(result.report["evidence"]).parts[0] == "pynodes-runs"


@pytest.mark.parametrize("name", [*HABITS, *SCRIPTS])
def test_healthy_look_alike_gives_no_finding(name: str, answers: dict[str, Future[Answer]]) -> None:
    result = answers[name].result()

    assert result.findings == [], str(result)
    own = 4 if result.report["verdict"] == "crash" else result.report["status"]
    assert result.status == own, str(result)


def test_plugin_that_brings_python_works_under_the_witness(kit: victims.Kit, begin: Begin) -> None:
    if kit.facts["kind"] != "shared":
        pytest.skip("no shared libpython")
    plugin = victims.build_library(kit, "healthy/plugin.c", "plugin.so", linked=True)
    host = victims.build(kit, "healthy/plugin_host.c")

    result = begin("--limit", "20", "--", str(host), str(plugin)).result()

    assert (result.status, result.report["status"]) == (0, 0), str(result)


@pytest.mark.parametrize(
    ("name", "words"), [("spin.py", "runs long, in spin"), ("sleep.py", "sleeps, in doze")]
)
def test_python_code_that_takes_long_is_told_as_such(
    name: str, words: str, kit: victims.Kit, begin: Begin
) -> None:
    script = str(victims.VICTIMS / "healthy" / name)
    seen: list[str] = []

    while len(seen) < 3 and not any(words in each for each in seen):
        result = begin("--limit", "2", "--", kit.python, script).result()
        assert (result.status, result.findings) == (5, [])
        assert result.report["verdict"] == "hang"
        seen.append(result.report["observations"][0])

    # A look may come at the moment when the thread hands the GIL over, and is true then too.
    assert words in seen[-1], seen


def test_process_that_hangs_is_looked_at_and_goes_on(kit: victims.Kit, begin: Begin) -> None:
    process = subprocess.Popen(program(kit, "broken/join_attached.c"))
    try:
        result = begin("--pid", str(process.pid)).result()

        assert [f["family"] for f in result.findings] == ["wait-while-attached"]
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("name", ["thermometer.c", "jobs"])
def test_without_gdb_the_built_in_collector_finds_it(
    name: str, kit: victims.Kit, begin: Begin
) -> None:
    command = program(kit, f"broken/{name}")

    result = begin("--limit", "20", "--", *command, PYNODES_GDB="no-such-gdb").result()

    assert [f["family"] for f in result.findings] == [VICTIMS[name].said], str(result)
    assert result.report["collector"] == "the built-in collector"
    lost = result.report["lost"]
    assert any(x["why"] == "gdb is not installed" and "apt install gdb" in x["help"] for x in lost)


def test_without_gdb_and_witness_nothing_is_made_up(kit: victims.Kit, begin: Begin) -> None:
    command = program(kit, "broken/thermometer.c")

    result = begin("--no-witness", "--", *command, PYNODES_GDB="no-such-gdb").result()

    assert (result.status, result.findings) == (4, [])
    assert result.report["signal"] == "SIGSEGV"
    assert [x["why"] for x in result.report["lost"]] == ["not wanted"]


def test_stripped_program_gives_no_wrong_place(kit: victims.Kit, begin: Begin) -> None:
    """Without symbols of its own the program's function is not known, and none is named."""
    (command,) = program(kit, "broken/thermometer.c")
    stripped = f"{command}-stripped"
    if subprocess.call(["strip", "-o", stripped, command]) != 0:
        pytest.skip("no strip")

    result = begin("--", stripped).result()

    for finding in result.findings:
        assert finding["line"] is None
        assert finding["function"] in (None, "")


def test_junit_file_has_the_finding(kit: victims.Kit, begin: Begin, tmp_path: Path) -> None:
    out = tmp_path / "report.xml"
    command = program(kit, "broken/too_soon.c")

    begin("--junit", str(out), "--", *command).result()

    text = out.read_text(encoding="utf-8")
    assert 'failures="1"' in text
    assert 'type="before-initialization"' in text


def test_nothing_is_left_behind(kit: victims.Kit, begin: Begin) -> None:
    (command,) = program(kit, "broken/fork_worker.c")

    result = begin("--limit", "20", "--", command).result()

    assert result.findings
    until = time.monotonic() + 5  # what was killed takes a moment to be gone
    while (left := running(command)) and time.monotonic() < until:
        time.sleep(0.01)
    assert left == []


def running(command: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if words and words[0] == os.fsencode(command):
            found.append(path.parent.name)
    return found
