"""A set-up says what it is at: on a terminal in one line that moves, in a log in a few lines."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def tool(name: str) -> Any:
    sys.path.insert(0, str(TOOLS))
    try:
        return import_module(f"bootstrap.{name}")
    finally:
        sys.path.remove(str(TOOLS))


@pytest.fixture(scope="module")
def steps() -> Any:
    return tool("steps")


# As pip, meson and ninja print them.
SAID = [
    "  Installing build dependencies: started",
    "    Collecting meson-python>=0.16",
    "  Preparing metadata (pyproject.toml): started",
    *(f"  [{n}/8] Compiling C object host/{n}.c.o" for n in range(1, 8)),
    "  [8/8] Linking target host/pynodes-host",
    "  [1/2] /somewhere/pynodes-host",
    "Collecting click>=8.1",
    "Collecting rich>=13",
    "Installing collected packages: click, rich, pynodes",
]


def shown(steps: Any, capsys: pytest.CaptureFixture[str]) -> str:
    with steps.step("building") as this:
        read = steps.follow(this)
        for line in SAID:
            read(line)
    return capsys.readouterr().out


def test_step_in_a_log_has_a_line_for_what_it_is_at(
    steps: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    head, *lines, last = shown(steps, capsys).splitlines()

    assert head.startswith("  building ....")
    assert [line.strip() for line in lines] == [
        "fetching what builds it",
        "configuring",
        "compiling (0 % of 8)",
        "compiling (25 % of 8)",
        "compiling (50 % of 8)",
        "compiling (75 % of 8)",
        "compiling (100 % of 8)",
        "fetching what it needs",
        "installing",
    ]
    assert last.startswith("  building ....") and last.endswith(" s")


def test_step_on_a_terminal_counts_in_one_line(
    steps: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)

    out = shown(steps, capsys)

    assert out.count("\n") == 1
    states = [state.rpartition(". ")[2] for state in out.split("\r\033[K")[1:]]
    assert [f"compiling {n} of 8" for n in range(1, 9)] == states[2:10]


def test_quiet_step_is_one_line(steps: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with steps.step("rendering"):
        pass

    assert capsys.readouterr().out.count("\n") == 1


@pytest.mark.parametrize("read", [None, [].append])
def test_command_that_fails_is_shown_whole(
    steps: Any, tmp_path: Path, read: Callable[[str], None] | None
) -> None:
    words = [sys.executable, "-c", "print('one'); print('two'); raise SystemExit(7)"]

    with pytest.raises(steps.Failure) as caught:
        steps.run_logged(words, tmp_path / "log", {}, read)

    assert caught.value.status == 7
    assert caught.value.lines[0].splitlines()[1:] == ["one", "two"]


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_python_of_whose_venv_only_the_name_is_left_cannot_make_one(
    tmp_path: Path, module: str
) -> None:
    left = f"import sys, types; sys.modules[{module!r}] = types.ModuleType({module!r})"
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{left}; exec(sys.argv[1])" "$2"\n')
    python.chmod(0o755)
    without_venv = tool("machine").without_venv

    assert without_venv(Path(sys.executable), {"version": "3.13.0"}) is None
    what, *_ = without_venv(python, {"version": "3.13.0"}).lines
    assert what.startswith("error: Python 3.13.0 cannot make virtual environments")


@pytest.mark.parametrize(
    ("said", "is_named"),
    [
        ("NewConnectionError: ... Temporary failure in name resolution')': /simple/meson/", True),
        ("ERROR: Could not find a version that satisfies the requirement meson>=99", False),
    ],
)
def test_index_that_does_not_answer_is_named(tmp_path: Path, said: str, is_named: bool) -> None:
    log = tmp_path / "install.log"
    log.write_text(f"Collecting meson\n  WARNING: {said}\nERROR: No matching distribution\n")

    lines = tool("place").without_index(log)

    assert bool(lines) == is_named
    assert not lines or "pip reached no package index" in lines[0]
    assert not lines or "PIP_INDEX_URL" in lines[1]
