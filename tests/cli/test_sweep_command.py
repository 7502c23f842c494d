"""`pynodes sweep --command`: any program as a sweep, judged by its end and by what comes out."""

from __future__ import annotations

import os
import shlex
import signal
import sqlite3
import sys
import sysconfig
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pynodes.process import launched
from pynodes.store.model import Sweep
from pynodes.store.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine, Result

pytestmark = pytest.mark.skipif(launched.find() is None, reason="the launcher is for Linux only")

QUIET = ("--progress", "never", "--warmup", "0", "--repeat", "2")
PYTHON = shlex.quote(sys.executable)
PRINTS = "import sys; print('wrong' if sys.argv[1] == 'b' else 'right')\n"


def sweep(cli: CommandLine, command: str, *arguments: str) -> Result:
    return cli.run("sweep", "--command", command, *QUIET, *arguments)


def stored(cli: CommandLine) -> Sweep:
    with Store.open(cli.folder / "pynodes.db") as store:
        return store.sweep(store.find("latest"))


def verdicts(cli: CommandLine) -> dict[str, str]:
    return {cell.label: str(cell.verdict) for cell in stored(cli).cells}


def test_axes_fill_their_places_and_every_run_is_stored_with_its_figures(cli: CommandLine) -> None:
    cli.scene("say.py", "import sys; print(*sys.argv[1:])\n")
    command = f"{PYTHON} say.py -j {{threads}} '{{mode}} of {{{{2}}}}'"

    result = sweep(cli, command, "-t", "1,2", "--axis", "mode=a b,c", "--axis", "mode=$(d)")

    assert result.status == 0, result.err
    found = stored(cli)
    assert found.axes == ("mode", "threads")
    assert [cell.settings["mode"] for cell in found.cells] == ["a b", "a b", "c", "c"] + [
        "$(d)"
    ] * 2
    assert found.cells[0].samples[0].command.endswith("say.py -j 1 'a b of {2}'")
    assert found.settings["command"] == command
    for sample in found.samples:
        figures = [sample.figures[name] for name in ("wall_s", "cpu_s", "peak_mib", "vcsw")]
        assert all(figure is not None for figure in figures)
    assert [cell.threads for cell in found.cells] == [1, 2] * 3


def test_peak_memory_is_that_of_the_command(cli: CommandLine) -> None:
    result = sweep(cli, "sh -c 'exit {x}'", "--axis", "x=0")

    assert result.status == 0, result.err
    peaks = [sample.figures["peak_mib"] or 0.0 for sample in stored(cli).samples]
    assert 0.1 < min(peaks) <= max(peaks) < 8  # this package alone takes more


@pytest.mark.parametrize(
    ("command", "checks"),
    [
        (f"{PYTHON} prints.py {{x}}", ("--check-output",)),
        (f"{PYTHON} prints.py {{x}}", ("--check-output", "--expect", "expected.txt")),
        (f"{PYTHON} prints.py {{x}} > out-{{x}}.txt", ("--shell", "--check", "out-{x}.txt")),
    ],
)
def test_other_output_is_wrong_and_the_place_is_named(
    cli: CommandLine, command: str, checks: tuple[str, ...]
) -> None:
    cli.scene("prints.py", PRINTS).scene("expected.txt", "right\n")

    result = sweep(cli, command, "--axis", "x=a,b,c", *checks)

    assert result.status == 1
    assert verdicts(cli) == {"x a": "ok", "x b": "wrong-output", "x c": "ok"}
    wrong = stored(cli).cells[1].samples
    assert "it differs from byte 1 on, in line 1" in wrong[0].verdict_text
    assert wrong[0].evidence is not None
    assert (wrong[0].evidence / "output").read_text() == "wrong\n"
    assert wrong[1].evidence is None  # one of a cell is enough


def test_file_that_is_left_from_before_is_not_what_a_run_wrote(cli: CommandLine) -> None:
    cli.scene("out.txt", "old\n")

    result = sweep(cli, "true {x}", "--axis", "x=a", "--check", "out.txt")

    assert result.status == 1
    (cell,) = stored(cli).cells
    assert cell.samples[0].verdict_text == "it ended well, and did not write out.txt"
    assert (cli.folder / "out.txt").read_text() == "old\n"


def test_first_cell_that_prints_another_thing_each_time_is_named(cli: CommandLine) -> None:
    cli.scene("random.sh", "#!/bin/sh\necho $$ $1\n")

    result = sweep(cli, "sh random.sh {x}", "--axis", "x=a,b", "--check-output")

    assert "the first cell is wrong too, so it gives another output each time" in result.out


def test_every_bad_end_has_its_verdict_and_the_sweep_goes_on(cli: CommandLine) -> None:
    cli.scene(
        "ends.py",
        "import os, sys\nhow = sys.argv[1]\n"
        "if how == 'segv': os.kill(os.getpid(), 11)\n"
        "if how == 'status': sys.exit('no luck')\n"
        "if how == 'three': sys.exit(3)\n",
    )

    result = sweep(
        cli, f"{PYTHON} ends.py {{how}}", "--axis", "how=ok,segv,status,three", "--ok-status", "0,3"
    )

    assert result.status == 1
    assert verdicts(cli) == {
        "how ok": "ok",
        "how segv": "crash",
        "how status": "failed",
        "how three": "ok",
    }
    texts = {cell.label: cell.samples[0].verdict_text for cell in stored(cli).cells}
    assert texts["how segv"] == "ended by SIGSEGV (Segmentation fault)"
    assert texts["how status"] == "ended with status 1: no luck"


def is_gone(pid: int) -> bool:
    try:
        return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return True


# It writes the numbers of a child of its own and of one that has left its group and session, both
# of which wait for ever, and then waits itself.
WAITS = """#!/bin/sh
tail -f /dev/null &
echo $! > "$1"
setsid sh -c 'echo $$ >> "$0"; exec tail -f /dev/null' "$1" &
while [ "$(wc -l < "$1")" -lt 2 ]; do :; done
echo ready >&2
wait
"""


def test_hang_is_ended_with_all_its_children_and_not_repeated(cli: CommandLine) -> None:
    cli.scene("waits.sh", WAITS)

    result = sweep(cli, "sh waits.sh {file}", "--axis", "file=pids", "--limit", "1.5")

    assert result.status == 1
    (cell,) = stored(cli).cells
    assert [(sample.round, str(sample.verdict)) for sample in cell.samples] == [(1, "hang")]
    pids = [int(line) for line in (cli.folder / "pids").read_text().split()]
    assert len(pids) == 2
    assert all(map(is_gone, pids))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_no_process_and_says_how_to_go_on(
    cli: CommandLine, number: signal.Signals
) -> None:
    cli.scene("waits.sh", WAITS)
    running = cli.start("sweep", "--command", "sh waits.sh {f}", "--axis", "f=pids", *QUIET, "-v")
    running.wait_for("ready")

    running.send(number)
    result = running.end()

    assert result.status == 130
    assert "to go on: pynodes sweep --command 'sh waits.sh {f}'" in result.err
    assert all(is_gone(int(line)) for line in (cli.folder / "pids").read_text().split())
    assert list(stored(cli).samples) == []


def test_killed_sweep_takes_its_command_along(
    cli: CommandLine, scaled: Callable[[float], float]
) -> None:
    cli.scene("waits.sh", WAITS)
    running = cli.start("sweep", "--command", "sh waits.sh {f}", "--axis", "f=pids", *QUIET, "-v")
    running.wait_for("ready")
    pids = [int(line) for line in (cli.folder / "pids").read_text().split()]
    ends = [os.pidfd_open(pid) for pid in pids]

    running.send(signal.SIGKILL)
    running.end()

    import select

    for end in ends:
        ready, _, _ = select.select([end], [], [], scaled(20))
        os.close(end)
        assert ready, "it lives on"


def test_what_a_command_leaves_running_is_ended_before_the_next_run(cli: CommandLine) -> None:
    cli.scene("leaves.sh", '#!/bin/sh\nsetsid tail -f /dev/null & echo $! >> "$1"\n')

    result = sweep(cli, "sh leaves.sh {f}", "--axis", "f=pids")

    assert result.status == 0, result.err
    pids = [int(line) for line in (cli.folder / "pids").read_text().split()]
    assert len(pids) == 2
    assert all(map(is_gone, pids))


def test_same_command_goes_on_and_a_changed_script_is_another_sweep(cli: CommandLine) -> None:
    cli.scene("say.py", "print(1)\n")
    command = f"{PYTHON} say.py {{x}}"
    sweep(cli, command, "--axis", "x=1,2")

    again = sweep(cli, command, "--axis", "x=1..3")
    assert "4 runs stored already, 2 to make" in again.err
    assert stored(cli).id == 1

    cli.scene("say.py", "print(2)\n")
    sweep(cli, command, "--axis", "x=1,2")
    assert stored(cli).id == 2


def test_reference_that_is_another_one_when_it_is_gone_on_with_is_an_error(
    cli: CommandLine,
) -> None:
    cli.scene("data", "one\n")
    sweep(cli, "cat {x}", "--axis", "x=data", "--check-output")
    cli.scene("data", "two\n")

    result = sweep(cli, "cat {x}", "--axis", "x=data", "--check-output", "--repeat", "3")

    assert result.status == 3
    assert "what comes out of the first cell is not what it was" in result.err


def test_setup_is_run_before_each_run_and_its_failure_is_a_cell(cli: CommandLine) -> None:
    good = sweep(cli, "rm made-{x}", "--axis", "x=a", "--setup", "touch made-{x}")
    assert good.status == 0, good.err

    bad = sweep(cli, "true {x}", "--axis", "x=a", "--setup", "false {x}")

    assert bad.status == 1
    (cell,) = stored(cli).cells
    assert str(cell.verdict) == "cannot-start"
    assert "what prepares it (false a) failed: ended with status 1" in cell.samples[0].verdict_text


# Each call of C by ctypes, an extension module, gives the GIL away and takes it back.
ATTACHES = """
import ctypes, sys, threading
call = ctypes.CDLL(None).getppid
def attach():
    for _ in range(500):
        call()
threads = [threading.Thread(target=attach) for _ in range(int(sys.argv[1]))]
for each in threads:
    each.start()
for each in threads:
    each.join()
"""


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_ENABLE_SHARED"),
    reason="this libpython is static: nobody is seen to attach",
)
def test_waits_for_python_are_measured_thread_by_thread(cli: CommandLine) -> None:
    cli.scene("attaches.py", ATTACHES)

    result = sweep(cli, f"{PYTHON} attaches.py {{threads}}", "-t", "3", "--python-waits")

    assert result.status == 0, result.err
    assert "wait/thread" in result.out
    for sample in stored(cli).samples:
        threads = [each["waits"] for each in sample.record["per_thread"]]
        assert sum(count >= 500 for count in threads) >= 3
        assert (sample.figures["wait_s"] or 0.0) > 0
    assert cli.run("report", "-q").status == 0
    page = (cli.folder / "report.html").read_text()
    assert "on the processor" in page
    assert "waiting for the interpreter" in page
    shown = cli.run("results", "show", "--samples")
    assert "waited for Python: " in shown.out


def test_names_of_threads_that_are_no_list_are_left_out(cli: CommandLine) -> None:
    sweep(cli, "true {x}", "--axis", "x=1")
    with closing(sqlite3.connect(cli.folder / "pynodes.db")) as db, db:
        db.execute("UPDATE sample SET record = json_set(record, '$[0].thread_names', 5)")

    shown = cli.run("results", "show", "--samples")

    assert shown.status == 0, shown.err
    assert "waited for Python" not in shown.out


def test_command_without_python_has_no_waits_and_that_is_said(cli: CommandLine) -> None:
    result = sweep(cli, "true {x}", "--axis", "x=1", "--python-waits")

    assert result.status == 0, result.err
    assert "nobody was seen to attach to a Python in 1 cell" in result.out
    assert {sample.figures["wait_s"] for sample in stored(cli).samples} == {None}
    assert "All 2 runs ended well" in cli.run("report").err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--command", "ls {y}", "--axis", "x=1"), "nothing gives a value for {y}"),
        (("--command", "ls", "-t", "1..3"), "-t has no place in the command"),
        (("--command", "ls {x", "--axis", "x=1"), "--axis x has no place in the command"),
        (("--command", "ls '{x}", "--axis", "x=1"), "cannot be split into words"),
        (("--command", "no-such {x}", "--axis", "x=1"), "there is no program 'no-such'"),
        (("--command", "ls {x}", "--axis", "x"), "'x' is not NAME=VALUES"),
        (("--command", "ls {x}", "--axis", "x="), "the list of values is empty"),
        (("--command", "./scene.py"), "./scene.py may not be executed"),
        (("--command", " "), "CMD is empty"),
        (("--command", "ls {x}", "--axis", "x=1", "--engine", "all"), "--engine is of scenes"),
        (("--command", "ls", "scene.py"), "a command is measured, or scenes"),
        (("scene.py", "--setup", "ls"), "--setup is of commands"),
        (("--command", "ls", "--expect", "scene.py"), "nothing is compared with --expect"),
        (("--command", "ls", "--check", "a", "--check-output"), "contradict each other"),
        ((), "there is nothing to measure"),
    ],
)
def test_what_cannot_be_meant_is_one_error_and_nothing_is_stored(
    cli: CommandLine, arguments: tuple[str, ...], what: str
) -> None:
    result = cli.run("sweep", *arguments)

    assert result.status == 2
    assert what in result.err
    assert result.err.count("error: ") == 1
    assert "  help:  " in result.err
    assert cli.left_behind() == []


@pytest.mark.parametrize("program", ["binary", "script.sh"])
def test_scene_that_is_no_python_source_is_refused_with_a_hint(
    cli: CommandLine, program: str
) -> None:
    (cli.folder / "binary").write_bytes(b"\x7fELF\0\1\2")
    cli.scene("script.sh", "#!/bin/sh\nexit 0\n")

    result = cli.run("sweep", program, "-t", "1,2")

    assert result.status == 2
    assert f"{program} is no Python source, so it is no scene" in result.err
    assert f"--command '{program} ...'" in result.err
    assert not (cli.folder / "pynodes.db").exists()


def test_results_compare_and_report_show_it_as_any_sweep(cli: CommandLine) -> None:
    sweep(cli, "sh -c 'exit 0' {x}", "--axis", "x=a,b", "--repeat", "3", "--check-output")

    shown = cli.run("results", "show", "latest")
    assert "wall" in shown.out.splitlines()[4]
    compared = cli.run("compare", "1@x=a", "1@x=b")
    assert compared.status == 0, compared.err
    page = cli.run("report", "-q")
    assert page.status == 0, page.err
    text = (cli.folder / "report.html").read_text()
    assert "outputs equal that of the first cell, byte by byte" in text
