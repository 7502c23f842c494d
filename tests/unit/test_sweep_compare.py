"""`pynodes compare`: which cells are paired, and what a threshold says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pynodes.cli import main
from pynodes.model.job import Job
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.store.model import CellDraft, Machine, RunDraft, SweepDraft, now
from pynodes.store.store import Store
from pynodes.sweep.compare import Comparison, compare, parse_side, parse_threshold
from pynodes.sweep.scene_plan import job_json

BOX = Machine("box", "box", {"usable_cores": 2})
SCENE = Path("a/scene.py")


def put(store: Store, name: str, times: dict[int, Sequence[float | None]], size: int = 64) -> None:
    """A sweep over threads; a time of None is a crash."""
    sweep = store.begin_sweep(
        SweepDraft(name, "s", name, BOX, "0", f"revision-{name}", ("threads",), {})
    )
    session = store.begin_session(sweep, "", {})
    for threads, values in times.items():
        job = Job(SCENE, threads=threads, width=size)
        draft = CellDraft(f"{threads}", threads, {"threads": threads}, job_json(job), {}, "ref")
        number = store.put_cells(sweep, [draft])[draft.key]
        for i, value in enumerate(values):
            verdict = Verdict.CRASH if value is None else Verdict.OK
            record = Record(verdict, "", threads=threads, figures={"render_s": value}).to_json()
            store.put_sample(
                number, session, RunDraft(i + 1, now(), verdict, "", 1.0, "", [record])
            )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with Store.create(Path("pynodes.db")) as store:
        put(store, "old", {1: [4.0, 4.1, 4.2], 2: [2.0, 2.1, 2.2], 8: [1.0, 1.0, 1.0]})
        put(store, "new", {1: [2.0, 2.05, 2.1], 2: [2.0, 2.1, 2.2], 4: [0.5]})
        put(store, "broken", {1: [4.0, 4.1, 4.2], 2: [None, None, None]})
        put(store, "large", {1: [9.0]}, size=128)
    return tmp_path


def compared(a: str, b: str) -> Comparison:
    return compare(parse_side(a, Path("pynodes.db")), parse_side(b, Path("pynodes.db")))


@pytest.mark.usefixtures("folder")
def test_cells_of_the_same_job_are_paired() -> None:
    found = compared("old", "new")

    assert [pair.settings for pair in found.pairs] == [{"threads": 1}, {"threads": 2}]
    assert [pair.speedup.value for pair in found.pairs if pair.speedup] == pytest.approx([2, 1])
    assert (found.only_a, found.only_b) == (1, 1)
    assert found.overall is not None
    assert found.overall.value == pytest.approx(2**0.5)


@pytest.mark.usefixtures("folder")
def test_chosen_axis_is_what_is_compared() -> None:
    found = compared("old@threads=1", "old@threads=2")

    (pair,) = found.pairs
    assert pair.settings == {}
    assert pair.speedup is not None
    assert pair.speedup.value == pytest.approx(4.1 / 2.1)
    assert pair.speedup.low is not None
    assert pair.speedup.low > 1.9  # paired by round, so it is narrow


@pytest.mark.usefixtures("folder")
def test_sides_are_found_by_revision_and_file() -> None:
    sides = [parse_side(text, Path("none.db")) for text in ("pynodes.db:revision-o", "pynodes.db")]

    assert [side.sweep.name for side in sides] == ["old", "large"]


@pytest.mark.parametrize(
    ("b", "threshold", "status"),
    [
        ("new", "speedup<1.8", 1),
        ("new", "speedup<0.9", 0),
        ("new", "overall<1.3", 0),
        ("new", "overall<=1.5", 1),
        ("new", "slowdown>0.9", 1),
        ("new", "bad>0", 0),
        ("broken", "bad>0", 1),
        ("broken", "speedup<0.1", 1),  # what crashes is past every threshold for times
    ],
)
@pytest.mark.usefixtures("folder")
def test_threshold_decides_the_exit_status(
    b: str, threshold: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", "old", b, "--fail-if", threshold]) == status
    said = capsys.readouterr().err
    assert (f"fail: {threshold} holds\n" in said) == bool(status)
    assert "error:" not in said


@pytest.mark.usefixtures("folder")
def test_sure_wants_the_whole_interval() -> None:
    found = compared("old", "new")
    between = parse_threshold("speedup<1.99")

    assert between.failures(found, sure=False) == ["threads 2"]
    assert parse_threshold("speedup<1.03").failures(found, sure=False) == ["threads 2"]
    assert parse_threshold("speedup<1.03").failures(found, sure=True) == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("old", "7"), "no sweep '7' is stored"),
        (("old@thread=1", "old"), "did you mean threads?"),
        (("old@threads=9", "old"), "threads was never '9'"),
        (("old@threads", "old"), "is not AXIS=VALUE"),
        (("old", "new", "--fail-if", "speed<1"), "did you mean speedup?"),
        (("old", "new", "--fail-if", "speedup"), "is not a threshold"),
        (("old", "new", "--metric", "render"), "did you mean render_s?"),
        (("old", "large"), "have no cell in common"),
        (("none.db:1", "old"), "there are no stored results"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_bad_comparison_is_one_message(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *arguments]) in (2, 3)

    said = capsys.readouterr().err
    assert words in said
    assert said.count("error: ") == 1
