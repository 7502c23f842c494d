"""Frames of binding libraries, and the words of their users: on recorded evidence, where a library
is not at hand, and on the table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from judging import findings
from recordings import text_of

from pynodes.diagnose.libraries import LIBRARIES, PLAIN, library_of

FOLDER = Path(__file__).parent / "bindings"
EXPECTED = {
    "pybind11-call": ("label", 12, ("drop py::call_guard<", "where label is bound", "or py::gil_")),
    "pybind11-wait": ("Feed::wait", 44, ("py::gil_scoped_release",)),
    "pybind11-check": ("operator()", 7, ("py::gil_scoped_acquire",)),
    "nanobind-call": ("label", 10, ("drop nb::call_guard<", "nb::gil_scoped_acquire")),
    "cython-wait": ("run", 22, ("`with nogil:`", "cy.pyx:22")),
    "cffi-call": ("tally", 585, ("cffi detaches",)),
    "ctypes-call": ("tally", 5, ("ctypes.PyDLL",)),
    "swig-call": ("note", 20, ("SWIG_PYTHON_THREAD_BEGIN_BLOCK", "%nothread")),
}


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", EXPECTED)
def test_users_line_is_named_in_the_words_of_the_library(name: str) -> None:
    function, line, words = EXPECTED[name]

    (found,) = findings(recorded(name))

    assert found.place is not None
    assert (found.place.function, found.place.line) == (function, line)
    assert all(word in found.help for word in words), found.help
    assert "Py_BEGIN_ALLOW_THREADS" not in found.help
    assert (FOLDER / f"{name}.json").read_text("utf-8") == text_of(recorded(name)) + "\n"


@pytest.mark.parametrize("name", EXPECTED)
def test_chain_shows_the_users_frames_whole_and_little_of_the_library(name: str) -> None:
    (found,) = findings(recorded(name))

    for _, _, stack in found.facts:
        calls = stack.split(" <- ")
        assert all(call.count("<") == call.count(">") for call in calls), stack
        assert sum("bind" in call for call in calls) <= 1, stack


def test_wrapper_of_rust_is_stepped_over_and_its_words_are_used() -> None:
    raw = recorded("cython-wait")
    renamed = {
        "__pyx_pf_2cy_run": "stock::run",
        "__pyx_pw_2cy_1run": "stock::__pyfunction_run",
        "__Pyx_CyFunction_Vectorcall_NOARGS": "pyo3::impl_::trampoline::trampoline",
    }
    for frame in raw["threads"][0]["frames"]:
        if frame["function"] in renamed:
            frame |= {"function": renamed[frame["function"]], "file": "/home/you/src/lib.rs"}
            frame.pop("written", None)

    (found,) = findings(raw)

    assert found.place is not None
    assert found.place.function == "stock::run"
    assert "py.detach" in found.help


def test_what_is_bound_directly_stands_for_the_program() -> None:
    """`m.def("wait", &library::wait)`: no frame is the program's."""
    raw = recorded("pybind11-wait")
    frames = raw["threads"][0]["frames"]
    at = next(i for i, frame in enumerate(frames) if frame["function"] == "Feed::wait")
    del frames[at]

    (found,) = findings(raw)

    assert found.family == "wait-while-attached"
    assert found.place is not None
    assert found.place.function.startswith("pybind11::")
    assert "py::gil_scoped_release" in found.help


@pytest.mark.parametrize(
    ("function", "file", "module", "library"),
    [
        ("pybind11::detail::type_caster<Item>::load", "/home/you/item.cpp", "/x/m.so", ""),
        ("pybind11::detail::type_caster<Item>::load", "", "/x/m.so", "pybind11"),
        ("label", "/usr/include/pybind11/cast.h", "/x/m.so", "pybind11"),
        ("nb_func_vectorcall", "/x/nanobind/src/nb_func.cpp", "/x/m.so", "nanobind"),
        ("boost::python::detail::invoke<int>", "", "/x/m.so", "Boost.Python"),
        ("_wrap_total", "/x/stock_wrap.c", "/x/_m.so", "SWIG"),
        ("_cffi_f_total", "/x/m.c", "/x/m.so", "cffi"),
        (
            "general_invoke_callback",
            "/x/c/_cffi_backend.c",
            "/x/_cffi_backend.cpython-313.so",
            "cffi",
        ),
        ("pyo3::marker::Python::detach", "/c/pyo3-0.26/src/marker.rs", "/x/m.so", "PyO3"),
        ("total", "/home/you/total.cpp", "/x/m.so", ""),
        ("PyList_New", "/x/Objects/listobject.c", "/x/libpython3.13.so", ""),
    ],
)
def test_frame_is_of_the_library(function: str, file: str, module: str, library: str) -> None:
    found = library_of(function, file, module)

    assert (found.name if found else "") == library


@pytest.mark.parametrize("library", [*LIBRARIES, PLAIN], ids=lambda library: library.name)
def test_words_name_the_place(library: Any) -> None:
    wait, call = library.wait(" at a.c:1"), library.call(" at a.c:2", "total", guarded=True)

    assert "{" not in wait + call
    assert library.name == "ctypes" or " at a.c:1" in wait
    assert " at a.c:2" in call
