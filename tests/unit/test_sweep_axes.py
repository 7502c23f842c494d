"""Lists and ranges, for every kind of option."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pynodes.errors import BadValueError
from pynodes.model.job import Job
from pynodes.options.kinds import Number, Size, Switch, Words
from pynodes.options.table import ENGINES
from pynodes.sweep.axes import AXES, define_axes, merge, scene_names

threads = Number("a number of threads", 1, 1024, word="auto").parse_several
intervals = next(axis.kind.parse_several for axis in AXES if axis.name == "switch-interval")
sizes = Size().parse_several
switches = Switch().parse_several


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("4", (4,)),
        ("1,2,4", (1, 2, 4)),
        ("1..4", (1, 2, 3, 4)),
        ("1..16:5", (1, 6, 11, 16)),
        ("1, 2..3 ,auto", (1, 2, 3, None)),
        ("2,1..3", (2, 1, 3)),
    ],
)
def test_numbers_are_read(text: str, values: tuple[int | None, ...]) -> None:
    assert threads(text) == values


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("1,,2", "empty place"),
        ("8..1", "counts down"),
        ("1..", "not a range"),
        ("..4", "not a range"),
        ("1..4:0", "not a step"),
        ("0..4", "not a number of threads"),
        ("1..2000", "not a number of threads"),
        ("two", "not a number of threads"),
        ("1...3", "not a number of threads"),
    ],
)
def test_bad_numbers_are_refused(text: str, words: str) -> None:
    with pytest.raises(BadValueError, match=words) as caught:
        threads(text)

    assert caught.value.help


@given(st.text(alphabet="0123456789.,:-eauto ", max_size=20))
def test_no_text_breaks_the_reader(text: str) -> None:
    for read in (threads, intervals, sizes):
        try:
            found = read(text)
        except BadValueError:
            continue
        assert found
        assert len(set(found)) == len(found)


def test_switch_intervals_go_in_factors() -> None:
    assert intervals("1e-6..1") == (1e-06, 1e-05, 0.0001, 0.001, 0.01, 0.1, 1.0)
    assert intervals("1e-6..1:100") == (1e-06, 1e-04, 1e-02, 1.0)
    assert intervals("0.005,1e-6,default") == (0.005, 1e-06, None)


@pytest.mark.parametrize("text", ["1..1e-6", "1e-6..1:1", "1e-6..1:x", "-1..1", "0..1"])
def test_bad_switch_intervals_are_refused(text: str) -> None:
    with pytest.raises(BadValueError):
        intervals(text)


def test_words_know_all_and_near_misses() -> None:
    read = Words(("shared", "isolated", "process", "auto"), named=("auto",)).parse_several

    assert read("all") == ("shared", "isolated", "process")
    assert read("auto,all") == ("auto", "shared", "isolated", "process")
    with pytest.raises(BadValueError) as caught:
        read("isolate")
    assert caught.value.help == "did you mean isolated?"


def test_switches_and_sizes_are_read() -> None:
    assert switches("all") == (True, False)
    assert switches("off") == (False,)
    assert sizes("64x48,32x24,64x48") == ((64, 48), (32, 24))


def test_every_field_of_a_job_has_an_axis() -> None:
    with_axis = {field for axis in AXES for field in axis.fields}
    # arguments, -D; no figure depends on them; they may do anything; no picture is made; words
    others = {
        "scene", "defines", "trace", "trace_calls", "scripts", "pixel", "debug", "aside", "profile",
        "keep_c",
    }  # fmt: skip

    assert set(Job.__dataclass_fields__) == (with_axis - {"python"}) | others


def test_engine_axis_knows_every_engine() -> None:
    read = next(axis.kind.parse_several for axis in AXES if axis.name == "engine")

    assert set(read("auto,all")) == set(ENGINES)


def test_option_given_twice_is_one_list() -> None:
    assert merge("threads", [(1, 2), (2, 4)]) == (1, 2, 4)


def test_define_given_twice_is_an_axis() -> None:
    found = define_axes([("scale", "1"), ("kind", "a,b"), ("scale", "2"), ("scale", "1")])

    assert found == {"scale": ("1", "2"), "kind": ("a,b",)}


def test_scenes_of_one_name_are_told_apart() -> None:
    assert scene_names([Path("a/x.py"), Path("b/x.py"), Path("y.py")]) == ["a/x.py", "b/x.py", "y"]
