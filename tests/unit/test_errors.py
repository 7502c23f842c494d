"""Errors keep one form, in both directions."""

from __future__ import annotations

import pytest

from pynodes.errors import did_you_mean, form_lines, parse_form


def test_form_of_what_alone_is_one_line() -> None:
    assert list(form_lines("no such thing")) == ["error: no such thing"]


def test_form_of_everything_lines_up() -> None:
    lines = list(form_lines("a\nb", "here", "do this\nor that", "Traceback:\n  deep"))

    assert lines == [
        "error: a",
        "       b",
        "  where: here",
        "  help:  do this",
        "         or that",
        "  Traceback:",
        "    deep",
    ]


def test_parse_form_reads_back_what_was_written() -> None:
    text = "\n".join(["noise before", *form_lines("a", "here", "do this\nor that", "deep\nwords")])

    error = parse_form(text)

    assert error is not None
    assert (error.what, error.where, error.help) == ("a", "here", "do this\nor that")
    assert error.detail == "deep\nwords"


def test_parse_form_keeps_what_looks_like_the_form_where_it_was_said() -> None:
    said = ("a\n  help: b\n  where: c", "here\nhelp: d", "do this", "deep\n  help:  e\n       f")

    error = parse_form("\n".join(form_lines(*said)))

    assert error is not None
    assert error.where == "here\nhelp: d"
    assert error.help == "do this"
    assert error.detail == said[3]


def test_parse_form_of_other_text_is_none() -> None:
    assert parse_form("Segmentation fault\n") is None


def test_did_you_mean_forgets_about_case() -> None:
    assert did_you_mean("tiling", ["Tilings", "Ripples"]) == "did you mean Tilings?"
    assert did_you_mean("xyz", ["Tilings", "Ripples"]) == ""


@pytest.mark.parametrize(
    ("wrong", "known", "near"),
    [
        ("--sample", "--samples", True),  # cut short
        ("--output", "--out", True),  # too long
        ("thraeds", "threads", True),  # two letters swapped
        ("rendr", "render", True),
        ("tillings", "Tilings", True),
        ("--no-clobber", "--color", False),
        ("--watch", "--attach", False),
        ("--depth", "--python", False),
        ("--spp", "--script", False),
        ("x", "y", False),
        ("ok", "on", False),
    ],
)
def test_did_you_mean_knows_how_far_is_too_far(wrong: str, known: str, near: bool) -> None:
    assert did_you_mean(wrong, [known]) == (f"did you mean {known}?" if near else "")


def test_did_you_mean_begins_with_the_nearest() -> None:
    assert did_you_mean("thread", ["treads", "thread-x"]) == "did you mean thread-x or treads?"


def test_did_you_mean_does_not_compare_what_nobody_typed() -> None:
    assert did_you_mean("x" * 101, ["x" * 100]) == ""
