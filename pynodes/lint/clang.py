"""libclang, from the extra `lint`: a file with its flags becomes a tree."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pynodes.errors import PynodesError

CPLUSPLUS = (".cpp", ".cc", ".cxx", ".C", ".hpp", ".hh", ".hxx")
_FATAL = 4
_OWN = Path(__file__).with_name("headers")  # before those of the compiler, which may be another's
_COMPILERS = re.compile(r"/lib(?:64)?/(?:gcc|clang)/")
_PYTHON_HEADERS = re.compile(r"/python3\.\d+[td]*/(?!.*site-packages)|/Include/[\w/]+\.h$")


class NoClangError(PynodesError):
    """libclang is not installed, or is too old."""


@functools.cache
def cindex() -> Any:
    """The module `clang.cindex`. Raises NoClangError."""
    try:
        from clang import cindex as module
    except ImportError:
        raise NoClangError(
            "libclang is not installed", help="pip install 'pynodes[lint]'"
        ) from None
    lib = module.conf.lib
    if not hasattr(lib, "clang_getCursorBinaryOperatorKind"):
        raise NoClangError("libclang is older than 17", help="pip install -U libclang")
    for name in ("clang_getCursorBinaryOperatorKind", "clang_getCursorUnaryOperatorKind"):
        getattr(lib, name).argtypes = [module.Cursor]
    from ctypes import c_int, c_longlong, c_uint, c_void_p

    lib.clang_Cursor_isFunctionInlined.argtypes = [module.Cursor]
    lib.clang_Cursor_isFunctionInlined.restype = c_uint

    lib.clang_Cursor_Evaluate.argtypes = [module.Cursor]
    lib.clang_Cursor_Evaluate.restype = c_void_p
    lib.clang_EvalResult_getKind.argtypes = [c_void_p]
    lib.clang_EvalResult_getKind.restype = c_int
    lib.clang_EvalResult_getAsLongLong.argtypes = [c_void_p]
    lib.clang_EvalResult_getAsLongLong.restype = c_longlong
    lib.clang_EvalResult_dispose.argtypes = [c_void_p]
    lib.clang_EvalResult_dispose.restype = None
    return module


def evaluated(cursor: Any) -> int | None:
    """The whole number that an expression is, if it is one."""
    lib = cindex().conf.lib
    result = lib.clang_Cursor_Evaluate(cursor)
    if not result:
        return None
    try:
        is_whole = lib.clang_EvalResult_getKind(result) == 1
        return int(lib.clang_EvalResult_getAsLongLong(result)) if is_whole else None
    finally:
        lib.clang_EvalResult_dispose(result)


def is_inline(cursor: Any) -> bool:
    """Whether a function of C says that it is a part of its callers."""
    unit = str(cursor.translation_unit.spelling)
    return not unit.endswith(CPLUSPLUS) and bool(
        cindex().conf.lib.clang_Cursor_isFunctionInlined(cursor)
    )


@functools.cache
def system_folders(language: str) -> tuple[str, ...]:
    """Where the compiler at hand looks for headers: libclang brings none."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        return ()
    command = [compiler, "-E", "-v", "-x", language, os.devnull]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    part = done.stderr.partition("search starts here:")[2].partition("End of search list")[0]
    return tuple(line.strip() for line in part.splitlines() if line.startswith(" /"))


def parse(path: Path, flags: Sequence[str], folder: Path | None = None) -> Any:
    """The translation unit of a file.

    Raises:
        PynodesError: it cannot be read at all.
    """
    module = cindex()
    language = "c++" if path.suffix in CPLUSPLUS or "c++" in flags else "c"
    arguments = [*flags, "-ferror-limit=0", "-w"]
    if folder is not None:
        arguments.append(f"-working-directory={folder}")
    own = (str(_OWN),) if language == "c" else ()
    for each in (*own, *system_folders(language)):
        arguments += ["-isystem", each]
    try:
        return module.Index.create().parse(str(path), args=arguments)
    except module.TranslationUnitLoadError:
        raise PynodesError(
            "the file cannot be parsed",
            str(path),
            help="check that it is C or C++, and its flags: pynodes lint FILE -- CFLAGS",
        ) from None


def errors_of(unit: Any) -> list[str]:
    """What keeps it from being understood; not what a compiler's own headers have of their own,
    such as functions for one instruction."""
    found = [each for each in unit.diagnostics if each.severity >= _FATAL - 1]
    found = [each for each in found if not _COMPILERS.search(str(each.location.file))]
    return [f"{each.location.file}:{each.location.line}: {each.spelling}" for each in found]


def is_pythons(file: str) -> bool:
    """Whether a header is one of Python's own."""
    return bool(_PYTHON_HEADERS.search(file))
