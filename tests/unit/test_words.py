"""Numbers and results as text."""

from __future__ import annotations

import json

import pytest

from pynodes.words import count, duration, json_text, nanoseconds, plural


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 s"),
        (3.9e-7, "390 ns"),
        (0.00015, "150 us"),
        (-0.005, "-5 ms"),
        (0.0421, "42.1 ms"),
        (0.9999, "1.00 s"),
        (3.214, "3.21 s"),
        (9.999, "10 s"),
        (59.6, "1 min 00 s"),
        (125.0, "2 min 05 s"),
        (3780.0, "1 h 03 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("ns", "text"),
    [(57.3, "57.3 ns"), (186.0, "186 ns"), (1240.0, "1.24 us"), (3.1e6, "3.1 ms"), (2e9, "2.00 s")],
)
def test_nanoseconds(ns: float, text: str) -> None:
    assert nanoseconds(ns) == text


def test_count_and_plural() -> None:
    assert count(1228800) == "1,228,800"
    assert plural(1, "tile") == "1 tile"
    assert plural(0, "tile") == "0 tiles"


def test_help_stands_in_json_under_its_old_name_too() -> None:
    found = json.loads(json_text({"errors": [{"help": "try yes"}], "count": 1}))

    assert found == {"errors": [{"help": "try yes", "mend": "try yes"}], "count": 1}
