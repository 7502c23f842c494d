"""The list of the C API: whole, readable, and made of headers, the manual and exceptions.toml."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path

import pytest

from pynodes.contract.table import MEANINGS, Attach, Function, functions, that

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.compile(r"3\.\d\dt?(-3\.\d\dt?)?")
VALUES: dict[str, set[str]] = {
    "form": {"function", "inline", "macro", "exported"},
    "attach": {*map(str, Attach)},
    "result": {"", "new", "borrowed"},
    "inside": {"", "runs", "detaches", "no"},
    "handler": {"", "yes"},
    "outside": {"", "before", "before after", "before only"},
    "own_gil": {"", "no"},
    "threads": {"", "atomic", "shared", "distinct", "compatible", "incompatible"},
}


OWN = Path(str(sysconfig.get_config_var("LIBDIR")), str(sysconfig.get_config_var("INSTSONAME")))
# Of this Python, and of others whose paths are named, with colons between.
LIBRARIES = [OWN, *map(Path, filter(None, os.environ.get("PYNODES_TEST_LIBRARIES", "").split(":")))]


def exported(library: Path) -> set[str]:
    """Names that a library has for programs."""
    if shutil.which("nm") is None:
        pytest.skip("there is no nm")
    if library.suffix == ".a" or not library.exists():
        pytest.skip(f"this Python has no shared library: {library}")
    command = ["nm", "-D", "--defined-only", str(library)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    rows = [line.split() for line in said.splitlines()]
    return {row[2].partition("@")[0] for row in rows if row[1] in "TW"}


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda path: path.name)
def test_every_function_that_a_library_exports_has_a_row(library: Path) -> None:
    names = {name for name in exported(library) if re.match(r"_?Py", name)}

    assert len(names) > 1000
    assert names - set(functions()) == set()


@pytest.mark.parametrize("column", VALUES)
def test_a_column_holds_its_own_words(column: str) -> None:
    assert {getattr(row, column) for row in functions().values()} <= VALUES[column]


def test_every_row_names_pythons_and_what_it_steals() -> None:
    for row in functions().values():
        assert all(VERSION.fullmatch(each) for each in row.pythons.split(" ")), row
        assert re.fullmatch(r"(\w+( \w+)*)?", row.steals), row


def test_rows_are_in_order_and_each_name_is_there_once() -> None:
    text = (files("pynodes.contract") / "functions.tsv").read_text(encoding="utf-8")
    names = [line.partition("\t")[0] for line in text.splitlines()[2:]]

    assert names == sorted(set(names))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("PyGILState_Ensure", {"attach": "ensures", "own_gil": "no", "pythons": "3.11-3.15"}),
        ("PyThreadState_EnsureFromView", {"attach": "ensures", "pythons": "3.15"}),
        ("PyEval_SaveThread", {"attach": "saves"}),
        ("PyEval_ReleaseLock", {"attach": "breaks"}),
        ("PyList_GetItem", {"attach": "needs", "result": "borrowed", "threads": "compatible"}),
        ("PyList_SetItem", {"steals": "item"}),
        ("PyDict_SetItem", {"steals": ""}),
        ("PyDict_GetItemRef", {"pythons": "3.13-3.15"}),
        ("PyObject_CallObject", {"result": "new", "inside": "runs"}),
        ("Py_DECREF", {"attach": "needs", "inside": "runs"}),
        ("PyErr_SetInterruptEx", {"attach": "either", "handler": "yes"}),
        ("PyMem_RawMalloc", {"attach": "either", "outside": "before after"}),
        ("PyMem_Malloc", {"attach": "needs"}),
        ("PyMutex_Lock", {"attach": "either", "inside": "detaches"}),
        ("PyPreConfig_InitPythonConfig", {"attach": "either", "outside": "before"}),
        ("Py_BEGIN_ALLOW_THREADS", {"attach": "saves", "form": "macro"}),
        ("_PyEval_EvalFrameDefault", {"attach": "unknown"}),
    ],
)
def test_a_row_says_what_the_manual_says(name: str, said: dict[str, str]) -> None:
    row = functions()[name]

    assert {column: getattr(row, column) for column in said} == said


def test_every_exception_has_a_source_and_is_of_a_function_that_exists() -> None:
    text = (files("pynodes.contract") / "exceptions.toml").read_text(encoding="utf-8")
    for entry in tomllib.loads(text)["exception"]:
        assert entry["source"], entry["names"]
        assert set(entry) <= {"names", "source", *Function._fields}
        assert any(fnmatchcase(row, name) for name in entry["names"] for row in functions())


def test_every_way_to_attach_has_a_meaning_and_a_function() -> None:
    assert list(MEANINGS) == list(Attach)
    assert all(that(attach) for attach in Attach)


def test_docs_say_what_the_list_says() -> None:
    command = [sys.executable, str(ROOT / "tools" / "make" / "contract.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
