"""The table of faults as the package reads it: which Python shows what, rates, marked lines."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pynodes.errors import BadValueError
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import (
    CURE,
    WRONG,
    Case,
    Expectation,
    PythonBuild,
    choose,
    covers,
    marked_lines,
    source_path,
)
from pynodes.repro.check import interval, left_of

P311, P312, P313 = (PythonBuild(3, minor, False) for minor in (11, 12, 13))
P313T = PythonBuild(3, 13, True)

FOLDER = source_path("rig.h").parent
SOURCES = sorted(FOLDER.glob("case_*.c"))


def case(expected: str) -> Case:
    return Case("a-case", "wrap", "", "", "", expected, "", "", True)


@pytest.mark.parametrize(
    ("span", "fitting"),
    [
        ("all", {P311, P312, P313, P313T}),
        ("t", {P313T}),
        ("g", {P311, P312, P313}),
        ("3.12..", {P312, P313, P313T}),
        ("..3.12", {P311, P312}),
        ("3.12..3.12", {P312}),
        ("3.13", {P313, P313T}),
        ("3.13t", {P313T}),
        ("3.12..g", {P312, P313}),
    ],
)
def test_covers_names_the_pythons(span: str, fitting: set[PythonBuild]) -> None:
    assert {python for python in (P311, P312, P313, P313T) if covers(span, python)} == fitting


@pytest.mark.parametrize("span", ["", "3", "4.0", "3.11-3.12", "3.13x", "everything"])
def test_covers_refuses_what_names_no_python(span: str) -> None:
    with pytest.raises(ValueError, match="names no Pythons"):
        covers(span, P311)


def test_expect_the_last_entry_that_fits_holds() -> None:
    found = case("all crash|hang; 3.12.. hang; t none")
    assert found.expect(P311) == Expectation((Verdict.CRASH, Verdict.HANG), True)
    assert found.expect(P313) == Expectation((Verdict.HANG,), True)
    assert found.expect(P313T) is None


def test_expect_a_question_mark_means_at_times() -> None:
    found = case("all wrong-image?").expect(P311)
    assert found == Expectation((Verdict.WRONG_IMAGE,), False)
    assert str(found) == "wrong-image, at times"


def test_expect_no_entry_fits_means_it_does_not_exist() -> None:
    assert case("3.12.. crash").expect(P311) is None


def test_choose_an_unknown_name_is_answered_with_a_near_one() -> None:
    with pytest.raises(BadValueError) as error:
        choose({"a-case": case("all ok")}, ["a-cose"])
    assert "a-case" in error.value.help


@pytest.mark.parametrize(
    ("hits", "runs", "low", "high"),
    [(0, 0, 0.0, 1.0), (20, 20, 0.839, 1.0), (0, 20, 0.0, 0.161), (5, 10, 0.237, 0.763)],
)
def test_interval_is_wilsons(hits: int, runs: int, low: float, high: float) -> None:
    assert interval(hits, runs) == pytest.approx((low, high), abs=5e-4)


@pytest.mark.parametrize(
    ("tail", "left"),
    [
        (b"", {}),
        (b"left: thread states 41, nodes 0\n", {"thread states": 41, "nodes": 0}),
        (b"noise\nleft: nodes 1\nleft: nodes 2\n", {"nodes": 2}),
        (b"left: nodes -1, of them\n", {}),
        (b"he left: nodes 3\n", {}),
    ],
)
def test_left_of_reads_the_last_count(tail: bytes, left: dict[str, int]) -> None:
    assert left_of(tail) == left


def test_marked_lines_gives_number_code_and_remark() -> None:
    found = list(marked_lines("a();\nb(); // wrong: too early\n", WRONG))
    assert found == [(2, "b();", "too early")]


def test_marked_lines_takes_a_mark_above_its_line() -> None:
    source = "a();\n// wrong: too early,\n//   and twice\nb();\nc();\n"
    assert list(marked_lines(source, WRONG)) == [(4, "b();", "too early, and twice")]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_every_case_marks_its_wrong_line_and_the_cure(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert list(marked_lines(source, WRONG))
    assert list(marked_lines(source, CURE))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_case_plants_its_end(path: Path) -> None:
    """A fault is a wrong order or pairing of calls: none raises a signal or ends the process."""
    source = path.read_text(encoding="utf-8")
    planted = re.findall(r"\b(abort|raise|kill|_exit|exit|Py_FatalError|__builtin_trap)\(", source)
    allowed = {"case_ctrl_c_lost.c": {"kill", "raise"}, "case_fork_attached.c": {"_exit"}}
    assert set(planted) <= allowed.get(path.name, set())
