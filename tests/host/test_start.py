"""A small picture is there soon: what it does not need is not loaded for it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from host_runner import SCALE

# Each takes a tenth of Python's own start, or more.
HEAVY = (
    "ast",
    "asyncio",
    "_hashlib",
    "importlib.metadata",
    "inspect",
    "ipaddress",
    "locale",
    "numpy",
    "PIL",
    "rich",
    "shutil",
    "tempfile",
    "tokenize",
)
SCENES = Path(__file__).parents[2] / "scripts" / "scenes"
CODE = """
import json, sys
from pynodes.__main__ import main
status = main()
loaded = [name for name, module in sys.modules.items() if getattr(module, "__spec__", None)]
print(json.dumps([status, loaded]), file=sys.stderr)
"""


def loaded_for(tmp_path: Path, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", CODE, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60 * SCALE,
        check=False,
    )
    status, loaded = json.loads(done.stderr.splitlines()[-1])
    assert status == 0, done.stderr
    return set(loaded)


@pytest.mark.parametrize("options", [[], ["--json"], ["-t", "1", "-q", "-o", "x.png"]])
def test_small_picture_loads_nothing_that_it_does_not_need(
    tmp_path: Path, options: list[str]
) -> None:
    scene = str(SCENES / "tilings.py")

    loaded = loaded_for(tmp_path, "render", scene, "--size", "32x32", *options)

    assert not loaded & set(HEAVY)
    assert "pynodes.model.record" in loaded, "it did render"
    assert list(tmp_path.glob("*.png"))
