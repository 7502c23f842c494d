"""Files of results that are damaged or hostile: what can be read is shown, the rest is named."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from stored_sweeps import races, scales, store_sweep

from pynodes.cli import main
from pynodes.store.database import StoreError
from pynodes.store.store import Store

AXES: dict[str, list[Any]] = {"threads": [1, 2], "engine": ["shared", "isolated"]}
LOOSE = (
    "PRAGMA writable_schema = ON;"
    "UPDATE sqlite_master SET sql = replace(replace(sql, ' NOT NULL', ''), ') STRICT', ')');"
    "PRAGMA writable_schema = RESET;"
)


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two sweeps: 4 cells with 2 runs each, and one with wrong pictures."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pynodes.db"
    store_sweep(path, AXES, scales, rounds=2, warm_ups=0)
    store_sweep(path, {**AXES, "engine": ["shared"], "switch-interval": [0.001]}, races, rounds=1)
    return path


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(sql)


@pytest.mark.parametrize(
    ("change_of", "named"),
    [
        ("UPDATE sample SET verdict = 'x' WHERE id = 3", "sample is left out: verdict is 'x'"),
        ("UPDATE sample SET render_s = 1e999 WHERE id = 3", "render_s is inf"),
        ("UPDATE sample SET render_s = -1 WHERE id = 3", "render_s is -1"),
        ("UPDATE sample SET wall_s = 'long' WHERE id = 3", "wall_s is 'long'"),
        ("UPDATE sample SET round = 1.5 WHERE id = 3", "round is 1.5"),
        ("UPDATE sample SET begun = 'now' WHERE id = 3", "begun is 'now'"),
        ("UPDATE sample SET record = '[' WHERE id = 3", "record is '[', not JSON"),
        ("UPDATE sample SET record = '[{\"threads\": 1e999}]' WHERE id = 3", "[0].threads is inf"),
        ('UPDATE sample SET record = \'[{"threads": "a"}]\' WHERE id = 3', "[0].threads is 'a'"),
        ("UPDATE sample SET record = '[{\"per_thread\": 7}]' WHERE id = 3", "per_thread is 7"),
        ("UPDATE sample SET command = CAST(x'ff' AS TEXT) WHERE id = 3", "not UTF-8"),
        ("UPDATE sample SET command = x'ff' WHERE id = 3", "not UTF-8"),
        ("UPDATE sample SET image = 'a' || char(0) WHERE id = 3", "not a path"),
        ("UPDATE sample SET cell = 99 WHERE id = 3", "its row of table 'cell' is missing"),
        ("UPDATE cell SET settings = '{}' WHERE id = 2", "its settings have no threads, engine"),
        ("UPDATE cell SET settings = '{\"threads\": [1]}' WHERE id = 2", "settings.threads is"),
        ("UPDATE cell SET job = '7' WHERE id = 2", "job is 7"),
        ("UPDATE cell SET job = '{\"defines\": [7]}' WHERE id = 2", "job.defines[0] is 7"),
        ("UPDATE reference SET verdict = 7 WHERE id = 1", "reference is left out: verdict is '7'"),
        ('UPDATE session SET facts = \'{"load": "a"}\'', "session is left out: facts.load is"),
    ],
)
def test_damaged_row_is_named_and_the_rest_is_shown(
    database: Path, capsys: pytest.CaptureFixture[str], change_of: str, named: str
) -> None:
    change(database, f"{LOOSE} PRAGMA foreign_keys = OFF; {change_of}")

    for command in (
        ["results", "show", "1"],
        ["results", "export", "--format", "json"],
        ["results", "export", "--format", "csv"],
        ["results", "export", "--format", "markdown"],
        ["compare", "1", "1"],
        ["report", "1"],
    ):
        assert main(command) == 1, command
        said = capsys.readouterr()
        assert "warning: row " in said.err, command
        assert f"where: {database}" in said.err
        assert named in said.err.replace("\n         ", " "), said.err
        assert said.out, command
    with Store.open(database) as store:
        assert sum(1 for _ in store.sweep(1).samples) in (6, 7, 8)
    assert "left out" in Path("report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "change_of",
    [
        "UPDATE sweep SET axes = 'ok' WHERE id = 1",
        "UPDATE sweep SET axes = '{}' WHERE id = 1",
        "UPDATE sweep SET created = '' WHERE id = 1",
        "UPDATE sweep SET name = x'ff' WHERE id = 1",
        "UPDATE sweep SET machine = 9 WHERE id = 1",
    ],
)
def test_sweep_that_cannot_be_read_leaves_the_others(
    database: Path, capsys: pytest.CaptureFixture[str], change_of: str
) -> None:
    change(database, f"{LOOSE} PRAGMA foreign_keys = OFF; {change_of}")

    assert main(["results", "list"]) == 1
    said = capsys.readouterr()
    assert "warning: row 1 of table sweep is left out: " in said.err
    assert len(said.out.splitlines()) == 2
    assert main(["results", "export", "--format", "csv"]) == 1
    assert capsys.readouterr().out
    assert main(["results", "show", "1"]) == 3
    assert "sweep 1 cannot be read: row " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change_of", "named"),
    [
        ("UPDATE machine SET facts = '[]'", "row 1 of table machine is damaged: facts is a list"),
        ("UPDATE sweep SET axes = 'ok'", "of table sweep is damaged: axes is 'ok'"),
        ("UPDATE sweep SET machine = 9", "row 9 of table machine is missing"),
    ],
)
def test_sweep_that_cannot_be_read_is_said_to_be_stored_and_damaged(
    database: Path, capsys: pytest.CaptureFixture[str], change_of: str, named: str
) -> None:
    change(database, f"PRAGMA foreign_keys = OFF; {change_of}")

    for command in (["results", "show"], ["results", "show", "1"], ["compare", "1", "2"]):
        assert main(command) == 3, command
        said = capsys.readouterr().err
        assert "cannot be read: " in said, command
        assert named in said.replace("\n         ", " "), said
        assert f"where: {database}" in said
        assert "can put it right" in said
        assert "pynodes sweep" not in said


def test_damaged_start_leaves_its_sweep_in_the_list(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(database, "UPDATE session SET ended = 'x' WHERE sweep = 1")

    assert main(["results", "list"]) == 1
    said = capsys.readouterr()
    assert "of table session is left out: ended is 'x'" in said.err
    assert "table sweep" not in said.err
    assert len(said.out.splitlines()) == 3


def test_wrong_picture_without_a_count_of_pixels_is_reported(database: Path) -> None:
    change(database, "UPDATE sample SET verdict = 'wrong-image', wrong_pixels = NULL")

    assert main(["report", "1"]) == 0
    assert "gave a wrong picture" in Path("report.html").read_text(encoding="utf-8")


def test_newest_sweep_is_the_newest_that_can_be_read(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(database, "UPDATE sweep SET axes = 'ok' WHERE id = 2")

    assert main(["results", "show"]) == 1
    assert "row 2 of table sweep is left out" in capsys.readouterr().err


def test_rows_of_no_sweep_are_not_an_empty_file(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(database, "PRAGMA foreign_keys = OFF; DELETE FROM sweep")

    assert main(["results", "show", "1"]) == 3
    said = capsys.readouterr().err
    assert "no sweep can be read" in said
    assert "its row of table 'sweep' is missing" in said
    assert "pynodes sweep" not in said


def test_damaged_sweep_can_be_deleted(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(database, "UPDATE sweep SET axes = 'ok' WHERE id = 1")

    assert main(["results", "prune", "1"]) == 1
    assert "deleted 1 (damaged)" in capsys.readouterr().out
    assert main(["results", "list"]) == 0


def test_only_some_of_many_damaged_rows_are_named_and_all_are_counted(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(database, "UPDATE sample SET verdict = 'x' WHERE cell <= 4")

    assert main(["results", "show", "1"]) == 1

    said = capsys.readouterr().err
    assert said.count("warning: row ") == 5
    assert "3 rows more left out" in said


def test_sweep_does_not_go_on_with_a_damaged_row(database: Path) -> None:
    change(database, "UPDATE sample SET verdict = 'x' WHERE id = 3")

    with Store.create(database) as store, pytest.raises(StoreError, match="row 3 of table sample"):
        store.sweep(1)


LARGE = "hex(zeroblob(100000000))"
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS id FROM n"


@pytest.mark.parametrize(
    ("change_of", "said"),
    [
        ("DROP TABLE sample", "sample is None, not a table"),
        (f"DROP TABLE cell; CREATE VIEW cell AS {ENDLESS}", "cell is 'view', not a table"),
        ("ALTER TABLE cell DROP COLUMN job", "cell.job is None, not a stored column"),
        (
            f"ALTER TABLE cell DROP COLUMN job; ALTER TABLE cell ADD COLUMN job TEXT AS ({LARGE})",
            "cell.job is None, not a stored column",
        ),
        ("PRAGMA user_version = 0", "of schema 0"),
        ("PRAGMA user_version = 7", "of schema 7"),
        ("PRAGMA application_id = 7", "a database of another program"),
    ],
)
def test_file_of_another_kind_is_refused_at_once(database: Path, change_of: str, said: str) -> None:
    change(database, f"PRAGMA foreign_keys = OFF; {change_of}")

    began = time.thread_time()
    with pytest.raises(StoreError, match=said), Store.open(database) as store:
        store.summaries()
    assert time.thread_time() - began < 2


def test_file_with_triggers_is_not_written(database: Path) -> None:
    change(
        database,
        "CREATE TRIGGER more AFTER INSERT ON session BEGIN DELETE FROM sample; END",
    )

    with pytest.raises(StoreError, match="triggers"):
        Store.create(database)


@pytest.mark.parametrize("kept", [0, 50, 5000, 20_000])
def test_file_that_is_cut_is_one_error(database: Path, kept: int) -> None:
    database.write_bytes(database.read_bytes()[:kept])

    with pytest.raises(StoreError), Store.open(database) as store:
        store.sweeps()


def test_figure_that_a_file_does_not_have_yet_is_not_known(database: Path) -> None:
    change(database, "ALTER TABLE sample DROP COLUMN cpu_s")

    with Store.open(database) as store:
        (first, *_) = store.sweep(1).samples
    assert first.figures["cpu_s"] is None
