"""Faults end to end: each shows its verdict, its cure is right, and the host holds none of them.

A case of each group here; all of them, many times, are `pynodes repro run --all`.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from host_runner import find_host

from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import Program, find_program, load_cases, source_of
from pynodes.repro.check import Runner, RunOutcome, Setting, runner
from pynodes.repro.export import export

LIMIT_S = 60.0
SHOWN = ("join-attached", "no-attach", "print-after-release", "shared-node", "state-left")


@pytest.fixture(scope="module")
def program() -> Program:
    try:
        return find_program(str(find_host().with_name("pynodes-fault")))
    except PynodesError as error:
        pytest.skip(f"no fault program: {error.what}")


@pytest.fixture(scope="module")
def at(program: Program) -> Iterator[Runner]:
    with runner(program) as found:
        yield found


def test_case_is_run_by_its_number_too(program: Program) -> None:
    number = list(load_cases(program)).index("python-before-start") + 1

    by_number = [_ended([str(program.path), word, "-t", "1"]) for word in (str(number), "0", "999")]

    assert by_number == [-signal.SIGSEGV, 2, 2]


def _ended(command: list[str]) -> int:
    return subprocess.run(command, capture_output=True, timeout=LIMIT_S, check=False).returncode


@pytest.mark.parametrize("name", SHOWN)
def test_broken_case_shows_its_verdict(at: Runner, program: Program, name: str) -> None:
    case = load_cases(program)[name]
    tally = at.tally(case, Setting(limit_s=LIMIT_S), 20, until_seen=True)
    assert tally is not None
    last = tally.outcomes[-1]
    assert last.verdict in tally.expectation.verdicts, last
    if last.verdict is Verdict.HANG:  # by evidence, not by the limit
        assert last.text == "every thread waits for another one"
        assert last.seconds < LIMIT_S
        assert b"most recent call first" in last.tail  # the stacks of all threads


@pytest.mark.parametrize("name", SHOWN)
def test_cure_is_ok(at: Runner, program: Program, name: str) -> None:
    case = load_cases(program)[name]
    outcome: RunOutcome = at.run_once(case, Setting(fixed=True, limit_s=LIMIT_S))
    assert outcome.verdict is Verdict.OK, outcome


def test_every_case_has_its_source_and_parses(program: Program) -> None:
    for case in load_cases(program).values():
        assert case.name in source_of(case)
        assert case.story
        assert case.origin
        assert case.cure
        case.expect(program.python)
        if ";" in case.expected or "|" in case.expected:
            assert case.note, f"{case.name} does not say why Pythons differ"


def test_every_case_is_in_the_docs(program: Program) -> None:
    page = Path(__file__).parents[2] / "docs" / "faults.md"
    text = page.read_text(encoding="utf-8")
    names = load_cases(program)
    assert [name for name in names if f"### {name}\n" not in text] == []


def test_host_holds_no_fault(program: Program) -> None:
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("no nm to look at symbols with")

    def symbols(path: Path) -> str:
        return subprocess.run([nm, str(path)], capture_output=True, text=True, check=True).stdout

    assert "pn_fault_" in symbols(program.path)
    assert "pn_fault_" not in symbols(find_host())
    assert "rig_" not in symbols(find_host())


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["no-such-case"], "there is no case"),
        ([], "no case is named"),
        (["join-attached", "-t", "0"], "does not take '0'"),
        (["join-attached", "--size", "4x"], "does not take '4x'"),
        (["join-attached", "--order", "zigzag"], "does not take 'zigzag'"),
        (["join-attached", "--bogus"], "'--bogus' is not an option"),
        (["join-attached", "no-attach"], "one case a run"),
    ],
)
def test_bad_arguments_are_reported(program: Program, arguments: list[str], what: str) -> None:
    done = subprocess.run(
        [str(program.path), *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert what in done.stderr
    assert "help" in done.stderr or "one case" in done.stderr


def repro(program: Program, folder: Path, *arguments: str) -> tuple[int, Any, str]:
    done = subprocess.run(
        [sys.executable, "-m", "pynodes", "repro", *arguments],
        env={**os.environ, "PYNODES_FAULT": str(program.path)},
        capture_output=True,
        text=True,
        timeout=120,
        cwd=folder,
        check=False,
    )
    return (
        done.returncode,
        json.loads(done.stdout) if "--json" in arguments else (done.stdout),
        done.stderr,
    )


def test_run_prints_expected_and_seen_and_leaves_nothing(program: Program, tmp_path: Path) -> None:
    status, found, err = repro(program, tmp_path, "run", "no-attach", "--times", "2", "--json")
    assert status == 0, err
    assert found[0]["seen"] == {"crash": 2}
    assert found[0]["runs"] == found[0]["hits"] == 2
    assert found[0]["as_expected"] is True
    assert list(tmp_path.iterdir()) == []


def test_run_of_an_unknown_case_is_a_usage_error(program: Program, tmp_path: Path) -> None:
    status, _, err = repro(program, tmp_path, "run", "no-atach")
    assert status == 2
    assert "did you mean no-attach" in err


def test_show_names_the_wrong_line(program: Program, tmp_path: Path) -> None:
    status, found, _ = repro(program, tmp_path, "show", "join-attached", "--json")
    assert status == 0
    assert found["wrong"][0][1] == "rig_render(r);"


def test_run_keeps_evidence_when_asked(program: Program, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    status, _, err = repro(program, tmp_path, "run", "no-attach", "--evidence", str(folder))
    assert status == 0, err
    [file] = folder.iterdir()
    assert file.name.endswith("-crash.txt")
    assert "Fatal Python error" in file.read_text()


def test_run_that_is_not_as_expected_ends_with_1(program: Program, tmp_path: Path) -> None:
    """With one thread nobody else overwrites the pointers on the node."""
    status, out, err = repro(program, tmp_path, "run", "shared-node", "-t", "1", "--times", "1")
    assert status == 1
    assert "NOT" in out
    assert "again: " in err


def test_ctrl_c_ends_a_long_run(program: Program, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pynodes", "repro", "run", "no-attach", "no-attach"]
    running = subprocess.Popen(
        [*command, "--times", "10000", "--color", "never"],
        env={**os.environ, "PYNODES_FAULT": str(program.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        wait_for_child(running.pid)
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 130
    finally:
        running.kill()
        running.wait()
        assert running.stderr is not None
        running.stderr.close()
    assert list(tmp_path.iterdir()) == []


def wait_for_child(pid: int) -> None:
    """Until the command has begun to run the fault program, which no event says."""
    end = time.monotonic() + 60
    while not Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_shrink_finds_one_thread_for_a_hang_that_needs_no_more(
    program: Program, tmp_path: Path
) -> None:
    status, found, err = repro(program, tmp_path, "shrink", "no-attach", "--tries", "1", "--json")
    assert status == 0, err
    assert found["threads"] == 1
    assert found["seen"] == {"crash": 1}


def test_leak_prints_what_is_left(at: Runner, program: Program) -> None:
    outcome = at.run_once(load_cases(program)["error-left"], Setting(limit_s=LIMIT_S))
    assert outcome.verdict is Verdict.LEAK, outcome
    assert "exceptions left: 32, a right run leaves 0" in outcome.text


def test_stress_says_what_it_does(program: Program, tmp_path: Path) -> None:
    status, found, err = repro(
        program, tmp_path, "run", "no-attach", "--fixed", "--stress", "--json"
    )
    assert status == 0, err
    assert "kept to a core of" in found[0]["stress_did"]


def test_matrix_measures_side_by_side_what_is_not_there_yet(
    program: Program, tmp_path: Path
) -> None:
    """All but one case stand in the results already."""
    results = tmp_path / "results.json"
    entries = {
        f"{case.name} {program.python.version} {way}": {verdict: 1}
        for case in load_cases(program).values()
        if (expected := case.expect(program.python)) is not None and case.name != "no-attach"
        for way, verdict in (("broken", expected.verdicts[0]), ("fixed", "ok"))
    }
    results.write_text(json.dumps(entries))
    page = tmp_path / "page.md"
    status, _, err = repro(
        program, tmp_path, "matrix", "-o", str(page), "--times", "1", "--fixed-times", "1",
        "--results", str(results), "--jobs", "2",
    )  # fmt: skip
    assert status == 0, err
    assert "| [no-attach](#no-attach) | crash 1 | 1/1 |  |" in page.read_text()
    assert len(json.loads(results.read_text())) == len(entries) + 2


def test_a_run_leaves_no_process_behind(at: Runner, program: Program) -> None:
    at.run_once(load_cases(program)["fork-attached"], Setting(limit_s=LIMIT_S))
    until = time.monotonic() + 5  # what was killed takes a moment to be gone
    while (left := _running("fork-attached")) and time.monotonic() < until:
        time.sleep(0.01)
    assert left == []


def _running(case: str) -> list[Path]:
    """Processes of the fault program that run a case."""
    return [
        path
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if case.encode() in _read(path) and b"pynodes-fault" in _read(path)
    ]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture(scope="module")
def build_flags() -> list[str]:
    """What compiles a program that embeds the Python of these tests."""
    folder = sysconfig.get_config_var("LIBDIR")
    library = sysconfig.get_config_var("LDLIBRARY")
    if shutil.which("cc") is None:
        pytest.skip("no C compiler")
    if not sysconfig.get_config_var("Py_ENABLE_SHARED"):
        pytest.skip("the Python of these tests has no shared libpython")
    include = sysconfig.get_path("include")
    return [f"-I{include}", f"{folder}/{library}", f"-Wl,-rpath,{folder}", "-ldl", "-lm"]


@pytest.mark.parametrize("name", ["no-attach", "kept-shi", "state-left"])
def test_exported_file_compiles_and_behaves_as_it_says(
    program: Program, build_flags: list[str], tmp_path: Path, name: str
) -> None:
    case = load_cases(program)[name]
    source, lines = export(case, tmp_path, program.python)
    assert f"python{program.python.label}-config" in lines[0]
    ended = {}
    for define in ("-UFIXED", "-DFIXED"):
        out = tmp_path / f"{name}{define}"
        command = ["cc", "-Wall", "-Werror", "-pthread", define, str(source), "-o", str(out)]
        subprocess.run([*command, *build_flags], check=True, capture_output=True, timeout=120)
        ended[define] = subprocess.run(
            [str(out)], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path,
            preexec_fn=no_core,
        )  # fmt: skip
    assert ended["-DFIXED"].returncode == 0
    if name == "state-left":
        assert "left: thread states 41," in ended["-UFIXED"].stderr
        assert "left: thread states 1," in ended["-DFIXED"].stderr
    elif name == "kept-shi":
        assert ended["-UFIXED"].stdout.split()[-1] != ended["-DFIXED"].stdout.split()[-1]
    else:
        assert ended["-UFIXED"].returncode < 0


def test_every_exported_file_compiles_without_a_warning(
    program: Program, build_flags: list[str], tmp_path: Path
) -> None:
    said = {}
    for case in load_cases(program).values():
        source, _ = export(case, tmp_path, program.python)
        command = ["cc", "-Wall", "-Werror", "-fsyntax-only", build_flags[0], str(source)]
        said[case.name] = subprocess.run(
            command, capture_output=True, text=True, check=False
        ).stderr
    assert {name: text for name, text in said.items() if text} == {}


def no_core() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
