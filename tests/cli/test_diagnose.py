"""The command `pynodes diagnose` itself: usage, exit statuses, what it prints, what it leaves."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

PLAIN = (sys.executable, "-S", "-E", "-c")


def test_program_that_ends_well_gives_no_finding(cli: CommandLine) -> None:
    result = cli.run("diagnose", "--", *PLAIN, "print('hello')")

    assert result.status == 0
    assert "hello\n" in result.out
    assert "ended by itself with status 0\nno finding" in result.out
    assert cli.left_behind() == []


def test_status_of_a_program_that_fails_is_taken_over(cli: CommandLine) -> None:
    result = cli.run("diagnose", "--json", "--", *PLAIN, "raise SystemExit(7)")

    assert result.status == 7
    assert result.record["status"] == 7
    assert result.err.endswith("result: 7, the program's own status; no finding\n")
    assert result.record["verdict"] == "ok"
    assert result.record["findings"] == []


def test_json_has_stdout_for_itself(cli: CommandLine) -> None:
    result = cli.run("diagnose", "--json", "--", *PLAIN, "print('hello')")

    assert "hello" in result.err
    assert json.loads(result.out)["command"][-1] == "print('hello')"


def test_options_of_the_program_stay_its_own(cli: CommandLine) -> None:
    code = "import sys; print(sys.argv[1:])"

    result = cli.run("diagnose", "--", *PLAIN, code, "--json", "--limit", "x")

    assert "['--json', '--limit', 'x']" in result.out


@pytest.mark.parametrize(
    "arguments",
    [[], ["--pid", "1", "--", "true"], ["--pid", "1", "--core", "core"], ["--pid", "x"]],
)
def test_nothing_or_too_much_to_look_at_is_a_usage_error(
    cli: CommandLine, arguments: list[str]
) -> None:
    result = cli.run("diagnose", *arguments)

    assert result.status == 2
    assert result.err.startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--", "no-such-program"], "no-such-program cannot be started"),
        (["--pid", "4194303"], "there is no process 4194303"),
        (["--core", "no-such-core"], "the core file cannot be read: No such file"),
    ],
)
def test_what_is_not_there_cannot_be_looked_at(
    cli: CommandLine, arguments: list[str], what: str
) -> None:
    result = cli.run("diagnose", *arguments)

    assert result.status == 3
    assert what in result.err
    assert cli.left_behind() == []


def test_limit_ends_the_program_and_all_its_children(cli: CommandLine) -> None:
    pids = cli.folder / "pids"
    script = f"sleep 600 & echo $! >> {pids}; (setsid sleep 600 & echo $! >> {pids}); sleep 600"

    result = cli.run("diagnose", "--limit", "1", "--json", "--", "sh", "-c", script)

    assert result.record["verdict"] == "hang"
    assert result.record["findings"] == []
    assert len(pids.read_text().split()) == 2
    assert [pid for pid in pids.read_text().split() if is_alive(pid)] == []


def test_crash_of_a_program_without_python_is_no_finding(cli: CommandLine) -> None:
    result = cli.run("diagnose", "--json", "--", "sh", "-c", "kill -SEGV $$")

    assert result.record["verdict"] == "crash"
    assert result.record["signal"] == "SIGSEGV"
    assert result.record["findings"] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_request_to_end_ends_program_and_diagnosis(
    cli: CommandLine, number: signal.Signals
) -> None:
    ready = cli.folder / "ready"
    running = cli.start("diagnose", "--", "sh", "-c", f"echo $$ > {ready}; echo up >&2; sleep 600")
    running.wait_for("up")

    running.send(number)
    result = running.end()

    assert result.status == 130
    assert not is_alive(ready.read_text().strip())


def test_junit_file_of_a_good_run_has_no_failure(cli: CommandLine) -> None:
    result = cli.run("diagnose", "--junit", "out.xml", "--", *PLAIN, "")

    suite = Xml.parse(cli.folder / "out.xml").getroot()
    assert result.status == 0
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")


def test_junit_file_that_cannot_be_written_is_an_error(cli: CommandLine) -> None:
    result = cli.run("diagnose", "--junit", "no/such/folder.xml", "--", *PLAIN, "")

    assert result.status == 3
    assert "no/such/folder.xml" in result.err


def is_alive(pid: str) -> bool:
    """Whether the process is there; one that was killed gets a moment to go."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return False
        if state in "ZX":
            return False
        time.sleep(0.01)
    return True
