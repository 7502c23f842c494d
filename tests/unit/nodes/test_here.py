"""`here` finds files beside the script or the module that calls it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from pynodes import inside, nodes, scene

Write = Callable[[str], str]


def test_here_is_beside_the_script_whatever_the_working_folder(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(
        "from pynodes.nodes import here\nplace = here('a/b.png')\ndef build(params, frame): ...\n"
    )
    monkeypatch.chdir("/")

    assert inside.load(path, "sphere", "").module.place == str(tmp_path / "a/b.png")


def test_here_of_a_relative_script_is_absolute(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(
        "from pynodes.scene import here\nplace = here('a.png')\ndef build(params, frame): ...\n"
    )
    monkeypatch.chdir(tmp_path)

    assert inside.load(os.path.relpath(path), "sphere", "").module.place == str(tmp_path / "a.png")


def test_here_is_beside_the_module_that_calls_it(write: Write, tmp_path: Path) -> None:
    (tmp_path / "parts_of_it").mkdir()
    (tmp_path / "parts_of_it/bark.py").write_text(
        "from pynodes.nodes import here\nplace = here('bark.png')\n"
    )
    path = write("from parts_of_it.bark import place\ndef build(params, frame): ...\n")

    assert inside.load(path, "sphere", "").module.place == str(tmp_path / "parts_of_it/bark.png")


def test_here_takes_paths_and_leaves_absolute_ones() -> None:
    assert nodes.here(Path("a.png")) == str(Path(__file__).with_name("a.png"))
    assert scene.here("/a.png") == "/a.png"


def test_here_in_what_is_no_file_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="scripts and modules that are files"):
        exec("from pynodes.nodes import here\nhere('a.png')", {})
