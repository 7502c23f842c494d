"""Whose a native frame is: Python's, the system's, a binding library's, or the program's own."""

from __future__ import annotations

import re
import signal
from dataclasses import replace
from itertools import groupby

from pynodes.diagnose.evidence.frames import Frame
from pynodes.diagnose.generated import is_written
from pynodes.diagnose.libraries import CTYPES, CYTHON, library_of
from pynodes.diagnose.look.frames import Frames

_SYSTEM = re.compile(
    r"/(libc|libpthread|libm|libdl|librt|ld-linux[\w-]*|ld|libstdc\+\+|libgcc_s|libffi|linux-vdso"
    r"|libasan|libtsan|libubsan)[-.\d]*(\.so|$)|\[vdso\]|^linux-vdso|system-supplied DSO"
)
_PYTHON_HEADERS = re.compile(r"/python3\.\d+[td]*/[\w/]+\.h$")
_LIBPYTHON = re.compile(r"/libpython[\d.]+[a-z]*\.so|/lib-dynload/")
WITNESS = "libpynodes-witness"
FATAL = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}
_PYTHON_PROGRAM = re.compile(r"/python[\d.]*[a-z]*$")
_PYTHON_SOURCE = re.compile(r"(^|/)(Python|Objects|Modules|Parser|Include)/[\w/]+\.[ch]$")
_PYTHON_NAME = re.compile(r"_?Py[A-Z_]\w*$|_Py\w+$")
_HEADERS = re.compile(r"^/usr/(include|lib/gcc)/|/c\+\+/v?\d+[\w/.]*$|^/rustc/|/rustlib/src/")
# what the compiler makes of such headers, where no file is known
_OF_HEADERS = re.compile(r"<?(std|__gnu_cxx|__cxxabiv1|core|alloc)::")


def origin_of(function: str, file: str, module: str, *, home: str, program: str) -> str:
    """`python`, `system`, `glue` (of a library that binds programs to Python) or `program`.

    `home` is the file that Python is in, `program` that of the process.
    """
    if _SYSTEM.search(module):
        return "system"
    library = library_of(function, file, module)
    if library is CYTHON and is_written(function):
        return "program"
    if library is not None and library is not CTYPES:
        return "glue"
    if _HEADERS.search(file) or (not file and _OF_HEADERS.match(function)):
        return "system"
    if _LIBPYTHON.search(module) or WITNESS in module or _PYTHON_HEADERS.search(file):
        return "python"
    if home and (module or program) == home:
        # linked into the program: its functions are distinguished by source and name
        if file:
            return "python" if _PYTHON_SOURCE.search(file) else "program"
        if _PYTHON_PROGRAM.search(home) or _PYTHON_NAME.match(function):
            return "python"
    if "/nptl/" in file or "/sysdeps/" in file:
        return "system"
    return "program"


def below_handlers(frames: Frames, *, witness: bool, crashed: bool) -> int:
    """How many frames stand above what the thread was at when something happened to it: those of
    the witness's handlers, which the program's for fatal signals are called by. Handlers of other
    signals are part of what the program does.

    Without a `witness` in the process the number of the signal decides, as far as it is known: for
    a handler that does not ask for it the system leaves none.
    """
    hidden = 0
    for i, frame in enumerate(frames):
        if not frame.signal:
            continue
        is_ours = i > 0 and WITNESS in frames[i - 1].module
        is_fatal = frame.number in FATAL or (frame.number == 0 and crashed)
        if is_ours or (not witness and is_fatal):
            hidden = i + 1
    return hidden


def without_witness(frames: Frames) -> list[int]:
    """Which frames are the program's and Python's; of the witness those that stand for a function
    of Python's, unless that comes next."""
    kept: list[int] = []
    for i, frame in enumerate(frames):
        name = (frame.function or "").split("@")[0]
        inner = frames[kept[-1]].function if kept else ""
        if WITNESS not in frame.module or (_PYTHON_NAME.match(name) and name != inner):
            kept.append(i)
    return kept


def in_users_terms(frames: list[Frame]) -> tuple[Frame, ...]:
    """What a library does where the program has no frame of its own, called by Python or by a
    thread's start, stands for the program: `m.def("join", &std::thread::join)`."""
    found: list[Frame] = []
    for is_python, run in groupby(frames, lambda frame: frame.origin == "python"):
        part = list(run)
        glue = [i for i, frame in enumerate(part) if frame.origin == "glue"]
        if glue and not is_python and all(frame.origin != "program" for frame in part):
            bound = [i for i in glue if not part[i].function.startswith("__Pyx_")]
            i = (bound or glue)[0]
            part[i] = replace(part[i], origin="program")
        found += part
    return tuple(found)
