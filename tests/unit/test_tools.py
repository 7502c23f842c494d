"""The project's own rules about its sources hold: layers, and lists that forget no file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("tool", ["circles.py", "layers.py", "sources.py"])
def test_sources_follow_rule_passes(tool: str) -> None:
    done = run_tool(f"check/{tool}")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("layer", "include", "complaint"),
    [
        ("base", '"engine/render.h"', 'base may not include "engine/render.h"'),
        ("image", '"wire/event.h"', 'image may not include "wire/event.h"'),
        ("scene", "<Python.h>", "scene may not see <Python.h>"),
        ("node", '"nowhere/none.h"', "there is no host/nowhere/none.h"),
        ("entry", '"main.h"', 'entry may not include "main.h"'),
        ("other", "<stdio.h>", "'other' is no layer"),
    ],
)
def test_layers_include_pointing_right_is_told(
    tmp_path: Path, layer: str, include: str, complaint: str
) -> None:
    for header in ("engine/render.h", "wire/event.h", "main.h"):
        (tmp_path / header).parent.mkdir(exist_ok=True)
        (tmp_path / header).touch()
    (tmp_path / layer).mkdir(exist_ok=True)
    (tmp_path / layer / "wrong.c").write_text(f"/* {include} */\n#include {include}\n")

    done = run_tool("check/layers.py", tmp_path)

    assert done.returncode == 1
    assert complaint in done.stdout


def test_layers_include_pointing_left_passes(tmp_path: Path) -> None:
    for folder in ("base", "scene", "native", "interp"):
        (tmp_path / folder).mkdir()
    (tmp_path / "base" / "code.h").touch()
    (tmp_path / "scene" / "vec.h").write_text('#include "base/code.h"\n')
    (tmp_path / "native" / "tree.c").write_text('#include "scene/vec.h"\n#include <math.h>\n')
    (tmp_path / "interp" / "run.c").write_text('#include <Python.h>\n#include "build_info.h"\n')

    done = run_tool("check/layers.py", tmp_path)

    assert done.returncode == 0, done.stdout


def test_circles_between_units_are_told_from_header_or_source(tmp_path: Path) -> None:
    (tmp_path / "host" / "entry").mkdir(parents=True)
    (tmp_path / "pynodes").mkdir()
    (tmp_path / "host" / "entry" / "gate.h").write_text("")
    (tmp_path / "host" / "entry" / "gate.c").write_text('#include "entry/app.h"\n')
    (tmp_path / "host" / "entry" / "app.h").write_text('#include "entry/gate.h"\n')
    (tmp_path / "host" / "entry" / "kind.h").write_text("")
    (tmp_path / "host" / "entry" / "kind.c").write_text('#include "entry/gate.h"\n')

    done = run_tool("check/circles.py", tmp_path)

    assert done.returncode == 1
    assert done.stdout.splitlines() == ["entry/app -> entry/gate -> entry/app"]


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("from pynodes.two import b\n", True),
        ("def late():\n    from pynodes import two\n", True),
        ("from . import two\n", True),
        ("from __future__ import annotations\n", False),
        ("if TYPE_CHECKING:\n    from pynodes.two import b\n", False),
    ],
)
def test_circles_between_modules_are_told(tmp_path: Path, text: str, circle: bool) -> None:
    (tmp_path / "pynodes").mkdir()
    (tmp_path / "pynodes" / "__init__.py").touch()
    (tmp_path / "pynodes" / "one.py").write_text(text)
    (tmp_path / "pynodes" / "two.py").write_text("import pynodes.one\n")

    done = run_tool("check/circles.py", tmp_path)

    assert done.returncode == int(circle), done.stdout
    assert ("pynodes.one -> pynodes.two -> pynodes.one" in done.stdout) == circle


def test_probe_this_python_says_where_to_embed_from() -> None:
    done = run_tool("probe_python.py")

    facts = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert done.returncode == 0
    assert facts["version"] == ".".join(map(str, sys.version_info[:3]))
    assert bool(facts["problem"]) == bool(facts["mend"])


def test_probe_missing_static_library_names_it_and_a_cure() -> None:
    done = run_tool("probe_python.py", "no-such-kind")

    facts = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert "libpython" in facts["problem"] or "headers" in facts["problem"]
    assert facts["mend"]
