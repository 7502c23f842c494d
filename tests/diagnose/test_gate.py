"""`pynodes diagnose -- ./run_tests` as a gate: exit status and JUnit file can be believed."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import victims
from diagnosing import program

pytestmark = pytest.mark.usefixtures("has_collector")
PYTHON = (sys.executable, "-S", "-E", "-c")
DEADLOCK = "import threading; a = threading.Lock(); a.acquire(); print(1, flush=True); a.acquire()"


@dataclass(frozen=True)
class Said:
    """What one run printed, and its JUnit file: what is wrong, by the name of a case."""

    status: int
    out: str
    cases: dict[str, list[str]]

    @property
    def last(self) -> str:
        return self.out.splitlines()[-1]

    @property
    def watched(self) -> str:
        (line,) = [line for line in self.out.splitlines() if line.startswith("watched: ")]
        return line.removeprefix("watched: ")


Gate = Callable[..., Said]


@pytest.fixture
def gate(tmp_path: Path, scaled: Callable[[float], float]) -> Gate:
    def run(*arguments: str, options: tuple[str, ...] = ()) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "pynodes", "diagnose", "--junit", "j.xml", *options, "--"]
            + list(arguments),
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=scaled(90),
            check=False,
        )
        assert "Traceback" not in done.stderr.replace("Traceback (most recent call last):\n  F", "")
        cases = {
            case.get("name", ""): [
                f"{part.tag} {part.get('type')}" for part in case if part.tag != "system-out"
            ]
            for case in Xml.parse(tmp_path / "j.xml").getroot()
        }
        return Said(done.returncode, done.stdout, cases)

    return run


@pytest.fixture
def healthy(kit: victims.Kit) -> tuple[str, str]:
    return str(victims.build(kit, "healthy/habits")), "object_for_each_call"


@pytest.fixture
def broken(kit: victims.Kit) -> str:
    """Ends well, with a finding."""
    return program(kit, "broken/scorer.c")[0]


def test_healthy_program_is_green_and_says_what_was_watched(
    gate: Gate, healthy: tuple[str, str]
) -> None:
    said = gate(*healthy)

    version = sys.version.split()[0]
    assert (said.status, said.last) == (0, "result: 0, no finding; the program ended well")
    assert said.watched.startswith(f"Python {version} in 1 of 1 program; 4 threads attached ")
    assert said.cases == {shlex.join(healthy): []}


@pytest.mark.parametrize(
    ("code", "options", "status", "wrong", "last"),
    [
        ("pass", (), 0, [], "no finding; the program ended well"),
        ("raise SystemExit(7)", (), 7, ["error failed"], "the program's own status; no finding"),
        ("import os; os.abort()", (), 4, ["error crash"], "died of SIGABRT"),
        ("import os; os.kill(os.getpid(), 15)", (), 143, ["error failed"], "SIGTERM; no finding"),
        (DEADLOCK, ("--limit", "3"), 5, ["error limit"], "not finished within 3 s; it was ended"),
        ("pass", ("--no-witness",), 3, ["error not-seen"], "could not be watched"),
    ],
    ids=["good", "fails", "crashes", "is ended", "hangs", "is not watched"],
)
def test_end_decides_where_nothing_is_found(
    gate: Gate, code: str, options: tuple[str, ...], status: int, wrong: list[str], last: str
) -> None:
    if options == ("--no-witness",):
        said = gate("true", options=options)
    else:
        said = gate(*PYTHON, code, options=options)

    assert said.status == status, said
    assert said.last.startswith(f"result: {status}, ") and last in said.last
    assert list(said.cases.values()) == [wrong]


ENDS = {
    "pass": 0,
    "raise SystemExit(7)": 7,
    "import os; os.abort()": 4,
    "": 6,
    "a finding, and status 9": 1,
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif", "github"])
def test_every_format_has_the_status_that_it_ends_with(
    form: str, end: str, gate: Gate, broken: str
) -> None:
    words = ("sh", "-c", f"{broken}; exit 9") if "finding" in end else (*PYTHON, end)
    said = gate(*(words if end else ("true",)), options=("--format", form))

    if form == "json":
        known = json.loads(said.out)["exit_status"]
    elif form == "sarif":
        known = json.loads(said.out)["runs"][0]["invocations"][0]["exitCode"]
    elif form == "junit":
        text = Xml.fromstring(said.out).findtext("testcase/system-out") or ""
        known = int(text.partition("result: ")[2].partition(",")[0])
    else:
        known = int(said.last.removeprefix("result: ").partition(",")[0])

    assert (said.status, known) == (ENDS[end], ENDS[end]), said.out


@pytest.mark.parametrize("own", [0, 9])
def test_finding_fails_whatever_the_program_says(gate: Gate, broken: str, own: int) -> None:
    said = gate("sh", "-c", f"{broken}; exit {own}")

    assert said.status == 1
    assert said.last == f"result: 1, 1 finding{'; the program' * bool(own)}" + (
        f"'s own status is {own}" if own else ""
    )
    assert said.cases == {
        f"sh -c '{broken}; exit {own}'": ["error failed"] if own else [],
        broken: ["failure lost-exception"],
    }


@pytest.mark.parametrize("command", [("true",), ("sh", "-c", "true; exit 0")])
def test_program_without_python_is_not_green(gate: Gate, command: tuple[str, ...]) -> None:
    said = gate(*command)

    assert (said.status, said.last) == (6, "result: 6, no Python was seen")
    assert said.watched.startswith("no Python in 1 program")
    assert list(said.cases.values()) == [["error no-python"]]


def test_program_that_takes_no_witness_is_not_green(gate: Gate, tmp_path: Path) -> None:
    """setuid: the loader drops what is preloaded."""
    if os.geteuid() != 0:
        pytest.skip("not root: a setuid program cannot be made")
    copy = tmp_path / "setuid"
    shutil.copy("/bin/true", copy)
    os.chown(copy, 65534, 65534)
    copy.chmod(0o4755)

    said = gate(str(copy))

    assert said.status == 3
    assert said.watched == "no Python; no witness; 0 looks"
    assert list(said.cases.values()) == [["error not-seen"]]


def test_program_that_was_not_to_be_watched_is_known_by_what_it_maps(gate: Gate) -> None:
    said = gate(*PYTHON, "sum(range(3 * 10**7))", options=("--no-witness",))

    assert (said.status, said.watched) == (0, "Python; no witness; 0 looks")


def test_stuck_program_in_a_shell_is_named_and_the_shell_is_not(
    gate: Gate, kit: victims.Kit
) -> None:
    (command,) = program(kit, "broken/join_attached.c")

    said = gate("sh", "-c", f"{command}; exit 0")

    assert said.status == 1
    assert said.cases[command] == ["failure wait-while-attached"]
    assert "no debug information" not in said.out


def test_keep_going_names_all_that_hang(
    gate: Gate, kit: victims.Kit, healthy: tuple[str, str]
) -> None:
    stuck = [program(kit, f"broken/{name}")[0] for name in ("join_attached.c", "jobs")]
    script = "; ".join([*stuck, shlex.join(healthy), "exit 0"])

    said = gate("sh", "-c", script, options=("--keep-going", "--limit", "60"))

    assert (said.status, said.last) == (1, "result: 1, 2 findings")
    assert "children that stopped moving and were ended: 2" in said.out
    assert list(said.cases.values()) == [
        [],
        ["failure wait-while-attached"],
        ["failure missing-release"],
        [],
    ]


def test_known_findings_pass_and_what_is_not_met_is_named(
    gate: Gate, broken: str, tmp_path: Path
) -> None:
    entry = '[[suppress]]\nfamily = "{}"\nfunction = "mark"\nreason = "since 2024"\n'
    (tmp_path / "known.toml").write_text(
        entry.format("lost-exception") + entry.format("lock-twice")
    )

    said = gate(broken, options=("--suppress", "known.toml"))

    assert said.last == "result: 0, no new finding; 1 known finding; the program ended well"
    assert ": since 2024\n" in said.out
    assert "not met: suppression: lock-twice in mark\n" in said.out
    assert said.cases == {broken: []}


def test_baseline_is_an_older_report(gate: Gate, broken: str, tmp_path: Path) -> None:
    old = gate(broken, options=("--json",))
    (tmp_path / "old.json").write_text(old.out)

    said = gate(broken, options=("--baseline", "old.json"))

    assert (old.status, said.status) == (1, 0)
    assert json.loads(old.out)["exit_status"] == 1


def test_json_of_a_healthy_program_has_its_python(gate: Gate, healthy: tuple[str, str]) -> None:
    report = json.loads(gate(*healthy, options=("--json",)).out)

    assert report["python"] == sys.version.split()[0]
    (one,) = report["programs"]
    assert one["command"] == list(healthy)
    assert (one["threads"], one["status"], one["saw_python"]) == (4, 0, True)
    assert one["attachments"] > 100


def test_ctest_is_a_case_for_each_of_its_programs(
    gate: Gate, tmp_path: Path, healthy: tuple[str, str], broken: str
) -> None:
    if shutil.which("ctest") is None:
        pytest.skip("no ctest")
    crash = (*PYTHON, "import os; os.abort()")
    tests = {"good": healthy, "found": (broken,), "bad": (*PYTHON, "exit(3)"), "crash": crash}
    lines = [
        f"add_test({name} {' '.join(f'[[{word}]]' for word in words)})\n"
        for name, words in {**tests, "plain": ("true",)}.items()
    ]
    (tmp_path / "CTestTestfile.cmake").write_text("".join(lines))

    said = gate("ctest", "-j2")

    assert said.status == 1
    assert said.last == "result: 1, 1 finding; the program's own status is 8"
    assert said.cases.pop("ctest -j2") == ["error crash"]
    assert said.cases == {
        shlex.join(healthy): [],
        broken: ["failure lost-exception"],
        shlex.join(tests["bad"]): ["error failed"],
        shlex.join(crash): ["error crash"],
    }


def test_pytest_is_a_case_with_those_that_it_runs(
    gate: Gate, tmp_path: Path, healthy: tuple[str, str]
) -> None:
    (tmp_path / "test_it.py").write_text(
        f"import subprocess\ndef test_it(): subprocess.run({list(healthy)}, check=True)\n"
        "def test_bad(): assert 0\n"
    )
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")

    said = gate(*command)

    assert said.status == 1
    assert said.last == "result: 1, the program's own status; no finding"
    assert said.cases == {shlex.join(command): ["error failed"], shlex.join(healthy): []}


def test_workflow_in_the_docs_does_what_it_is_for(
    tmp_path: Path, broken: str, scaled: Callable[[float], float]
) -> None:
    """Its script fails by a finding, beside the line; with a reason for it, it passes."""
    page = (Path(__file__).parents[2] / "docs" / "diagnose.md").read_text(encoding="utf-8")
    lines = page.split("```yaml\n")[1].split("```")[0].split("run: |\n")[1].split("- uses")[0]
    entry = page.split("```toml\n")[1].split("```")[0]
    (tmp_path / "run_tests").write_text(f"#!/bin/sh\n{broken}\n")
    (tmp_path / "run_tests").chmod(0o755)
    (tmp_path / "known.toml").touch()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "-e", "-c", textwrap.dedent(lines)],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            text=True,
            timeout=scaled(90),
            check=False,
        )

    red = run()
    assert red.returncode == 1, red
    assert "::error file=" in red.stdout and ",title=lost-exception::" in red.stdout
    assert (tmp_path / "diagnose.xml").exists()
    (tmp_path / "known.toml").write_text(entry)
    green = run()
    assert green.returncode == 0, green
