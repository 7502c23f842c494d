"""`pynodes sweep`, `results` and `compare` against a host that ends as the test wants."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pynodes.cli import main
from pynodes.store.model import Sweep
from pynodes.store.schema import SCHEMA
from pynodes.store.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine, Result

SMALL = ("--size", "64x64", "--progress", "never")


def sweep(cli: CommandLine, *arguments: str) -> Result:
    return cli.run("sweep", "scene.py", *SMALL, *arguments)


def stored(cli: CommandLine, wanted: str = "latest") -> Sweep:
    with Store.open(cli.folder / "pynodes.db") as store:
        return store.sweep(store.find(wanted))


def runs(cli: CommandLine) -> dict[str, list[int]]:
    """Rounds by cell; a warm-up is 0."""
    return {cell.label: [s.round for s in cell.samples] for cell in stored(cli).cells}


def left_by_render(cli: CommandLine) -> list[Path]:
    return [
        path for path in cli.folder.rglob("*") if path.suffix == ".npy" or "scratch" in path.name
    ]


def test_every_cell_is_run_and_shown(cli: CommandLine) -> None:
    result = sweep(cli, "-t", "1,2", "--engine", "shared,process", "--repeat", "2")

    assert result.status == 0, result.err
    assert runs(cli) == {
        f"engine {engine}, threads {threads}": [0, 1, 2]
        for engine in ("shared", "process")
        for threads in (1, 2)
    }
    assert result.out.count(" ok ") == 4
    assert re.search(r"sweep 1, scene-1, begun .* UTC on ", result.out)
    assert "hello from a node" not in result.err
    assert left_by_render(cli) == []
    found = stored(cli)
    assert found.axes == ("engine", "threads")
    assert {sample.wrong_pixels for sample in found.samples} == {0}
    (reference,) = found.references.values()
    assert reference.image is not None
    assert reference.image.exists()


def test_same_command_finds_all_of_it_stored(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--repeat", "2")

    again = sweep(cli, "-t", "1,2", "--repeat", "2")

    assert again.status == 0
    assert "all of it is stored already" in again.err
    assert runs(cli) == {"threads 1": [0, 1, 2], "threads 2": [0, 1, 2]}


def test_more_runs_and_more_values_are_added(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--repeat", "1", "--warmup", "0")

    result = sweep(cli, "-t", "1..3", "--repeat", "2", "--warmup", "0")

    assert "2 runs stored already, 5 to make" in result.err
    assert runs(cli) == {f"threads {n}": [1, 2] for n in (1, 2, 3)}
    assert stored(cli).id == 1


def test_fresh_measures_anew_beside_it(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--repeat", "1")

    sweep(cli, "-t", "1,2", "--repeat", "1", "--fresh", "--name", "second")

    assert stored(cli).name == "second"
    assert stored(cli, "1").id == 1


def test_scene_that_was_changed_is_another_sweep(cli: CommandLine) -> None:
    cli.scene("helper.py", "A = 1\n").scene("scene.py", "import helper\n")
    sweep(cli, "-t", "1,2", "--repeat", "1")
    cli.scene("helper.py", "A = 2\n")

    sweep(cli, "-t", "1,2", "--repeat", "1")

    assert stored(cli).id == 2


def test_every_bad_end_is_a_cell_and_the_sweep_goes_on(cli: CommandLine) -> None:
    modes = {
        "ok": "ok",
        "wrong": "wrong-image",
        "segfault": "crash",
        "exit_0": "crash",
        "node_error": "node-error",
        "scene_error": "cannot-start",
    }
    defines = [word for mode in modes for word in ("-D", f"mode={mode}")]

    result = sweep(cli, *defines, "-t", "2", "--repeat", "2", "--warmup", "0")

    assert result.status == 1
    found = {cell.settings["D mode"]: cell for cell in stored(cli).cells}
    assert {mode: str(cell.verdict) for mode, cell in found.items()} == modes
    rounds = {mode: len(cell.samples) for mode, cell in found.items()}
    assert rounds == {**dict.fromkeys(modes, 2), "scene_error": 1}
    assert "'Spher' is not defined; did you mean 'Sphere'?\n" in result.err
    wrong = found["wrong"].samples[0]
    assert (wrong.wrong_pixels, wrong.max_difference) == (2, 0.75)
    assert wrong.verdict_text == "2 of 4,096 pixels differ, by at most 0.75"
    for path in (wrong.image, wrong.difference):
        assert path is not None
        assert path.stat().st_size > 0
    crash = found["segfault"].samples[0]
    assert crash.evidence is not None
    assert (crash.evidence / "output.txt").exists()
    assert "wrong pixels" in result.out


def test_hang_is_a_cell_that_is_not_repeated(cli: CommandLine) -> None:
    result = sweep(cli, "-D", "mode=slow", "--repeat", "3", "--limit", "0.7")

    assert result.status == 1
    (found,) = stored(cli).cells
    assert [(sample.round, str(sample.verdict)) for sample in found.samples] == [(1, "hang")]


def test_impossible_combinations_are_left_out_and_named(cli: CommandLine) -> None:
    result = sweep(cli, "--engine", "shared,isolated", "--attach", "fresh,tile", "--repeat", "1")

    assert result.status == 0
    assert "1 combination left out: attach policy fresh belongs to one interpreter" in result.err
    assert len(stored(cli).cells) == 3


def test_plan_is_told_and_nothing_is_kept(cli: CommandLine) -> None:
    result = sweep(cli, "-t", "1,2", "--repeat", "3", "--dry-run")

    assert result.status == 0
    assert "2 cells, 6 runs to make (0 stored), 2 warm-ups, 1 reference" in result.out
    assert re.search(r"^about .*, by small renders", result.out, re.MULTILINE)
    assert cli.left_behind() == []


def test_interrupt_keeps_what_is_done_and_says_how_to_go_on(cli: CommandLine) -> None:
    arguments = ("sweep", "scene.py", *SMALL, "-D", "mode=ok", "-D", "mode=slow", "--repeat", "1")
    running = cli.start(*arguments, "--warmup", "0", "-v")
    running.wait_for("ready")  # the reference of the second cell

    running.send(signal.SIGINT)
    result = running.end()

    assert result.status == 130
    assert f"to go on: pynodes {' '.join(arguments)}" in result.err
    assert left_by_render(cli) == []
    assert stored(cli).sessions[0].ending == "interrupted"


def test_killed_sweep_goes_on_and_its_host_is_ended(cli: CommandLine) -> None:
    arguments = ("-D", "mode=ok", "-D", "mode=slow", "--repeat", "1", "--warmup", "0")
    running = cli.start("sweep", "scene.py", *SMALL, *arguments, "-v")
    host = int(running.wait_for("ready").split()[1])
    running.send(signal.SIGKILL)
    running.end()
    os.kill(host, 0)  # it sends nothing, so it does not see that nobody listens

    result = sweep(cli, *arguments, "--limit", "0.7")

    assert result.status == 1
    assert runs(cli) == {"D mode ok": [1], "D mode slow": [1]}
    assert [session.ending for session in stored(cli).sessions] == [None, "done"]
    assert (
        not Path(f"/proc/{host}").exists()
        or "State:\tZ" in Path(f"/proc/{host}/status").read_text()
    )
    assert left_by_render(cli) == []


def test_second_start_of_the_same_sweep_is_refused(cli: CommandLine) -> None:
    running = cli.start("sweep", "scene.py", *SMALL, "-D", "mode=slow", "--repeat", "1", "-v")
    running.wait_for("ready")

    result = sweep(cli, "-D", "mode=slow", "--repeat", "1")
    running.send(signal.SIGINT)
    running.end()

    assert result.status == 3
    assert f"sweep 1 is at work already, in process {running.process.pid}" in result.err


def test_picture_that_changed_between_starts_is_reported(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--repeat", "1")
    with closing(sqlite3.connect(cli.folder / "pynodes.db")) as db:
        db.execute('UPDATE reference SET record = replace(record, \'"sha256":"\', \'"sha256":"0\')')
        db.commit()

    result = sweep(cli, "-t", "1,2", "--repeat", "2")

    assert result.status == 3
    assert "the picture of one thread is not what it was when this sweep began" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--thread", "1"), "no such option --thread"),
        (("-t", "8..1"), "the range '8..1' is empty: it counts down"),
        (("-t", ""), "the list of values is empty"),
        (("--engine", "sharde"), "did you mean shared?"),
        (("--attach", "fresh", "--engine", "isolated"), "fresh belongs to one interpreter"),
        (("--frame", "1", "--frames", "1..2"), "contradict each other"),
        (("--pin", "4000"), "core 4000 cannot be used here"),
        (("--only-tile", "99"), "there is no tile 99"),
        (("--name", ""), "the name is empty"),
    ],
)
def test_bad_axis_is_one_message(
    cli: CommandLine,
    arguments: tuple[str, ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(cli.folder)
    monkeypatch.setenv("PYNODES_HOST", cli.environ["PYNODES_HOST"])

    assert main(["sweep", "scene.py", *SMALL, *arguments]) == 2

    printed = capsys.readouterr().err
    assert words in printed
    assert printed.count("error: ") == 1
    assert cli.left_behind() == []


def test_missing_scene_is_one_message(cli: CommandLine) -> None:
    result = cli.run("sweep", "scen.py", "-t", "1,2")

    assert result.status == 2
    assert "there is no file scen.py" in result.err
    assert "did you mean scene.py?" in result.err


def test_newer_schema_is_one_message_and_nothing_is_lost(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--repeat", "1")
    path = cli.folder / "pynodes.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    before = path.read_bytes()

    for arguments in (
        ("sweep", "scene.py", "-t", "1,2"),
        ("results", "list"),
        ("compare", "1", "1"),
    ):
        result = cli.run(*arguments)
        assert result.status == 3
        assert f"these results are of schema {SCHEMA + 1}" in result.err
        assert result.err.count("error: ") == 1

    assert path.read_bytes() == before


def test_results_are_listed_shown_and_pruned(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--repeat", "1", "--name", "first")
    sweep(cli, "--tile", "8,16", "--repeat", "1")
    folder = stored(cli, "first").folder

    listed = cli.run("results", "list", "--json")
    shown = cli.run("results", "show", "first", "--samples")
    tried = cli.run("results", "prune", "--keep", "1", "--dry-run")
    pruned = cli.run("results", "prune", "first")

    assert [each["name"] for each in json.loads(listed.out)] == ["first", "scene-2"]
    assert shown.out.count("  $ ") == 4
    assert (tried.out, pruned.out) == ("would delete 1 (first)\n", "deleted 1 (first)\n")
    assert not folder.exists()
    assert stored(cli).name == "scene-2"


def test_command_of_a_run_works_when_pasted(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--repeat", "1", "--pin", "0")
    (sample, *_) = stored(cli).cells[0].samples

    assert sample.command.startswith("taskset -c 0 ")
    out = re.search(r"--out (\S+)", sample.command)
    assert out is not None
    assert Path(out[1]).parent.is_dir()


def test_two_parts_of_a_sweep_are_compared(cli: CommandLine) -> None:
    sweep(cli, "-t", "1,2", "--tile", "8,16", "--repeat", "3")

    result = cli.run("compare", "1@threads=1", "1@threads=2", "--json")
    found = json.loads(result.out)

    assert result.status == 0
    assert [pair["settings"] for pair in found["pairs"]] == [{"tile": 8}, {"tile": 16}]
    assert found["overall"]["speedup"] == 1.0  # the fake host always takes the same time
