"""`pynodes lint --emit-annotations`: what it says of functions, and what clang makes of that."""

from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from pynodes.lint.reading import annotated_header
from pynodes.lint.sources import Source

pytest.importorskip("clang.cindex", reason="libclang is not installed: pip install pynodes[lint]")

NAMES = ("clang", *(f"clang-{n}" for n in range(30, 13, -1)))
CLANG = next(filter(None, map(shutil.which, NAMES)), "")
HEADERS = ("-isystem", sysconfig.get_path("include"))
PROGRAM = """#include <Python.h>
#include <pthread.h>
long weigh(PyObject *item) { return PyLong_AsLong(item); }
void log_line(const char *text)
{
    PyGILState_STATE state = PyGILState_Ensure();
    PySys_WriteStdout("%s", text);
    PyGILState_Release(state);
}
void come_in(PyThreadState *state) { PyEval_RestoreThread(state); }
PyThreadState *go_out(void) { return PyEval_SaveThread(); }
long visit(PyThreadState *state, PyObject *item)
{
    come_in(state);
    long found = weigh(item);
    go_out();
    return found;
}
void wait_for(pthread_t thread) { pthread_join(thread, NULL); }
int plain(int n) { return n + 1; }
"""
SAID = {
    "weigh": "ATTACHED",
    "log_line": "EITHER",
    "come_in": "ATTACHES",
    "go_out": "DETACHES",
    "visit": "DETACHED",
    "wait_for": "MAY_BLOCK",
    "PyLong_AsLong": "ATTACHED",
    "PyGILState_Ensure": "ATTACHES",
    "PyEval_SaveThread": "DETACHES",
}
# Functions for which clang needs no more than what is said of those that they call.
WRONG = """
long between(PyThreadState *state, PyObject *item)
{
    come_in(state);
    go_out();
    return weigh(item); /* wrong */
}
void stays(PyThreadState *state, int is_quick)
{
    come_in(state);
    if (is_quick)
        return;
    go_out();
} /* wrong */
"""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def header_of(path: Path) -> str:
    return "".join(annotated_header([Source(path, HEADERS)]))


def warnings_of(path: Path, header: Path) -> set[int]:
    """The lines that clang names."""
    command = [CLANG, "-fsyntax-only", "-Wthread-safety", "-Werror=implicit", *HEADERS]
    done = subprocess.run(
        [*command, "-include", str(header), str(path)], capture_output=True, text=True, check=True
    )
    return {int(n) for n in re.findall(rf"{path.name}:(\d+):\d+: warning", done.stderr)}


def test_each_function_is_said_to_ask_what_it_asks(tmp_path: Path) -> None:
    path = tmp_path / "program.c"
    path.write_text(PROGRAM)
    text = header_of(path)

    said = re.findall(r"^PYNODES_(\w+) .*?\((\w+)\)\(", text, re.M)
    found = {name: word for word, name in said}
    assert {name: found.get(name) for name in SAID} == SAID
    assert "plain" not in found


@pytest.mark.skipif(not CLANG, reason="no clang")
def test_clang_says_the_same_of_it(tmp_path: Path) -> None:
    right, wrong, header = (tmp_path / name for name in ("right.c", "wrong.c", "said.h"))
    right.write_text(PROGRAM)
    header.write_text(header_of(right))
    wrong.write_text(PROGRAM + WRONG)
    marked = {n for n, line in enumerate(wrong.read_text().splitlines(), 1) if "wrong */" in line}

    assert warnings_of(right, header) == set()
    assert warnings_of(wrong, header) >= marked


def test_a_compiler_that_is_not_clang_sees_nothing(tmp_path: Path) -> None:
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("no gcc")
    path, header = tmp_path / "program.c", tmp_path / "said.h"
    path.write_text(PROGRAM)
    header.write_text(header_of(path))
    command = [compiler, "-fsyntax-only", "-Wall", "-Werror", *HEADERS, "-include", str(header)]

    subprocess.run([*command, str(path)], check=True)


@pytest.mark.skipif(not CLANG, reason="no clang")
@pytest.mark.parametrize("language", ["c", "c++"])
def test_the_macros_are_what_clang_takes(tmp_path: Path, language: str) -> None:
    macros = Path(__file__).parents[3] / "pynodes" / "_template" / "pynodes_attach.h"
    path = tmp_path / "own.c"
    path.write_text(
        f'#include "{macros}"\n'
        "PN_ATTACHED void score(void);\nPN_DETACHED void send_all(void);\n"
        "PN_ATTACHES void come_in(void);\nPN_DETACHES void go_out(void);\n"
        "PN_EITHER void f(void);\nPN_MAY_BLOCK void wait_long(void);\n"
        "void g(void)\n{\n    f();\n    score();\n    come_in();\n    score();\n"
        "    send_all();\n    wait_long();\n    go_out();\n    send_all();\n}\n"
    )
    command = [CLANG, "-x", language, "-fsyntax-only", "-Wthread-safety", str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr

    assert {int(n) for n in re.findall(r"own\.c:(\d+):\d+: warning", said)} == {11, 14, 15}
