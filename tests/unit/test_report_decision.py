"""Which way to take: the table of a report that answers."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest
from stored_sweeps import Run, StoreIt, scales, store_once

from pynodes.model.verdict import Verdict
from pynodes.report.chapter import chapter

ENGINES: dict[str, list[Any]] = {"threads": [1, 2, 4], "engine": ["shared", "isolated", "process"]}


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> StoreIt:
    return store_once(tmp_path_factory)


def measured(settings: Mapping[str, Any], chance: Random) -> Run:
    """As `scales`, with memory; `isolated` refuses what the scene imports."""
    run = scales(settings, chance)
    if settings["engine"] == "isolated":
        return Run(Verdict.CANNOT_START)
    run.more = {"peak_mib": 90.0 if settings["engine"] == "process" else 30.0}
    return run


def test_decision_says_what_is_fastest_least_possible_and_safe(stored: StoreIt) -> None:
    (found,) = chapter(stored(ENGINES, measured)).decisions
    process, shared, isolated = found.ways

    assert [way.name for way in found.ways] == [
        "process, 2 threads",
        "shared, 2 threads",
        "isolated, 1 thread",
    ]
    assert (process.is_fastest, shared.is_fastest, isolated.is_fastest) == (True, False, False)
    assert (process.is_least, shared.is_least, isolated.is_least) == (False, True, False)
    assert (process.survives, shared.survives) == (True, False)
    assert shared.against is not None
    assert shared.against.low is not None
    assert shared.against.low > 1.4
    assert isolated.refusal
    assert not process.refusal


def test_way_with_a_crash_is_not_called_the_fastest(stored: StoreIt) -> None:
    def quick_but_crashing(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        if settings["engine"] == "isolated" and chance.random() < 0.4:
            run.verdict = Verdict.CRASH
        return run

    (found,) = chapter(stored(ENGINES, quick_but_crashing)).decisions

    assert [way.is_fastest for way in found.ways] == [True, False, False]
    assert found.ways[0].name == "process, 2 threads"
    assert "crash" in found.ways[-1].bad


def test_memory_of_workers_is_that_of_all(stored: StoreIt) -> None:
    def small_workers(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        run.more = {"peak_mib": 20.0 if settings["engine"] == "process" else 30.0}
        return run

    (found,) = chapter(stored(ENGINES, small_workers)).decisions

    memory = {way.name: (way.memory[0], way.is_least) for way in found.ways}
    assert memory["process, 2 threads"] == (40.0, False)
    assert memory["shared, 2 threads"] == (30.0, True)


def test_each_kind_of_work_has_a_decision_and_one_way_has_none(stored: StoreIt) -> None:
    works = {"threads": [1, 2], "engine": ["shared", "process"], "D scale": [1, 5]}

    assert [each.work for each in chapter(stored(works)).decisions] == [
        "-D scale=1",
        "-D scale=5",
    ]
    assert chapter(stored({"threads": [1, 2], "engine": ["isolated"]})).decisions == ()
