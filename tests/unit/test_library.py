"""What `import pynodes` offers, and how it is typed."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

import pynodes
from pynodes import library
from pynodes.options import table

# By other names, or with arguments of their own.
APART = {"scene", "frames", "defines", "pixel", "debug", "aside"}

SCRIPT = """
from pathlib import Path
import pynodes

picture = pynodes.render("scene.py", threads=8, params={"scale": 4}, out=Path("a.png"))
total: float = float(picture.image[..., :3].mean())
frames = pynodes.render("scene.py", frames=range(1, 5), engine="shared", check=False)
names: list[str] = [str(each.path) for each in frames if each.verdict is pynodes.Verdict.OK]
digest: str | None = picture.record.sha256
color: tuple[float, ...] | None = pynodes.look("scene.py", 3, 4).color
try:
    picture.save("b.exr")
except pynodes.PynodesError as error:
    print(error.what, error.where, error.help)
"""
WRONG = """
import pynodes

pynodes.render("scene.py", thread=8)
pynodes.render("scene.py", threads="8")
pynodes.render("scene.py", frames=[1]).image
"""


def test_options_are_those_of_the_table() -> None:
    ours, rows = get_type_hints(library.Options), get_type_hints(table.Options)

    assert list(ours) == [each.name for each in fields(table.Options) if each.name not in APART]
    plain = {name: kind for name, kind in ours.items() if "Path" not in str(kind)}
    assert plain == {name: rows[name] for name in plain}
    assert ours.keys() - plain.keys() == {"scripts", "trace"}


def test_all_names_are_there() -> None:
    assert sorted(pynodes.__all__) == sorted({*pynodes._OF, "__version__"})
    assert {*pynodes.__all__} <= {*dir(pynodes)}
    for name in pynodes.__all__:
        assert getattr(pynodes, name) is not None
    with pytest.raises(AttributeError, match="module 'pynodes' has no attribute 'rendr'"):
        _ = pynodes.rendr


def test_scripts_of_users_are_typed_and_their_slips_found(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "right.py").write_text(SCRIPT)
    (tmp_path / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", "cache", "."]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    errors = {
        line.split(": error: ")[0] for line in done.stdout.splitlines() if ": error: " in line
    }
    assert errors == {"wrong.py:4", "wrong.py:5", "wrong.py:6"}, done.stdout
