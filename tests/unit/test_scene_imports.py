"""Which imports of a scene are up to an own GIL is found out, also when a module crashes."""

from __future__ import annotations

import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from pynodes.doctor import imports
from pynodes.doctor.imports import ImportFound, check, scan
from pynodes.errors import CannotStartError

needs_own_gil = pytest.mark.skipif(
    not imports.has_own_gil(), reason="needs interpreters with a GIL of their own (Python 3.12)"
)


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return folder / "scene.py"


def checked(script: Path) -> dict[str, ImportFound]:
    return {found.module: found for found in check(scan(script))}


# Only a scan has the script among its modules: what follows happens in the trials alone.
ELSEWHERE = "import os, sys\nif 'pynodes_scene' not in sys.modules:\n    "


def test_imports_are_found_wherever_they_are(tmp_path: Path) -> None:
    script = write(
        tmp_path,
        scene="import beside, json\ndef build(params, frame):\n    from inner import x\n",
        beside="import click.types\ndef late():\n    import far\n",
        inner="x = 1\n",
        far="",
    )

    found = scan(script)

    assert found.problem is None and not found.missing
    assert found.near == {"beside", "inner", "far"}
    assert list(found.asked["click"]) == ["click.types"]
    assert list(found.asked_by["click"]) == ["beside"]
    assert list(found.asked_by["inner"]) == ["scene.py"]
    assert list(found.asked_by["far"]) == ["beside"]
    assert found.versions["click"]


def test_modules_inside_of_a_package_are_its_own_affair(tmp_path: Path) -> None:
    found = scan(write(tmp_path, scene="import click\n"))

    assert list(found.asked) == ["click"]
    assert list(found.asked["click"]) == ["click"]


def test_our_own_modules_are_not_in_question(tmp_path: Path) -> None:
    assert not scan(write(tmp_path, scene="from pynodes.nodes import Node\n")).asked


def test_module_that_is_not_there_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    found = scan(write(tmp_path, scene="import nosuchthing\nimport click\n"))

    assert found.problem is not None
    assert found.problem[0] == "ModuleNotFoundError: No module named 'nosuchthing'"
    assert found.problem[1].endswith("scene.py:1")
    assert list(found.missing) == ["nosuchthing"]
    assert "click" in found.asked


def test_script_that_ends_the_process_is_an_error(tmp_path: Path) -> None:
    script = write(tmp_path, scene="import os\nprint('last words')\nos.abort()\n")

    with pytest.raises(CannotStartError, match="SIGABRT"):
        scan(script)


def test_script_that_prints_and_changes_its_folder_is_no_matter(tmp_path: Path) -> None:
    scene = "import os, sys\nprint('{')\nos.chdir('/')\nsys.argv.clear()\n"

    assert scan(write(tmp_path, scene=scene)).problem is None


@needs_own_gil
def test_module_that_loads_is_well(tmp_path: Path) -> None:
    found = checked(write(tmp_path, scene="import beside, math, json\n", beside="import click\n"))

    assert list(found) == ["click", "beside"], "what is asked for comes before who asks"
    assert all(each.is_well for each in found.values())


@needs_own_gil
def test_module_that_refuses_is_named(tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    found = checked(write(tmp_path, scene="import numpy.linalg\n"))

    assert found["numpy"].own_gil == "no"
    assert found["numpy"].version
    assert "does not support loading in subinterpreters" in found["numpy"].note


@needs_own_gil
def test_module_of_the_standard_library_is_told_when_it_refuses(tmp_path: Path) -> None:
    pytest.importorskip("_testsinglephase")
    found = checked(write(tmp_path, scene="import math, _testsinglephase\n"))

    assert list(found) == ["_testsinglephase"]
    assert found["_testsinglephase"].own_gil == "no"


@needs_own_gil
def test_module_that_crashes_spoils_no_other(tmp_path: Path) -> None:
    script = write(
        tmp_path,
        scene="import bad, raises, good\n",
        bad=ELSEWHERE + "os.abort()\n",
        raises=ELSEWHERE + "raise LookupError('not here')\n",
        good="",
    )

    found = checked(script)

    assert (found["bad"].own_gil, found["bad"].note) == ("crash", "its import crashed with SIGABRT")
    assert (found["raises"].own_gil, found["raises"].note) == ("no", "LookupError: not here")
    assert found["good"].is_well


@needs_own_gil
def test_module_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = write(
        tmp_path, scene="import waits\n", waits=ELSEWHERE + "import time; time.sleep(600)\n"
    )
    found = scan(script)
    monkeypatch.setattr(imports, "LIMIT_S", 1.0)

    (waits,) = check(found)

    assert waits.own_gil == "hang"
    assert "its import did not end within 1 s" in waits.note


OLD_MODULE = """
#include <Python.h>
static struct PyModuleDef def = {PyModuleDef_HEAD_INIT, "oldmodule", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_oldmodule(void) { return PyModule_Create(&def); }
"""


@pytest.mark.skipif(not imports.is_free_threaded(), reason="needs a free-threaded Python")
def test_module_that_turns_the_gil_on_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    (tmp_path / "oldmodule.c").write_text(OLD_MODULE)
    include = f"-I{sysconfig.get_path('include')}"
    subprocess.run(
        [compiler, "-shared", "-fPIC", include, "oldmodule.c", "-o", "oldmodule.so"],
        cwd=tmp_path,
        check=True,
    )
    script = write(tmp_path, scene="import beside, good\n", beside="import oldmodule\n", good="")
    monkeypatch.setenv("PYTHON_GIL", "0")  # would hide it

    found = checked(script)

    assert found["oldmodule"].gil_off is False
    assert found["beside"].gil_off is False
    assert "oldmodule" in found["beside"].note
    assert found["good"].gil_off is True
