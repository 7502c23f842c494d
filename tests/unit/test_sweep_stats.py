"""Statistics against data whose truth is known."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pynodes.model.figures import COLUMNS
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.store.model import Cell, Machine, Reference, Run, Start, Sweep
from pynodes.sweep.stats import (
    Interval,
    curves,
    fit_amdahl,
    fit_usl,
    geometric_mean,
    memory_per_thread,
    paired_ratio,
    projected,
    ratio,
    spread,
)
from pynodes.sweep.warn import cautions, cautions_between

ROOT = Path(__file__).resolve().parents[2]
N = [1, 2, 4, 8, 16, 32]
GIL_ON = "numpy 9 turned the GIL on: threads take turns in Python"


def usl(n: float, single: float, sigma: float, kappa: float) -> float:
    return n * single / (1 + sigma * (n - 1) + kappa * n * (n - 1))


def a_sample(number: int, render_s: float | None, verdict: Verdict, warnings: Sequence[str]) -> Run:
    record = Record(verdict, "", threads=None, warnings=tuple(warnings)).to_json()
    figures = {row.key: None for row in COLUMNS} | {"render_s": render_s, "wall_s": 1.0}
    return Run(
        id=number, round=number, session=1, begun="", verdict=verdict, verdict_text="",
        figures=figures, sha256=None, wrong_pixels=None, max_difference=None, difference=None,
        image=None, evidence=None, command="", records=(record,),
    )  # fmt: skip


def a_cell(
    threads: int,
    times: Sequence[float | None],
    verdict: Verdict = Verdict.OK,
    warnings: Sequence[str] = (),
    **settings: object,
) -> Cell:
    samples = tuple(a_sample(i + 1, each, verdict, warnings) for i, each in enumerate(times))
    key = f"{threads} {settings}"
    return Cell(
        key, 0, {**settings, "threads": threads}, {"threads": threads}, {}, "ref", 1, samples
    )


def a_sweep(
    *cells: Cell,
    cores: int = 64,
    machine: str = "box",
    facts: Sequence[Mapping[str, object]] = ({},),
) -> Sweep:
    sessions = tuple(Start(i, "", "", "done", "", each) for i, each in enumerate(facts))
    return Sweep(
        1, "key", "name", "", Machine(machine, machine, {"usable_cores": cores}), "0", None,
        tuple(cells[0].settings), {}, Path(), Path(), sessions, {}, cells,
    )  # fmt: skip


def kinds(sweep: Sweep) -> set[str]:
    return {caution.kind for caution in cautions(sweep)}


@pytest.mark.parametrize(
    ("sigma", "kappa"), [(0.0, 0.0), (0.1, 0.0), (0.0, 0.002), (0.05, 0.001), (0.6, 0.03)]
)
def test_usl_fit_finds_the_parameters(sigma: float, kappa: float) -> None:
    found = fit_usl(N, [usl(n, 7.0, sigma, kappa) for n in N])

    assert found is not None
    assert found.single == pytest.approx(7.0)
    assert found.sigma == pytest.approx(sigma, abs=1e-9)
    assert found.kappa == pytest.approx(kappa, abs=1e-9)
    assert found.r2 == pytest.approx(1.0)
    if kappa:
        assert found.peak == pytest.approx(math.sqrt((1 - sigma) / kappa))
    else:
        assert found.peak is None or found.peak > 1e3


def test_usl_fit_stands_noise() -> None:
    dice = random.Random(3)
    noisy = [usl(n, 7.0, 0.08, 0.002) * dice.gauss(1, 0.02) for n in N]

    found = fit_usl(N, noisy)

    assert found is not None
    assert found.sigma == pytest.approx(0.08, abs=0.02)
    assert found.kappa == pytest.approx(0.002, abs=0.0005)
    assert found.peak == pytest.approx(21.4, rel=0.15)


def test_usl_fit_never_goes_below_zero() -> None:
    found = fit_usl(N, [n * (1 + 0.02 * n) for n in N])  # better than perfect

    assert found is not None
    assert (found.sigma, found.kappa) == (0.0, 0.0)


def test_usl_fit_of_what_only_gets_slower() -> None:
    found = fit_usl([1, 2, 4, 8, 16], [1.0, 0.5, 0.25, 0.125, 0.0625])

    assert found is not None
    assert found.sigma == pytest.approx(1.0)
    assert found.peak == 1.0


def test_no_law_is_fitted_to_fewer_than_five_numbers_of_threads() -> None:
    few = ([1, 2, 3, 4, 4], [1.0, 1.8, 2.5, 3.0, 3.1])

    assert fit_usl(*few) is None
    assert fit_amdahl(*few) is None


@pytest.mark.parametrize("serial", [0.0, 0.1, 0.5, 1.0])
def test_amdahl_fit_finds_the_serial_part(serial: float) -> None:
    found = fit_amdahl(N, [3.0 / (serial + (1 - serial) / n) for n in N])

    assert found is not None
    assert found.serial == pytest.approx(serial, abs=1e-9)
    assert found.speedup(4) == pytest.approx(1 / (serial + (1 - serial) / 4))


def test_interval_holds_the_true_ratio_about_as_often_as_it_says() -> None:
    dice = random.Random(11)
    held = 0
    for _ in range(200):
        a = [dice.gauss(2.0, 0.1) for _ in range(15)]
        b = [dice.gauss(1.0, 0.05) for _ in range(15)]
        found = ratio(a, b)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 2.0 <= found.high

    assert 178 <= held <= 200  # 95 % of 200 is 190; small samples fall a little short


def test_interval_is_the_same_each_time_and_needs_three_runs() -> None:
    assert ratio([1, 2, 3], [1, 1.5, 2]) == ratio([1, 2, 3], [1, 1.5, 2])
    assert ratio([4.0, 4.0], [2.0, 2.0, 2.0]) == Interval(2.0)


def test_drift_that_hits_both_cancels_in_pairs() -> None:
    drift = [1.0, 1.1, 1.3, 1.6, 2.0, 2.5]
    a = {i: 2.0 * each for i, each in enumerate(drift)}
    b = dict(enumerate(drift))

    paired, apart = paired_ratio(a, b), ratio(list(a.values()), list(b.values()))

    assert paired.low == pytest.approx(2.0)
    assert paired.high == pytest.approx(2.0)
    assert apart.low is not None
    assert apart.low < 1.7


def test_pairs_without_common_rounds_are_compared_apart() -> None:
    assert paired_ratio({1: 2.0, 2: 2.0, 3: 2.0}, {4: 1.0, 5: 1.0, 6: 1.0}).value == 2.0


def test_geometric_mean_of_a_ratio_and_its_inverse_is_one() -> None:
    pairs = [([4.0] * 3, [2.0] * 3), ([2.0] * 3, [4.0] * 3)]

    found = geometric_mean(pairs)

    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))


def test_spread_is_half_the_middle_half() -> None:
    found = spread([8.0, 9.0, 10.0, 11.0, 12.0])

    assert found is not None
    assert (found.median, found.low, found.high) == (10.0, 8.0, 12.0)
    assert found.spread == pytest.approx(0.1)
    assert spread([]) is None


def test_curves_group_what_differs_in_threads_alone() -> None:
    sweep = a_sweep(
        *(a_cell(n, [1.0 / usl(n, 1, 0.1, 0)] * 3, engine="shared") for n in (1, 2, 3, 4, 5, 8)),
        *(a_cell(n, [1.0 / n] * 3, engine="process") for n in (1, 2, 3, 4, 5, 8)),
        a_cell(16, [], engine="process"),
        cores=5,
    )

    shared, process = curves(sweep)

    assert shared.settings == {"engine": "shared"}
    assert shared.usl is not None
    assert shared.usl.sigma == pytest.approx(0.1)
    assert [point.threads for point in process.points] == [1, 2, 3, 4, 5, 8]
    assert [point.speedup.value for point in process.points] == pytest.approx([1, 2, 3, 4, 5, 8])
    assert [point.over_cores for point in process.points] == [*[False] * 5, True]
    assert process.usl is not None
    assert process.usl.points == 5  # those within the cores


def test_law_is_drawn_on_with_an_interval_within_the_cores_alone() -> None:
    dice = random.Random(5)

    def runs(n: int) -> list[float]:
        return [dice.gauss(1, 0.02) / usl(n, 1, 0.05, 0) for _ in range(7)]

    numbers = (1, 2, 3, 4, 5, 6)
    (within,) = curves(a_sweep(*(a_cell(n, runs(n)) for n in numbers), cores=6))
    (over,) = curves(a_sweep(*(a_cell(n, runs(n)) for n in numbers), cores=2))

    near, far = projected(within, (12, 96))

    assert near.low is not None
    assert far.low is not None
    assert near.high is not None
    assert far.high is not None
    assert near.low < usl(12, 1, 0.05, 0) < near.high
    assert (far.high - far.low) / far.value > (near.high - near.low) / near.value
    assert projected(over, (12,)) == []


def test_figure_of_nothing_has_no_ratio() -> None:
    sweep = a_sweep(a_cell(1, [0.0, 1.0, 1.0]), a_cell(2, [1.0] * 3), a_cell(4, [2.0] * 3))

    (curve,) = curves(sweep)

    assert [point.threads for point in curve.points] == [2, 4]


def test_memory_per_thread_is_a_difference() -> None:
    def measured(threads: int, mib: float) -> Cell:
        cell = a_cell(threads, [1.0] * 3)
        samples = (replace(s, figures={**s.figures, "peak_mib": mib}) for s in cell.samples)
        return replace(cell, samples=tuple(samples))

    (curve,) = curves(a_sweep(measured(1, 20.0), measured(2, 20.5), measured(5, 22.0)))
    (alone,) = curves(a_sweep(measured(1, 20.0)))

    assert memory_per_thread(curve) == pytest.approx(0.5)
    assert memory_per_thread(alone) is None


def test_few_points_within_the_cores_take_all_and_say_so() -> None:
    sweep = a_sweep(*(a_cell(n, [1.0] * 3) for n in (1, 2, 3, 4, 8)), cores=2)

    (curve,) = curves(sweep)

    assert curve.usl is not None
    assert curve.usl.over_cores
    assert curve.usl.points == 5


def test_wrong_pictures_are_timed_and_crashes_are_not() -> None:
    assert a_cell(2, [1.0], Verdict.WRONG_IMAGE).values() == [1.0]
    assert a_cell(2, [1.0], Verdict.CRASH).values() == []
    assert a_cell(2, [1.0], Verdict.NODE_ERROR).values() == []


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        (a_cell(2, [1.0, 1.5, 2.0]), "spread"),
        (a_cell(128, [1.0] * 3), "over-cores"),
        (a_cell(2, [2.0, 1.0, 1.0]), "first-slow"),
        (a_cell(2, [1.0, 1.0]), "few-runs"),
        (a_cell(2, [None], Verdict.CRASH), "crash"),
        (a_cell(2, [1.0] * 3, Verdict.WRONG_IMAGE), "wrong-image"),
        (a_cell(2, [1.0] * 3, warnings=[GIL_ON]), "gil-returned"),
    ],
)  # fmt: skip
def test_caution_is_given(cell: Cell, kind: str) -> None:
    assert kind in kinds(a_sweep(cell))
    assert kind not in kinds(a_sweep(a_cell(2, [1.0] * 3)))


def test_module_that_turned_the_gil_on_is_named() -> None:
    cell = a_cell(2, [1.0] * 3, warnings=[GIL_ON])

    assert any("numpy 9 turned the GIL on" in caution.what for caution in cautions(a_sweep(cell)))


def test_host_says_it_in_these_words() -> None:
    source = (ROOT / "host" / "engine" / "session.c").read_text(encoding="utf-8")

    assert '"%.240s turned the GIL on: threads take turns in Python"' in source


def test_pictures_that_differ_between_pythons_are_told() -> None:
    def on(python: str, sha256: str) -> Sweep:
        cell = replace(a_cell(1, [1.0] * 3), host={"python": python}, reference=python)
        reference = Reference(python, Verdict.OK, sha256, None, ())
        return replace(a_sweep(cell), references={python: reference})

    def both(sums: tuple[str, str]) -> Sweep:
        one, other = on("3.11.7", sums[0]), on("3.13.0", sums[1])
        references = {**one.references, **other.references}
        return replace(one, cells=one.cells + other.cells, references=references)

    assert "pythons-differ" not in kinds(both(("a", "a")))
    assert any(
        "another picture on 3.11.7 and 3.13.0" in each.what for each in cautions(both(("a", "b")))
    )


def test_machine_that_changed_or_was_busy_is_told() -> None:
    cell = a_cell(2, [1.0] * 3)

    assert "system-changed" in kinds(a_sweep(cell, facts=({"kernel": "1"}, {"kernel": "2"})))
    assert "busy" in kinds(a_sweep(cell, facts=({"load": 3.0, "usable_cores": 2},)))


def test_mixed_machines_are_told() -> None:
    cell = a_cell(2, [1.0])

    assert cautions_between([a_sweep(cell), a_sweep(cell)]) == []
    (found,) = cautions_between([a_sweep(cell), a_sweep(cell, machine="other")])
    assert found.kind == "machines-mixed"
