"""The packages that run inside the host use the standard library alone and load anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[3]

IMPORTS = "import pynodes.inside, pynodes.nodes.testing, pynodes.scene.preview"


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-I", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_but_the_standard_library_is_imported() -> None:
    out = run(
        f"""
        import json, sys
        sys.path.insert(0, {str(REPO)!r})
        before = set(sys.modules)
        {IMPORTS}
        print(json.dumps(sorted({{name.partition(".")[0] for name in set(sys.modules) - before}})))
        """
    )

    tops = set(json.loads(out)) - {"pynodes"}
    assert tops <= set(sys.stdlib_module_names)
    assert not tops & {"ctypes", "_ctypes", "readline", "curses", "numpy"}


# What takes long to import, and what importing it brings along.
HEAVY = """
    ast collections copy dataclasses difflib enum functools hashlib importlib inspect json
    pathlib random re signal textwrap threading traceback types typing urllib warnings weakref
"""

HOST = """
import sys, types
sys.modules["_pynodes"] = types.SimpleNamespace(
    NodeBase=type("NodeBase", (), {"__slots__": ("__dict__",)}),
    native_kinds=list,
    bind=lambda *arguments: None,
)
for name in %r.split():
    sys.modules.pop(name, None)
sys.path.insert(0, %r)
"""

SCENE = """
from pynodes.nodes import Node, NodeTree, Socket
from pynodes.scene import Camera, Plane, Scene

class Dot(Node):
    def __init__(self, sockets, radius=0.5):
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        self.output.Color = (1, 1, 1, 1)

def build(params, frame):
    tree = NodeTree("one")
    tree.link(tree.add(Dot, radius=0.7).out.Color, tree.surface)
    return Scene(Camera(), [Plane(tree)])
"""


def heavy_after(code: str) -> set[str]:
    """The heavy modules that some code imports where `_pynodes` is there, as in the host."""
    out = run(
        HOST % (HEAVY, str(REPO))
        + f"before = set(sys.modules)\n{code}\nprint(*set(sys.modules) - before)"
    )
    return set(out.split()) & set(HEAVY.split())


@pytest.mark.parametrize("name", ["pynodes.nodes", "pynodes.inside", "pynodes.scene"])
def test_start_imports_nothing_heavy(name: str) -> None:
    assert heavy_after(f"import {name}") == set()


def test_a_plain_scene_is_made_without_anything_heavy(tmp_path: Path) -> None:
    path = tmp_path / "scene.py"
    path.write_text(SCENE)

    assert heavy_after(
        "from pynodes import inside\n"
        f"loaded = inside.load({str(path)!r}, 'sphere', '')\n"
        "inside.instances(inside.build(loaded, [], 1, 64, 48, None))\n"
        "inside.leftover()"
    ) <= {"hashlib"}  # where Python was built without a SHA-256 of its own


def test_library_is_loaded_when_it_is_asked_for() -> None:
    out = run(
        HOST % ("", str(REPO))
        + """
import pynodes.nodes
from pynodes.nodes import Node, NodeTree, native
def loaded():
    return sum(name.startswith("pynodes.nodes.library.") for name in sys.modules)
print(loaded(), "Tilings" in dir(pynodes.nodes))
from pynodes.nodes import Tilings
print(loaded(), Tilings is pynodes.nodes.Tilings is pynodes.nodes.library.Tilings)
from pynodes.nodes import *
print(loaded(), SoapFilm.__module__, len(LIBRARY), LIBRARY is pynodes.nodes.LIBRARY)
print(hasattr(pynodes.nodes, "Tiling"), hasattr(pynodes.nodes.library, "Tiling"))
"""
    )

    assert out.splitlines() == [
        "0 True",
        "1 True",
        "3 pynodes.nodes.library.soapfilm 3 True",
        "False False",
    ]


@pytest.mark.skipif(sys.version_info < (3, 13), reason="needs _interpreters of Python 3.13")
def test_an_interpreter_with_its_own_gil_can_import_them() -> None:
    out = run(
        f"""
        import _interpreters
        own = _interpreters.create("isolated")
        problem = _interpreters.run_string(own, '''
        import sys
        sys.path.insert(0, {str(REPO)!r})
        {IMPORTS}
        '''.replace(chr(10) + "        ", chr(10)))
        print(problem)
        """
    )

    assert out.strip() == "None"
