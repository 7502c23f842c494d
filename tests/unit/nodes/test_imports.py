"""The packages that run inside the host use the standard library alone and load anywhere."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[3]

IMPORTS = "import pynodes.nodes._host, pynodes.nodes.testing, pynodes.scene.preview"


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
