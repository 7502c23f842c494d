"""Builds the modules of tests/victims/bindings, each with the library that binds it."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import victims

_BUILT = "built"
DEBIAN_CRATES = Path("/usr/share/cargo/registry")
FOLDER = victims.VICTIMS / "bindings"


class NotHereError(Exception):
    """The library is not installed; the text says which."""


def build(kit: victims.Kit, library: str) -> Path:
    """A folder with the module `LIBRARY_stock`, and its sources where they were compiled."""
    out = kit.folder / f"bindings-{library}"
    if not (out / _BUILT).exists():
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(FOLDER, out)
        _BUILDERS[library](kit, out)
        (out / _BUILT).touch()
    return out


def _pybind11(kit: victims.Kit, folder: Path) -> None:
    _compile(kit, folder, "pybind11", ["pybind11_stock.cpp"], f"-I{_home('pybind11')}/include")


def _nanobind(kit: victims.Kit, folder: Path) -> None:
    home = _home("nanobind")
    includes = [f"-I{home}/include", f"-I{home}/ext/robin_map/include", "-fno-strict-aliasing"]
    sources = ["nanobind_stock.cpp", f"{home}/src/nb_combined.cpp"]
    _compile(kit, folder, "nanobind", sources, *includes)


def _cython(kit: victims.Kit, folder: Path) -> None:
    _home("Cython")
    _run(folder, sys.executable, "-m", "cython", "-3", "cython_stock.pyx")
    _compile(kit, folder, "cython", ["cython_stock.c"])


def _swig(kit: victims.Kit, folder: Path) -> None:
    _wrap(kit, folder, "swig")


def _swig_threads(kit: victims.Kit, folder: Path) -> None:
    _wrap(kit, folder, "swig", "-threads")


def _wrap(kit: victims.Kit, folder: Path, *swig: str) -> None:
    if shutil.which("swig") is None:
        raise NotHereError("swig is not installed")
    _run(folder, *swig, "-python", "stock.i")
    _compile(kit, folder, "_swig", ["stock.c", "stock_wrap.c"])


def _boost(kit: victims.Kit, folder: Path) -> None:
    """Its library is of one Python: `libboost_python311` on Debian."""
    version = "".join(kit.facts["version"].split(".")[:2])
    try:
        _compile(kit, folder, "boost", ["boost_stock.cpp"], f"-lboost_python{version}")
    except subprocess.CalledProcessError as error:
        missing = ("boost/python.hpp: No such file", "cannot find -lboost_python")
        if any(words in error.stderr for words in missing):
            raise NotHereError("Boost.Python is not installed for this Python") from None
        raise


def _pyo3(kit: victims.Kit, folder: Path) -> None:
    """Nothing is fetched: crates are those of Debian, or what cargo has by itself."""
    if shutil.which("cargo") is None:
        raise NotHereError("cargo is not installed")
    command = ["cargo", "build", "--offline", "--target-dir", "target"]
    if any(DEBIAN_CRATES.glob("pyo3-[0-9]*")):
        command += ["--config", 'source.crates-io.replace-with="debian"']
        command += ["--config", f'source.debian.directory="{DEBIAN_CRATES}"']
    try:
        _run(folder, *command, PYO3_PYTHON=kit.python)
    except subprocess.CalledProcessError as error:
        if "no matching package" in error.stderr or "failed to select a version" in error.stderr:
            raise NotHereError("cargo has no PyO3 0.26 or later, offline") from None
        raise
    built = folder / "target" / "debug" / "libpyo3_stock.so"
    shutil.copy(built, folder / f"pyo3_stock{victims.extension_suffix(kit)}")


def _cffi(kit: victims.Kit, folder: Path) -> None:
    _home("cffi")
    _home("setuptools")
    _run(folder, sys.executable, "cffi_stock.py", str(folder))


def _ctypes(kit: victims.Kit, folder: Path) -> None:
    _compile(kit, folder, "ctypes", ["stock.c"])


_BUILDERS = {
    "pybind11": _pybind11,
    "nanobind": _nanobind,
    "cython": _cython,
    "swig": _swig,
    "swig-threads": _swig_threads,
    "cffi": _cffi,
    "ctypes": _ctypes,
    "boost": _boost,
    "pyo3": _pyo3,
}


def _home(package: str) -> str:
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise NotHereError(f"{package} is not installed")
    return str(Path(spec.origin).parent)


def _compile(kit: victims.Kit, folder: Path, name: str, sources: list[str], *flags: str) -> None:
    is_cxx = sources[0].endswith(".cpp")
    compiler = shlex.split(os.environ.get("CXX", "c++") if is_cxx else os.environ.get("CC", "cc"))
    if shutil.which(compiler[0]) is None:
        raise NotHereError(f"no compiler, {compiler[0]}")
    words = [
        "-g",
        "-O0" if is_cxx else "-O1",
        "-w",
        "-pthread",
        "-shared",
        "-fPIC",
        "-fvisibility=hidden",
    ]
    visible = [] if is_cxx else ["-fvisibility=default"]
    words += [*visible, f"-I{kit.facts['include']}"]
    out = f"{name}_stock{victims.extension_suffix(kit)}"
    _run(folder, *compiler, *words, *sources, *flags, "-o", out)


def _run(folder: Path, *command: str, **more: str) -> None:
    paths = os.pathsep.join(filter(None, sys.path))
    environ = {**os.environ, "PYTHONPATH": paths, "LC_ALL": "C", **more}
    subprocess.run(
        command, cwd=folder, env=environ, check=True, capture_output=True, text=True, timeout=300
    )
