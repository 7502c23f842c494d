"""Scene parameters: `-D` texts and what a build gets of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pynodes.scene import Params
from pynodes.scene.params import ParamError, parse_defines


@pytest.mark.parametrize(
    ("define", "name", "value"),
    [
        ("a=1", "a", 1),
        ("a=1.5", "a", 1.5),
        ("a=(1, 2)", "a", (1, 2)),
        ("a=True", "a", True),
        ("a='x'", "a", "x"),
        ("a=red", "a", "red"),
        ("a=", "a", ""),
        ("a=b=c", "a", "b=c"),
        (" a =1", "a", 1),
        ("a=1+", "a", "1+"),
        ("a=__import__('os')", "a", "__import__('os')"),
        ("a=" + "(" * 300, "a", "(" * 300),
    ],
)
def test_define_is_a_literal_else_text(define: str, name: str, value: Any) -> None:
    assert parse_defines([define])[name][0] == value


@pytest.mark.parametrize("define", ["a", "=1", " =1", ""])
def test_define_without_name_or_value_is_refused(define: str) -> None:
    with pytest.raises(ParamError, match="is not NAME=VALUE"):
        parse_defines([define])


def test_last_define_of_a_name_holds() -> None:
    assert Params(["a=1", "a=2"]).get("a", 0) == 2


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("2", 1.0, 2.0),
        ("2", 1, 2),
        ("2.5", 1, 2.5),
        ("7", "x", "7"),
        ("1", False, True),
        ("True", False, True),
        ("[1, 2]", (0.0, 0.0), (1, 2)),
        ("anything", None, "anything"),
    ],
)
def test_default_leads_the_type(text: str, default: Any, expected: Any) -> None:
    value = Params([f"a={text}"]).get("a", default)

    assert value == expected
    assert type(value) is type(expected)


@pytest.mark.parametrize(
    ("text", "default", "kind"),
    [
        ("x", 1.0, "a number"),
        ("True", 1, "a number"),
        ("2", False, "True or False"),
        ("3", (1, 2), "a tuple of 2"),
        ("(1, 'x')", (1, 2), "a tuple of 2"),
    ],
)
def test_other_kind_than_the_default_is_refused(text: str, default: Any, kind: str) -> None:
    with pytest.raises(ParamError, match=f"expected {kind}, like"):
        Params([f"a={text}"]).get("a", default)


def test_all_ways_of_asking_count() -> None:
    params = Params(["a=1", "b=2", "c=3", "d=4", "e=5"])

    assert (params("a", 0), params.b, params["c"], "d" in params) == (1, 2, 3, True)
    assert params.asked() == ["a", "b", "c", "d"]
    assert params.unused() == ["e"]


def test_missing_parameter_says_how_to_give_it() -> None:
    params = Params(["a=1"])

    asks: list[Callable[[], object]] = [lambda: params.glow, lambda: params["glow"]]
    for ask in asks:
        with pytest.raises((AttributeError, KeyError), match=r"use -D glow=VALUE.*given: a"):
            ask()
    with pytest.raises(AttributeError, match="can only be read"):
        params.a = 2


@pytest.mark.parametrize("text", ["1if", "0x1for", r"'\d'", "1 is 1", "((((", "9" * 5000])
def test_what_python_would_warn_of_is_quiet_text(
    text: str, recwarn: pytest.WarningsRecorder
) -> None:
    params = Params([f"x={text}"])

    assert isinstance(params["x"], str)
    assert not recwarn.list


@pytest.mark.parametrize("default", [1, 1.0, (1.0, 2.0)])
def test_number_that_no_float_holds_is_refused_in_short(default: object) -> None:
    huge = "0x" + "9" * 400
    text = f"({huge},1)" if isinstance(default, tuple) else huge

    with pytest.raises(ParamError, match=r"expected a .*, like") as caught:
        Params([f"x={text}"]).get("x", default)

    assert len(str(caught.value)) < 160
