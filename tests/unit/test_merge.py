"""Files of results taken together: nothing lost, nothing doubled, machines told apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from stored_sweeps import MACHINE, races, scales, store_sweep

from pynodes.cli import main
from pynodes.store.merge import MergingStore
from pynodes.store.model import Machine, Sweep
from pynodes.store.store import Store

OTHER = Machine("eight-cores", "workbench", {**MACHINE.facts, "cores": 8, "usable_cores": 8})
THREADS: dict[str, list[Any]] = {"threads": [1, 2]}
RACE: dict[str, list[Any]] = {"threads": [1, 2], "switch-interval": [1e-6, 1.0]}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two files, `a.db` and `b.db` in folders of their own, of two machines with one name."""
    for name, machine, behaviour, axes in (
        ("a", MACHINE, scales, THREADS),
        ("b", OTHER, races, RACE),
    ):
        (tmp_path / name).mkdir()
        store_sweep(tmp_path / name / f"{name}.db", axes, behaviour, rounds=3, machine=machine)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sweeps(path: Path) -> list[Sweep]:
    with Store.open(path) as store:
        return store.sweeps()


def same(one: Sweep, other: Sweep) -> bool:
    """Whether all that was measured is equal; paths and numbers are each file's own."""

    def runs(sweep: Sweep) -> list[Any]:
        return [
            (cell.key, run.round, run.begun, run.verdict, run.figures, run.records, run.command)
            for cell in sweep.cells
            for run in cell.samples
        ]

    kept = ("key", "created", "machine", "version", "revision", "axes", "settings")
    return runs(one) == runs(other) and all(
        getattr(one, name) == getattr(other, name) for name in kept
    )


def test_merged_file_has_all_sweeps_as_they_were_and_the_others_stay(folder: Path) -> None:
    before = [(folder / name / f"{name}.db").read_bytes() for name in "ab"]

    assert main(["results", "merge", "a/a.db", "b/b.db"]) == 0

    found = sweeps(folder / "pynodes.db")
    assert [sweep.machine for sweep in found] == [MACHINE, OTHER]
    for name, sweep in zip("ab", found, strict=True):
        assert same(sweep, sweeps(folder / name / f"{name}.db")[0])
    assert [(folder / name / f"{name}.db").read_bytes() for name in "ab"] == before


def test_pictures_come_along_and_lie_beside_the_merged_file(folder: Path) -> None:
    assert main(["results", "merge", "b/b.db"]) == 0

    (sweep,) = sweeps(folder / "pynodes.db")
    wrong = [run for run in sweep.samples if run.difference is not None]
    assert wrong
    for run in wrong:
        assert run.difference is not None
        assert run.difference.parent == sweep.folder
        assert run.difference.is_file()


def test_same_merge_again_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["results", "merge", "a/a.db", "b/b.db"]) == 0
    first = sweeps(folder / "pynodes.db")
    capsys.readouterr()

    assert main(["results", "merge", "a/a.db", "b/b.db"]) == 0

    assert sweeps(folder / "pynodes.db") == first
    assert capsys.readouterr().out.count("all of it was there") == 2


def test_runs_that_came_later_are_added(folder: Path) -> None:
    with MergingStore.create(folder / "all.db") as store, Store.open(folder / "a/a.db") as other:
        (whole,) = other.sweeps()
        from dataclasses import replace

        first = replace(whole.cells[0], samples=whole.cells[0].samples[:2])
        assert store.take(replace(whole, cells=(first,)))[2:] == (2, 0)

        done = store.take(whole)

        assert (done.number, done.known) == (1, 2)
        assert done.added == sum(1 for _ in whole.samples) - 2
        assert same(store.sweep(1), whole)


def test_link_and_foreign_file_are_not_copied(folder: Path) -> None:
    (secret := folder / "secret.png").write_bytes(b"secret")
    (sweep,) = sweeps(folder / "b/b.db")
    for run in sweep.samples:
        if run.image is not None:
            run.image.unlink()
            run.image.symlink_to(secret)

    assert main(["results", "merge", "b/b.db"]) == 0

    copied = [path for path in (folder / "pynodes-runs").rglob("*") if path.is_file()]
    assert not any(path.read_bytes() == b"secret" for path in copied)


def test_file_is_not_merged_into_itself(folder: Path) -> None:
    assert main(["results", "merge", "a/a.db", "--db", "a/a.db"]) == 2
    assert main(["results", "merge", "nothing.db"]) == 3
    assert not (folder / "pynodes.db").exists()


def test_report_takes_sweeps_of_several_files(folder: Path) -> None:
    assert main(["report", "a/a.db", "b/b.db:latest", "-q"]) == 0

    page = (folder / "report.html").read_text()
    assert "2 sweeps" in page
    # Two machines of one name are distinguished by what they are.
    assert "workbench (AMD EPYC 7B13, 2 cores" in page
    assert "workbench (AMD EPYC 7B13, 8 cores" in page


def test_report_has_no_parts_of_sweeps(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "a/a.db:1@threads=1"]) == 2
    assert "a report has whole sweeps" in capsys.readouterr().err


def test_comparison_is_markdown_that_names_machines(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store_sweep(folder / "b/b.db", THREADS, scales, rounds=3, machine=OTHER)

    status = main(
        ["compare", "a/a.db:", "b/b.db:", "--format", "markdown", "--fail-if", "speedup<2"]
    )

    text = capsys.readouterr().out
    assert status == 1
    lines = text.splitlines()
    assert lines[0].startswith("**1 threshold crossed. No difference is shown.")
    assert "workbench (AMD EPYC 7B13, 8 cores" in text
    table = [line for line in lines if line.startswith("|")]
    assert table[1] == "| --- | ---: | ---: | ---: | ---: | --- |"
    assert {line.count("|") for line in table} == {7}
    assert "speedup\\<2: threads 1; threads 2" in text
    assert "> the sweeps ran on different machines" in text


def test_comparison_as_json_is_one_object_by_either_option(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["compare", "a/a.db:@threads=1", "a/a.db:@threads=2"]
    assert main([*arguments, "--format", "json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert main([*arguments, "--json"]) == 0

    assert json.loads(capsys.readouterr().out) == one
    assert one["a"]["machine"] == "workbench"
    assert len(one["pairs"]) == 1
