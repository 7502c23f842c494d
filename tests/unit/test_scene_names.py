"""What `-D` can name, read from a source that is never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.cli.scene_names import scene_names

SCENE = """
raise SystemExit("run")

def helper(params):
    return params("points", 12)

def build(params, frame):
    a = params.get("scale", 4.0) + params.size[0]
    if "glow" in params:
        b = params["glow"]
    c = params.tint
    params.get("scale")
    return params.get("at", (1, 2)), other.get("no", 1), params.get("word", "red"), params.get(a)
"""
NODE = """
class Brick(Node):
    def __init__(self, sockets, rows=4, *, name="b", odd=None, last):
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Mortar Color", (1, 1, 1, 1))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]
"""


def names_in(tmp_path: Path, text: str) -> dict[str, str]:
    path = tmp_path / "scene.py"
    path.write_text(text)
    return scene_names(path)


def test_names_of_a_scene_are_what_it_asks_for(tmp_path: Path) -> None:
    assert names_in(tmp_path, SCENE) == {
        "scale": "4.0",
        "points": "12",
        "glow": "",
        "tint": "",
        "at": "(1,2)",
        "word": "red",
    }


def test_names_follow_the_name_that_build_gives_its_parameters(tmp_path: Path) -> None:
    assert names_in(tmp_path, 'def build(p, frame): return p.get("x", 1)') == {"x": "1"}
    assert names_in(tmp_path, "def build(): pass") == {}


def test_names_of_a_node_are_its_inputs_and_options(tmp_path: Path) -> None:
    assert names_in(tmp_path, NODE) == {
        "rows": "4",
        "name": "b",
        "odd": "None",
        "last": "",
        "Coords": "(0,0,0)",
        "Mortar_Color": "(1,1,1,1)",
    }


@pytest.mark.parametrize("text", ["def build(:", "x = \0", "(" * 5000, "#" * (1 << 20) + "\nx=1"])
def test_a_file_that_is_no_script_has_no_names(tmp_path: Path, text: str) -> None:
    assert names_in(tmp_path, text) == {}


def test_what_is_no_file_has_no_names(tmp_path: Path) -> None:
    assert scene_names(tmp_path) == scene_names(tmp_path / "none.py") == {}
