"""How exceptions of scripts are explained: what, where, and the traceback from there."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pynodes import inside

Write = Callable[[str], str]


def build(path: str) -> Any:
    return inside.build(inside.load(path, "sphere", ""), [], 1, 64, 48, None)


def explained(write: Write, text: str) -> tuple[str, str, str, str, str]:
    try:
        build(write(text))
    except BaseException as exc:
        below = exc.__traceback__
        while below is not None and below.tb_frame.f_code.co_filename == __file__:
            below = below.tb_next  # the host calls from C
        return inside.explain(exc.with_traceback(below))
    raise AssertionError("nothing was raised")


def test_explain_names_the_line_of_the_author(write: Write) -> None:
    what, where, _, detail, _ = explained(
        write, "from pynodes.scene import Camera\ndef build(params, frame):\n    Camera(fov=200)\n"
    )

    assert what == "ValueError: Camera: fov must be between 0 and 180, got 200"
    assert where.endswith("thing.py:3 in build")
    assert detail.startswith("Traceback")
    assert "/pynodes/inside/" not in detail
    assert detail.rstrip().endswith(what)


def test_explain_skips_the_standard_library(write: Write) -> None:
    _, where, _, _, _ = explained(write, "import json\nx = 1\njson.loads('{')\n")

    assert where.endswith("thing.py:3")


def test_explain_a_syntax_error_by_its_own_place(write: Write) -> None:
    what, where, help, detail, _ = explained(write, "x = 1\ndef f(:\n")

    assert what == "SyntaxError: invalid syntax"
    assert help.startswith("put that line right")
    assert f"{sys.version_info[0]}.{sys.version_info[1]} cannot read it" in help
    assert where.endswith("thing.py:2")
    assert "def f(:" in detail


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("{}['a']", "KeyError: 'a'"),
        ("raise KeyError('no such thing')", "KeyError: no such thing"),
        ("class E(Exception):\n    def __str__(self): 1/0\nraise E", "E: (its text cannot be had)"),
        ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_explain_anything(write: Write, text: str, what: str) -> None:
    assert explained(write, text)[0].startswith(what)


def test_explain_keeps_causes_without_our_frames(write: Write) -> None:
    _, _, _, detail, _ = explained(
        write, "try:\n    1 / 0\nexcept ArithmeticError as e:\n    raise OSError('x') from e\n"
    )

    assert "direct cause" in detail
    assert "/pynodes/inside/" not in detail


def test_explain_names_the_package_that_refused_and_the_line_that_asked_for_it(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: {"numpy": "9.8"}[name])
    what, where, _, detail, module = explained(
        write,
        """
try:
    raise ImportError("module numpy.core._x does not support loading in subinterpreters")
except ImportError as problem:
    raise ImportError("a long text\\nabout installations") from problem
""",
    )

    assert what == (
        "ImportError: module numpy.core._x (numpy 9.8) does not support loading in subinterpreters"
    )
    assert module == "numpy.core._x"
    assert where.endswith("thing.py:5")
    assert detail == ""


def test_explain_leaves_an_error_that_only_came_after_a_refusal(write: Write) -> None:
    what, _, _, _, module = explained(
        write,
        """
try:
    raise ImportError("module x does not support loading in subinterpreters")
except ImportError:
    1 / 0
""",
    )

    assert what == "ZeroDivisionError: division by zero"
    assert module == ""


def test_missing_file_that_lies_beside_the_script_is_said(write: Write, tmp_path: Path) -> None:
    (tmp_path / "bark.txt").write_text("")

    what, _, help, _, _ = explained(write, "def build(params, frame):\n    open('bark.txt')\n")

    assert what == "FileNotFoundError: [Errno 2] No such file or directory: 'bark.txt'"
    assert help.startswith("bark.txt is beside thing.py: here('bark.txt') of pynodes.nodes finds")
    assert help.endswith(f"a name alone is looked for in {Path.cwd()}")


def test_missing_file_that_is_nowhere_has_no_help(write: Write) -> None:
    for name in ("'gone.txt'", "b'gone.txt'", "3"):
        text = f"def build(params, frame):\n    raise FileNotFoundError(2, 'none', {name})\n"
        assert explained(write, text)[2] == ""
