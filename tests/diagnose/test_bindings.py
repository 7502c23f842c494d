"""`pynodes diagnose` on modules that a library binds: the user's line, in the library's words."""

from __future__ import annotations

import sys
import sysconfig
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import bindings
import pytest
import victims
from diagnosing import Answer, Begin

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

pytestmark = [
    pytest.mark.usefixtures("has_collector"),
    pytest.mark.skipif(FREE_THREADED, reason="no harm comes of it without a GIL"),
]


@dataclass(frozen=True)
class Case:
    """What is called; where the mistake is, empty for a right use; what the help has in it."""

    library: str
    call: str
    function: str = ""
    file: str = ""
    line: str = ""
    family: str = ""
    help: tuple[str, ...] = ()


JOIN, BARE = "wait-while-attached", "call-without-attaching"
CASES = {
    case.library + "-" + (case.function or "right") + "-" + str(number): case
    for number, case in enumerate(
        [
            Case("pybind11", "[m.label(i) for i in range(10000)]", "(anonymous namespace)::label",
                 "pybind11_stock.cpp", 'py::str("item "', BARE,
                 ("drop py::call_guard<py::gil_scoped_release>()", "py::gil_scoped_acquire")),
            Case("pybind11", "m.total(lambda i: 1.0, 9)", "(anonymous namespace)::total<...>",
                 "pybind11_stock.cpp", "worker.join()", JOIN, ("py::gil_scoped_release",)),
            Case("pybind11", "m.label_right(1); m.total_right(lambda i: 1.0, 9)"),
            Case("nanobind", "[m.label(i) for i in range(10000)]", "(anonymous namespace)::label",
                 "nanobind_stock.cpp", 'nb::str(("item "', BARE,
                 ("drop nb::call_guard<nb::gil_scoped_release>()", "nb::gil_scoped_acquire")),
            Case("nanobind", "m.total(lambda i: 1.0, 9)", "(anonymous namespace)::total<...>",
                 "nanobind_stock.cpp", "worker.join()", JOIN, ("nb::gil_scoped_release",)),
            Case("nanobind", "m.label_right(1); m.total_right(lambda i: 1.0, 9)"),
            Case("cython", "m.Shop().total()", "Shop.total", "cython_stock.pyx",
                 "pthread_join(thread, NULL)  # WRONG", JOIN, ("`with nogil:`",)),
            Case("cython", "m.label(10000)", "fill", "cython_stock.pyx", "PyList_New(1)", BARE,
                 ("`with gil:`",)),
            Case("cython", "m.label_right(9); m.Shop().total_right()"),
            Case("swig", "m.total(9)", "total", "stock.c", "pthread_join", JOIN,
                 ("SWIG_PYTHON_THREAD_BEGIN_ALLOW", "-threads")),
            Case("swig", "m.tally(9)"),
            Case("swig-threads", "m.tally(100000)", "tally", "stock.c", "", BARE,
                 ("SWIG_PYTHON_THREAD_BEGIN_BLOCK", "%nothread")),
            Case("swig-threads", "m.total(9)"),
            Case("cffi", "m.lib.tally(100000)", "tally", "stock.c", "", BARE, ("cffi detaches",)),
            Case("cffi", "m.lib.total(9)"),
            Case("ctypes", "ctypes.CDLL(m).tally(100000)", "tally", "stock.c", "", BARE,
                 ("ctypes.PyDLL", "not CDLL")),
            Case("ctypes", "ctypes.PyDLL(m).total(9)", "total", "stock.c", "pthread_join", JOIN,
                 ("ctypes.CDLL", "not PyDLL")),
            Case("ctypes", "ctypes.PyDLL(m).tally(9); ctypes.CDLL(m).total(9)"),
            Case("boost", "m.label(10000)", "(anonymous namespace)::label", "boost_stock.cpp",
                 'bp::str("item "', BARE, ("PyGILState_Ensure",)),
            Case("boost", "m.total(lambda i: 1.0, 9)", "(anonymous namespace)::total",
                 "boost_stock.cpp", "worker.join()", JOIN, ("Py_BEGIN_ALLOW_THREADS",)),
            Case("boost", "m.label_right(9); m.total_right(lambda i: 1.0, 9)"),
            Case("pyo3", "m.label(10000)", "pyo3_stock::sizes::{closure#0}", "pyo3_stock.rs",
                 "PyList::new", BARE, ("Python::attach",)),
            Case("pyo3", "m.total(lambda i: 1.0, 9)", "pyo3_stock::total", "pyo3_stock.rs",
                 "worker.join()", JOIN, ("py.detach",)),
            Case("pyo3", "m.label_right(9); m.total_right(lambda i: 1.0, 9)"),
        ]
    )
}  # fmt: skip


def _script(folder: Path, case: Case, suffix: str) -> str:
    if case.library == "ctypes":
        return f"import ctypes; m = {str(folder / f'ctypes_stock{suffix}')!r}; {case.call}"
    name = f"{case.library.split('-')[0]}_stock"
    return f"import sys; sys.path.insert(0, {str(folder)!r}); import {name} as m; {case.call}"


@pytest.fixture(scope="module")
def answers(kit: victims.Kit, begin: Begin) -> dict[str, Future[Answer] | str]:
    """All diagnoses, begun at once; or why a library's modules cannot be built."""
    found: dict[str, Future[Answer] | str] = {}
    suffix = victims.extension_suffix(kit)
    for name, case in CASES.items():
        try:
            script = _script(bindings.build(kit, case.library), case, suffix)
        except bindings.NotHereError as error:
            found[name] = str(error)
        else:
            found[name] = begin("--limit", "20", "--", sys.executable, "-c", script)
    return found


@pytest.mark.parametrize("name", CASES)
def test_module_is_blamed_at_its_own_line_in_the_words_of_its_library(
    name: str, answers: dict[str, Future[Answer] | str]
) -> None:
    case, answer = CASES[name], answers[name]
    if isinstance(answer, str):
        pytest.skip(answer)
    result = answer.result()
    if not case.function:
        assert (result.status, result.findings) == (0, []), str(result)
        return

    first = result.findings[0]
    marked = next(s["text"] for s in first["source"] if s["line"] == first["line"])

    assert (first["family"], first["function"]) == (case.family, case.function), str(result)
    assert Path(first["file"]).name == case.file
    assert case.line in marked
    assert all(words in first["help"] for words in case.help), first["help"]
