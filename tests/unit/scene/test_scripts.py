"""The bundled scenes and nodes build, the same way each time, with their documented parameters."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pynodes import inside

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
SCENES = sorted((SCRIPTS / "scenes").glob("*.py"))
NODES = sorted((SCRIPTS / "nodes").glob("*.py"))

by_name = {"ids": lambda path: path.stem}


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))


class Counter:
    """A builder that only numbers."""

    def __init__(self) -> None:
        self.trees = 0
        self.nodes: dict[int, int] = {}

    def tree(self, name: str) -> int:
        self.trees += 1
        return self.trees - 1

    def native_node(self, tree: int, *arguments: Any) -> int:
        self.nodes[tree] = self.nodes.get(tree, -1) + 1
        return self.nodes[tree]

    python_node = native_node

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


def build(path: Path, *defines: str, tag: str = "", frame: int = 1) -> inside.Built:
    loaded = inside.load(str(path), "sphere", tag)
    return inside.build(loaded, list(defines), frame, 640, 480, Counter())


@pytest.mark.parametrize("path", SCENES + NODES, **by_name)  # type: ignore[arg-type]
def test_script_builds_the_same_on_each_copy(path: Path) -> None:
    digests = {build(path, tag=tag).digest for tag in ("", "t1", "t2")}

    assert len(digests) == 1


@pytest.mark.parametrize("path", SCENES, **by_name)  # type: ignore[arg-type]
def test_scene_asks_for_the_parameters_it_documents(path: Path) -> None:
    text = path.read_text()
    table = text.partition("Parameters:\n")[2].partition('"""')[0]
    documented = re.findall(r"^    (\w+)  .*?(-?[\d.]+)(?: \(.*\))?$", table, re.MULTILINE)
    assert documented, "no parameters documented"

    default = build(path)
    given = build(path, *(f"{name}={value}" for name, value in documented))

    assert given.digest == default.digest


@pytest.mark.parametrize("path", SCENES, **by_name)  # type: ignore[arg-type]
def test_scene_has_python_nodes_and_a_title(path: Path) -> None:
    built = build(path)

    assert built.names
    assert built.title != path.stem


def test_animated_scenes_change_with_the_frame() -> None:
    for name in ("ripples", "soapfilm"):
        path = SCRIPTS / "scenes" / f"{name}.py"
        assert build(path, frame=1).digest != build(path, frame=2).digest


@pytest.mark.parametrize("path", SCENES + NODES, **by_name)  # type: ignore[arg-type]
def test_nodes_of_a_script_can_be_made(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = SimpleNamespace(bind=lambda *arguments: None)
    monkeypatch.setitem(sys.modules, "_pynodes", fake)
    built = build(path)

    assert len(inside.instances(built)) == len(built.names)
