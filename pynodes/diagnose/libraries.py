"""The libraries that bind programs to Python: how their frames are known, and their own words."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """One library.

    `files`, `functions`, `modules`: patterns of its frames; a file that is known decides alone.
    `detach` and `attach` are what its users write; `{at}` stands for the place. `guard` is what has
    to go when a function was bound with it, `{function}` being that function. `checks`: functions
    that give up on a thread that is not attached.
    """

    name: str
    detach: str
    attach: str
    files: str = ""
    functions: str = ""
    modules: str = ""
    guard: str = ""
    checks: str = ""

    def has(self, function: str, file: str, module: str) -> bool:
        """Whether a frame is the library's own, or written by it."""
        if file and self.files:
            return bool(re.search(self.files, file))
        return any(
            pattern and re.search(pattern, text)
            for pattern, text in ((self.functions, function), (self.modules, module))
        )

    def gives_up_in(self, function: str) -> bool:
        return bool(self.checks and re.search(self.checks, function))

    def wait(self, place: str) -> str:
        """How not to wait attached."""
        return self.detach.format(at=place)

    def call(self, place: str, function: str, *, guarded: bool = False) -> str:
        """How not to call Python detached."""
        text = self.attach.format(at=place)
        if guarded and self.guard:
            return f"{self.guard.format(function=function or 'the function')}, or {text}"
        return text


def _cxx(namespace: str, *, extra: str = "") -> dict[str, str]:
    release = f"{namespace}::gil_scoped_release"
    return {
        "detach": f"{release} in a scope of its own around the wait{{at}}{extra}",
        "attach": f"{namespace}::gil_scoped_acquire in a scope around the call{{at}}",
        "guard": f"drop {namespace}::call_guard<{release}>() where {{function}} is bound",
    }


PLAIN = Library(
    "CPython",
    "wrap the wait{at} in Py_BEGIN_ALLOW_THREADS / Py_END_ALLOW_THREADS",
    "PyGILState_Ensure before the call{at}, PyGILState_Release on every way out",
)
CYTHON = Library(
    "Cython",
    "put the wait{at} into a `with nogil:` block",
    "put the call{at} into a `with gil:` block; an `extern` declaration of Python's is not `nogil`",
    functions=r"^__(pyx|Pyx)_",
)
CTYPES = Library(
    "ctypes",
    "call the library through ctypes.CDLL, which detaches for the call, not PyDLL",
    "call the library through ctypes.PyDLL, which stays attached for the call, not CDLL; or"
    " PyGILState_Ensure before the call{at}",
    functions=r"^(_ctypes_callproc|_call_function_pointer|PyCFuncPtr_call|_CallPythonObject)$",
    modules=r"/_ctypes\.[^/]*so",
)
LIBRARIES = (
    Library(
        "pybind11",
        **_cxx("py"),
        files=r"/pybind11/([\w.-]+/)*[\w.-]+\.h$",
        functions=r"^pybind11::",
        checks=r"^pybind11::handle::(inc_ref|dec_ref|throw_gilstate_error)$",
    ),
    Library(
        "nanobind",
        **_cxx("nb"),
        files=r"/nanobind/([\w.-]+/)*[\w.-]+\.(h|cpp)$",
        functions=r"^nanobind::",
        checks=r"^nanobind::detail::(incref|decref)_check(ed)?$",
    ),
    Library(
        "Boost.Python",
        PLAIN.detach,
        PLAIN.attach,
        files=r"/boost/python/|/libs/python/src/",
        functions=r"^boost::python::",
        modules=r"/libboost_python",
    ),
    CYTHON,
    CTYPES,
    Library(
        "cffi",
        PLAIN.detach,
        "PyGILState_Ensure before the call{at}, PyGILState_Release on every way out: cffi detaches"
        " for each call; or a callback, which attaches by itself",
        functions=r"^_cffi_",
        modules=r"/_cffi_backend\.",
    ),
    Library(
        "SWIG",
        "SWIG_PYTHON_THREAD_BEGIN_ALLOW before the wait{at}, SWIG_PYTHON_THREAD_END_ALLOW after it;"
        " or `swig -threads`, which detaches for each call",
        "SWIG_PYTHON_THREAD_BEGIN_BLOCK before the call{at}, SWIG_PYTHON_THREAD_END_BLOCK after it;"
        " or %nothread for the function",
        functions=r"^(_wrap_|_?SWIG_|SwigPy|swig::|swig_)",
    ),
    Library(
        "PyO3",
        "py.detach(|| ...) around the wait{at} (allow_threads before 0.26)",
        "Python::attach(|py| ...) around the call{at} (with_gil before 0.26)",
        functions=r"^<?(&?(mut )?)?pyo3(_ffi|_macros)?::|::__py(function|method)_\w+",
    ),
)


def library_of(function: str, file: str, module: str) -> Library | None:
    """Whose frame it is, of those that the program did not write."""
    return next((known for known in LIBRARIES if known.has(function, file, module)), None)


def by_name(name: str) -> Library:
    return next(known for known in (*LIBRARIES, PLAIN) if known.name == name)
