"""What pynodes_check.h costs a program: the same extension module with and without it, in one run.

    .venv/bin/python tools/bench/header.py

Prints medians of paired ratios: of a loop that only counts references, and of one that makes
numbers, stores them in a list and compares them. Run it under `pynodes diagnose --` for what it
costs there.
"""

from __future__ import annotations

import importlib
import os
import shlex
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

from pynodes.diagnose.header import cflags

ROUNDS = 31
LOOPS = {"count": 3_000_000, "work": 300_000}
SOURCE = """
#include <Python.h>
#include <time.h>

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec * 1e9 + (double)at.tv_nsec;
}

static PyObject *count(PyObject *self, PyObject *times)
{
    long n = PyLong_AsLong(times);
    PyObject *object = PyList_New(0);
    double begin = now();
    for (long i = 0; i < n; i++) {
        Py_INCREF(object);
        __asm__ volatile("" ::"r"(object) : "memory");
        Py_DECREF(object);
    }
    double took = now() - begin;
    Py_DECREF(object);
    return PyFloat_FromDouble(took / (double)n);
}

static PyObject *work(PyObject *self, PyObject *times)
{
    long n = PyLong_AsLong(times);
    PyObject *list = PyList_New(0);
    double begin = now();
    for (long i = 0; i < n; i++) {
        PyObject *number = PyLong_FromLong(i + 1000);
        PyList_Append(list, number);
        Py_DECREF(number);
        PyObject *other = Py_NewRef(PyList_GetItem(list, i / 2));
        PyObject_RichCompareBool(other, number, Py_EQ);
        Py_DECREF(other);
    }
    double took = now() - begin;
    Py_DECREF(list);
    return PyFloat_FromDouble(took / (double)n);
}

static PyMethodDef methods[] = {{"count", count, METH_O, 0}, {"work", work, METH_O, 0}, {0}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, "NAME", NULL, 0, methods};
PyMODINIT_FUNC PyInit_NAME(void)
{
    return PyModuleDef_Init(&module);
}
"""


def build(folder: Path, name: str, *flags: str) -> None:
    source = folder / f"{name}.c"
    source.write_text(SOURCE.replace("NAME", name))
    compiler = shlex.split(os.environ.get("CC", "cc"))
    command = [*compiler, "-O2", "-w", "-fPIC", "-shared", *flags]
    command += [f"-I{sysconfig.get_path('include')}", str(source), "-o", str(folder / f"{name}.so")]
    subprocess.run(command, check=True)


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        build(Path(name), "plain")
        build(Path(name), "asks", *cflags())
        sys.path.insert(0, name)
        plain, asks = (importlib.import_module(each) for each in ("plain", "asks"))
        print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, {os.uname().machine}")
        for loop, times in LOOPS.items():
            pairs = [
                (getattr(plain, loop)(times), getattr(asks, loop)(times)) for _ in range(ROUNDS)
            ]
            ratio = statistics.median(with_it / without for without, with_it in pairs)
            without, with_it = (statistics.median(column) for column in zip(*pairs, strict=True))
            print(f"{loop:<6} {ratio:5.2f}  {without:.2f} ns a turn, {with_it:.2f} ns with it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
