"""What comes back from another machine, and how runs of a sweep are handed out to several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pynodes.errands.errand import Bench, Done, Errand, Spot
from pynodes.errands.travel import packed, put, relocated
from pynodes.model.verdict import Verdict
from pynodes.store.model import CellDraft, Machine, RunDraft, SweepDraft, now
from pynodes.store.store import Store
from pynodes.sweep.cell_errands import MeasureCell
from pynodes.sweep.handed_out import Limits, Runs, Spread
from pynodes.sweep.listener import SweepListener
from pynodes.sweep.plan import PlannedCell, SweepPlan
from pynodes.sweep.seats import Seats, stored_runs
from pynodes.sweep.subject import Subject, SubjectMaker


class Pair(NamedTuple):
    path: Path
    text: str


@dataclass(frozen=True)
class Held:
    pairs: tuple[Pair, ...]
    verdict: Verdict


def test_relocated_value_names_places_here_at_any_depth() -> None:
    there = Held((Pair(Path("/there/a"), "see /there/b"),), Verdict.OK)

    here = relocated({"all": [there, 3, None]}, {"/there": "/home/you"})

    assert here == {
        "all": [Held((Pair(Path("/home/you/a"), "see /home/you/b"),), Verdict.OK), 3, None]
    }


def test_files_of_a_folder_come_to_another_one(tmp_path: Path) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    (there / "cell").mkdir(parents=True)
    here.mkdir()
    (there / "cell" / "output.txt").write_bytes(b"last words")
    (here / "cell").mkdir(0o700)
    (here / "cell" / "output.txt").write_bytes(b"of an earlier run")

    put(here, packed(there))

    assert packed(here) == {"cell/output.txt": b"last words"}


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", ""])
def test_file_that_would_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match="no place in a folder"):
        put(tmp_path, {name: b"x"})

    assert list(tmp_path.iterdir()) == []


# --- runs, handed out ---


class Nothing(SubjectMaker[PlannedCell]):
    def subject(self, bench: Bench) -> Subject[PlannedCell]:
        raise AssertionError("nothing is run here")

    def changed(self, cell: PlannedCell) -> tuple[str, str]:
        raise AssertionError("there is no reference")


def spot(name: str) -> Spot:
    return Spot(name, name, {"usable_cores": 4, "memory_mib": 1}, {"load": 0.1})


def plan_of(cells: int) -> SweepPlan[PlannedCell]:
    drafts = [
        CellDraft(f"cell{n}", n, {"threads": n}, {"command": "x"}, {}, "") for n in range(cells)
    ]
    machine = Machine("here", "here", {"usable_cores": 4, "memory_mib": 1})
    draft = SweepDraft("key", "stem", None, machine, "1", None, ("threads",), {"command": "x"})
    return SweepPlan(draft, {"made of": "this"}, tuple(map(PlannedCell, drafts)), (), ())


@pytest.fixture
def seats(tmp_path: Path) -> Iterator[Seats[PlannedCell]]:
    with Seats(plan_of(3), tmp_path / "pynodes.db", "pynodes sweep", fresh=False) as found:
        yield found


def begun(
    seats: Seats[PlannedCell], spread: Spread, repeat: int = 2, warmup: int = 0
) -> Runs[PlannedCell]:
    limits = Limits(repeat, warmup, spread=spread)
    runs = Runs(plan_of(3), Nothing(), seats, limits, SweepListener(), seats.known([]))
    runs.begin()
    return runs


def given(runs: Runs[PlannedCell], at: Spot) -> tuple[str, int] | None:
    """What a machine is to do next: the cell, and its round."""
    errand = runs.next(at)
    assert errand is None or isinstance(errand, MeasureCell)
    return None if errand is None else (errand.cell.key, errand.round)


def finish(runs: Runs[PlannedCell], errand: Errand[Any] | None, at: Spot) -> None:
    assert errand is not None
    runs.take(Done(errand, at, RunDraft(0, now(), Verdict.OK, "", 1.0, "x", ({"wall_s": 1.0},))))


def test_round_stays_on_the_machine_that_began_it(seats: Seats[PlannedCell]) -> None:
    runs = begun(seats, Spread.REPEATS)
    a, b = spot("a"), spot("b")

    found = [given(runs, at) for at in (a, b, a, b, a, b)]

    assert {number for _, number in filter(None, found[::2])} == {1}
    assert {number for _, number in filter(None, found[1::2])} == {2}
    assert given(runs, a) is given(runs, b) is None


def test_cell_stays_on_the_machine_that_began_it(seats: Seats[PlannedCell]) -> None:
    runs = begun(seats, Spread.CELLS)
    a, b = spot("a"), spot("b")

    found = [given(runs, at) for at in (a, b, b, a, a, a)]

    assert found == [
        ("cell0", 1),
        ("cell1", 1),
        ("cell1", 2),
        ("cell0", 2),
        ("cell2", 1),
        ("cell2", 2),
    ]


def test_each_machine_has_warm_ups_of_its_own(seats: Seats[PlannedCell]) -> None:
    runs = begun(seats, Spread.REPEATS, warmup=1)

    of_a = [given(runs, spot("a")) for _ in range(6)]
    of_b = [given(runs, spot("b")) for _ in range(6)]

    for found in (of_a, of_b):
        assert [number for _, number in filter(None, found)].count(0) == 3


def test_what_a_lost_machine_had_begun_others_go_on_with(seats: Seats[PlannedCell]) -> None:
    runs = begun(seats, Spread.REPEATS, repeat=1)
    assert given(runs, spot("a")) == ("cell0", 1)
    assert given(runs, spot("b")) is None

    runs.lost(spot("a"))

    assert [given(runs, spot("b")) for _ in range(3)] == [("cell1", 1), ("cell2", 1), None]


def test_runs_are_stored_by_machine_and_made_nowhere_else(tmp_path: Path) -> None:
    database = tmp_path / "pynodes.db"
    a, b = spot("a"), spot("b")
    with Seats(plan_of(3), database, "pynodes sweep", fresh=False) as seats:
        runs = begun(seats, Spread.REPEATS)
        for at in (a, b, a, b):
            finish(runs, runs.next(at), at)
        seats.end("interrupted")

    with Seats(plan_of(3), database, "pynodes sweep", fresh=False) as seats:
        runs = begun(seats, Spread.REPEATS)
        left = [given(runs, at) for at in (b, a, b, a)]

    assert [each for each in left if each is not None] == [left[0], left[1]]
    assert (left[0] or ("", 0))[1] == 2, "the round that b has begun"
    assert (left[1] or ("", 0))[1] == 1
    with Store.open(database) as store:
        names = [summary.machine for summary in store.summaries()]
        assert names == ["a", "b"]
        assert all(store.sweep(each.id).machine.key == each.machine for each in store.summaries())
    assert sum(map(len, stored_runs(plan_of(3), database, anywhere=True).values())) == 4
    assert stored_runs(plan_of(3), database, anywhere=False) == {}


def test_run_over_which_workers_died_is_a_crash_that_names_them(
    seats: Seats[PlannedCell], tmp_path: Path
) -> None:
    runs = begun(seats, Spread.REPEATS, repeat=1)
    errand = runs.next(spot("a"))
    assert errand is not None

    runs.take(Done(errand, spot("a"), None, ("tcp://one:1", "tcp://two:2", "tcp://three:3")))

    (sample,) = seats.store.sweep(seats.sweeps[0]).samples
    assert sample.verdict is Verdict.CRASH
    assert "tcp://two:2" in sample.verdict_text
    assert sample.round == 1
