"""Conversion between socket types, and literals."""

from __future__ import annotations

from typing import Any

import pytest

from pynodes.nodes._value import RGBA, VALUE, VECTOR, convert, literal, packed, unpacked


@pytest.mark.parametrize(
    ("value", "kind", "to", "expected"),
    [
        (0.5, VALUE, VALUE, 0.5),
        (0.5, VALUE, VECTOR, (0.5, 0.5, 0.5)),
        (0.5, VALUE, RGBA, (0.5, 0.5, 0.5, 1.0)),
        ((1.0, 2.0, 6.0), VECTOR, VALUE, 3.0),
        ((1.0, 2.0, 6.0), VECTOR, RGBA, (1.0, 2.0, 6.0, 1.0)),
        ((1.0, 2.0, 6.0, 0.2), RGBA, VALUE, 3.0),
        ((1.0, 2.0, 6.0, 0.2), RGBA, VECTOR, (1.0, 2.0, 6.0)),
        ((1.0, 2.0, 6.0, 0.2), RGBA, RGBA, (1.0, 2.0, 6.0, 0.2)),
    ],
)
def test_convert(value: Any, kind: int, to: int, expected: Any) -> None:
    assert convert(value, kind, to) == expected


@pytest.mark.parametrize(
    ("thing", "kind", "expected"),
    [
        (2, VALUE, 2.0),
        (2, VECTOR, (2.0, 2.0, 2.0)),
        (0, RGBA, (0.0, 0.0, 0.0, 1.0)),
        ((1, 0, 0), RGBA, (1.0, 0.0, 0.0, 1.0)),
        ([1, 0, 0, 0.5], RGBA, (1.0, 0.0, 0.0, 0.5)),
    ],
)
def test_literal(thing: Any, kind: int, expected: Any) -> None:
    assert literal(thing, kind, "x") == expected


@pytest.mark.parametrize(
    ("thing", "kind", "error"),
    [
        ((1, 2, 3), VALUE, TypeError),
        ((1, 2, 3, 4), VECTOR, ValueError),
        ((1, 2), RGBA, ValueError),
        ("1", VALUE, TypeError),
        (float("inf"), VALUE, ValueError),
        (10**400, VALUE, ValueError),
    ],
)
def test_literal_refuses_and_names_the_place(thing: Any, kind: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="the place"):
        literal(thing, kind, "the place")


def test_packed_and_back() -> None:
    assert packed(2.0) == (2.0, 0.0, 0.0, 0.0)
    assert unpacked(packed((1.0, 2.0, 3.0)), VECTOR) == (1.0, 2.0, 3.0)
    assert unpacked(packed((1.0, 2.0, 3.0, 4.0)), RGBA) == (1.0, 2.0, 3.0, 4.0)
