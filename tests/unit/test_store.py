"""What is stored stays: schema, transactions, what is refused."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from pynodes.errors import PynodesError
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.store.model import CellDraft, Machine, RunDraft, SweepDraft, label, now
from pynodes.store.schema import APPLICATION_ID, SCHEMA
from pynodes.store.store import Store

BOX = Machine("box", "box", {"usable_cores": 2})
DRAFT = SweepDraft("key", "scene", None, BOX, "0.1.0", "abc123", ("threads",), {"size": "8x8"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "pynodes.db") as made:
        yield made


def cell(threads: int) -> CellDraft:
    return CellDraft(f"t{threads}", threads, {"threads": threads}, {"threads": threads}, {}, "ref")


def sample(number: int, render_s: float = 0.5, verdict: Verdict = Verdict.OK) -> RunDraft:
    figures = {"render_s": render_s, "python_s": 0.2, "peak_mib": 9.0}
    record = Record(verdict, "finished", threads=2, figures=figures)
    return RunDraft(number, now(), verdict, "finished", 1.0, "host", [record.to_json()])


def begun(store: Store, **changes: object) -> tuple[int, int, int]:
    """A sweep with one cell: numbers of sweep, session and cell."""
    sweep = store.begin_sweep(replace(DRAFT, **changes))  # type: ignore[arg-type]
    session = store.begin_session(sweep, "pynodes sweep", {})
    return sweep, session, store.put_cells(sweep, [cell(2)])["t2"]


def test_sample_is_read_as_it_was_written(store: Store, tmp_path: Path) -> None:
    sweep, session, number = begun(store)
    picture = tmp_path / "pynodes-runs" / "a.png"
    given = replace(
        sample(1), wrong_pixels=3, max_difference=float("inf"), difference=picture, image=picture
    )

    assert store.put_sample(number, session, given)
    found = store.sweep(sweep)

    (kept,) = found.cells[0].samples
    assert (kept.round, kept.verdict, kept.figures["render_s"], kept.figures["python_s"]) == (
        1,
        Verdict.OK,
        0.5,
        0.2,
    )
    assert (kept.wrong_pixels, kept.max_difference) == (3, float("inf"))
    assert kept.difference == picture
    assert kept.record["threads"] == 2
    assert (found.machine, found.axes, found.revision) == (BOX, ("threads",), "abc123")
    assert found.folder == tmp_path / "pynodes-runs" / f"sweep-{sweep}"


def test_figures_of_several_frames_are_summed(store: Store) -> None:
    sweep, session, number = begun(store)
    frame = sample(1).records[0]

    store.put_sample(number, session, replace(sample(1), records=[frame, frame]))

    (kept,) = store.sweep(sweep).cells[0].samples
    assert (kept.figures["render_s"], kept.figures["python_s"], kept.figures["peak_mib"]) == (
        1.0,
        0.4,
        9.0,
    )
    assert len(kept.records) == 2


def test_round_that_is_stored_is_not_stored_again(store: Store) -> None:
    sweep, session, number = begun(store)

    assert store.put_sample(number, session, sample(1, 0.5))
    assert not store.put_sample(number, session, sample(1, 0.9))

    assert store.sweep(sweep).cells[0].values() == [0.5]
    assert store.rounds_of(number) == {1: Verdict.OK}


def test_warm_ups_are_kept_and_do_not_count(store: Store) -> None:
    sweep, session, number = begun(store)

    for _ in range(2):
        assert store.put_sample(number, session, sample(0, 9.0, Verdict.CRASH))
    store.put_sample(number, session, sample(1))

    found = store.sweep(sweep).cells[0]
    assert found.values() == [0.5]
    assert len(found.samples) == 3
    assert found.verdict is Verdict.CRASH


def test_same_key_goes_on_with_the_newest_sweep(store: Store) -> None:
    first = store.begin_sweep(DRAFT)
    second = store.begin_sweep(DRAFT, fresh=True)

    assert second != first
    assert store.begin_sweep(DRAFT) == second
    assert store.begin_sweep(replace(DRAFT, key="other")) not in (first, second)


def test_name_of_another_sweep_is_refused(store: Store) -> None:
    store.begin_sweep(replace(DRAFT, name="mine"))

    assert store.begin_sweep(replace(DRAFT, name="mine")) == 1
    with pytest.raises(PynodesError, match="there is a sweep 'mine' already"):
        store.begin_sweep(replace(DRAFT, key="other", name="mine"))


@pytest.mark.parametrize("wanted", ["2", "scene-2", "latest", "abc123", "abc1", "box"])
def test_sweep_is_found_by(store: Store, wanted: str) -> None:
    begun(store)
    begun(store, key="other")

    assert store.find(wanted) == 2


def test_unknown_sweep_is_answered_with_near_ones(store: Store) -> None:
    begun(store)

    with pytest.raises(PynodesError, match="no sweep 'scen-1'") as caught:
        store.find("scen-1")

    assert caught.value.help == "did you mean scene-1?"
    with pytest.raises(PynodesError, match="no sweep 'lates'") as caught:
        store.find("lates")
    assert caught.value.help == "did you mean latest?"


def test_prune_takes_all_of_a_sweep_and_nothing_else(store: Store) -> None:
    first, session, number = begun(store)
    store.put_sample(number, session, sample(1))
    begun(store, key="other")

    store.prune([first])

    assert [each.id for each in store.summaries()] == [2]
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("SELECT count(*) FROM sample").fetchone() == (0,)


def test_second_writer_waits_its_turn(store: Store) -> None:
    sweep, session, number = begun(store)

    with Store.create(store.path) as other:
        assert store.put_sample(number, session, sample(1))
        assert other.put_sample(number, session, sample(2))
        assert not store.put_sample(number, session, sample(2))

    assert len(store.sweep(sweep).cells[0].samples) == 2


def test_full_disk_is_one_error_and_loses_nothing(store: Store) -> None:
    sweep, session, number = begun(store)
    store.put_sample(number, session, sample(1))
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")

    def fill() -> None:
        for each in range(2, 100):
            store.put_sample(number, session, sample(each))

    with pytest.raises(PynodesError, match="the disk is full"):
        fill()

    found = [kept.round for kept in store.sweep(sweep).cells[0].samples]
    assert found == list(range(1, len(found) + 1))
    store._db.execute("PRAGMA max_page_count = 10000")
    assert store.put_sample(number, session, sample(len(found) + 1))


def test_newer_schema_is_refused_and_left_alone(store: Store) -> None:
    store._db.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    before = store.path.read_bytes()

    for opened in (Store.open, Store.create):
        with pytest.raises(PynodesError, match=f"of schema {SCHEMA + 1}, this pynodes knows"):
            opened(store.path)

    assert store.path.read_bytes() == before


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (x)")
        db.commit()

    for opened in (Store.open, Store.create):
        with pytest.raises(PynodesError, match="of another program"):
            opened(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "there are no stored results"),
        (b"", "nothing is stored in this file yet"),
        (b"hello" * 1000, "not a file of results"),
    ],
)
def test_file_without_results_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(PynodesError, match=words) as caught:
        Store.open(path)

    assert caught.value.where == str(path)
    assert caught.value.help


def test_truncated_file_is_refused(store: Store) -> None:
    begun(store)
    store.path.write_bytes(store.path.read_bytes()[:9000])

    with pytest.raises(PynodesError, match="damaged"), Store.open(store.path) as opened:
        opened.sweep(1)


def test_half_a_transaction_is_taken_back(store: Store) -> None:
    begun(store)

    def half() -> None:
        with store._writing():
            store._db.execute("DELETE FROM cell")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()

    assert len(store.sweep(1).cells) == 1


def test_file_says_whose_it_is(store: Store) -> None:
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_label_says_values_as_they_are_typed() -> None:
    settings = {"threads": 4, "switch-interval": 1e-06, "turnstile": True, "heartbeat": None}

    assert label(settings) == "threads 4, switch-interval 1e-06, turnstile on, heartbeat default"
    assert label({}) == "the only cell"
