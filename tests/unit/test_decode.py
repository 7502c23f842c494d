"""Values from outside are what they should be, or an error says which is not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from pynodes import decode
from pynodes.decode import DecodeError
from pynodes.model.record import Record, stored_record
from pynodes.model.verdict import Verdict

INFINITE = float("inf")


@pytest.mark.parametrize(
    ("decoder", "value"),
    [
        (decode.flag, True),
        (decode.whole(0), 7),
        (decode.number(0), 0.5),
        (decode.number(0, INFINITE), INFINITE),
        (decode.text(3), "äöü"),
        (decode.moment, "2025-01-31T12:00:00.000Z"),
        (decode.plain, {"a": [1, None, {"b": "c"}]}),
        (decode.optional(decode.flag), None),
        (decode.mapping_of(decode.flag), {"a": True}),
    ],
)
def test_value_of_the_right_kind_stays_as_it_is(decoder: Any, value: object) -> None:
    assert decoder(value) == value


@pytest.mark.parametrize(
    ("decoder", "value"),
    [
        (decode.flag, 1),
        (decode.whole(), True),
        (decode.whole(), 1.0),
        (decode.whole(0, 9), 10),
        (decode.whole(), 2**63),
        (decode.number(), float("nan")),
        (decode.number(), INFINITE),
        (decode.number(), "1"),
        (decode.number(), 1e-320),
        (decode.number(), 10**400),
        (decode.text(3), "long"),
        (decode.text(), b"\xff"),
        (decode.word(Verdict), "x"),
        (decode.word(Verdict), []),
        (decode.moment, "yesterday"),
        (decode.scalar, [1]),
        (decode.list_of(decode.flag, 1), [True, True]),
        (decode.shape({}, ["a"]), {}),
    ],
)
def test_value_of_another_kind_is_refused(decoder: Any, value: object) -> None:
    with pytest.raises(DecodeError):
        decoder(value)


@pytest.mark.parametrize(
    "wrong",
    [
        *(float("nan"), INFINITE, 10**400, 1e16, 1e-320, True, "1", [], {}),
        *(b"", False, "", -INFINITE),
    ],
)
@pytest.mark.parametrize("rows", [0, 1, 8])
def test_one_wrong_figure_of_many_is_found(wrong: object, rows: int) -> None:
    usual = [{"thread": each, "wait_s": 0.0, "cpu_s": 0.5, "node": None} for each in range(rows)]
    assert decode.figures(usual) == tuple(usual)

    for value in (
        [*usual, {"thread": 9, "wait_s": wrong}],
        [{"wait_s": wrong, "cpu_s": 0.5}, *usual],
        [*usual, [wrong]],
    ):
        with pytest.raises(DecodeError):
            decode.figures(value)


def test_figures_are_of_numbers_of_any_sign_and_size_and_name() -> None:
    found = [{"wait_s": -1.0}, {"wait_s": 1e15, "waits": 10**15}, {"a\ud800": 1}, {}]

    assert decode.figures(found) == (*found[:2], {r"a\ud800": 1}, {})


def test_error_names_the_place_inside() -> None:
    decoder = decode.shape({"threads": decode.list_of(decode.mapping_of(decode.number(0)))})

    with pytest.raises(DecodeError) as caught:
        decoder({"threads": [{}, {"wait": -1}]})

    assert caught.value.what == "threads[1].wait is -1, not a number from 0 to 1e+15"


def test_error_about_a_huge_value_is_short() -> None:
    for value in (10**5000, "x" * 10_000, [0] * 10_000):
        with pytest.raises(DecodeError) as caught:
            decode.flag(value)
        assert len(caught.value.what) < 150


def test_half_of_a_surrogate_pair_becomes_an_escape() -> None:
    assert decode.text()("a\ud800b") == r"a\ud800b"
    assert decode.shape({})({"a\ud800b": 1}) == {r"a\ud800b": 1}


@pytest.mark.parametrize(
    "said",
    [
        "NaN",
        "[-Infinity]",
        "1e999",
        '{"a": 1' + "0" * 400 + ".5}",
        "9" * 5000,
        "1" * 30,
        "[" * 100_000,
        '{"a":' * 100_000,
        "{",
        "",
        b"\xff",
    ],
)
def test_json_is_meant_strictly(said: str | bytes) -> None:
    with pytest.raises(DecodeError):
        decode.plain(decode.json_value(said))


def test_json_text_is_read_back_with_words_for_what_json_has_not() -> None:
    value = {"a": [1, 0.1, INFINITE], "b": {"c": float("nan")}}

    assert decode.json_value(decode.json_text(value)) == {"a": [1, 0.1, "inf"], "b": {"c": "nan"}}


def test_documents_are_of_bounded_depth() -> None:
    deep: Any = 1
    for _ in range(decode.MAX_DEPTH + 1):
        deep = [deep]

    with pytest.raises(DecodeError, match="levels"):
        decode.plain(deep)


def test_decoders_of_a_class_follow_from_its_annotations() -> None:
    @dataclass
    class Part:
        verdict: Verdict
        spots: tuple[int, int] | None
        names: tuple[str, ...]
        more: Mapping[str, float | None]

    decoder = decode.of_type(Part)

    value = {"verdict": "ok", "spots": [1, 2], "names": [], "more": {"a": None}}
    assert decoder(value) == {
        "verdict": Verdict.OK,
        "spots": (1, 2),
        "names": (),
        "more": {"a": None},
    }
    for wrong in ({"verdict": "x"}, {"spots": [1, 2, 3]}, {"names": [1]}, {"more": {"a": "b"}}):
        with pytest.raises(DecodeError):
            decoder({**value, **wrong})


def test_record_is_decoded_as_it_was_written() -> None:
    record = Record(Verdict.OK, "finished", threads=2, per_thread=({"thread": 0, "wait_s": 0.5},))
    written = decode.json_value(decode.json_text(record.to_json()))

    assert stored_record()(written) == record.to_json()
