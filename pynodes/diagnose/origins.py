"""Whose a native frame is: Python's, the system's, or the program's own."""

from __future__ import annotations

import re
import signal
from typing import Any

_SYSTEM = re.compile(
    r"/(libc|libpthread|libm|libdl|librt|ld-linux[\w-]*|ld|libstdc\+\+|libgcc_s|libffi|linux-vdso"
    r"|libasan|libtsan|libubsan)[-.\d]*(\.so|$)|\[vdso\]|^linux-vdso|system-supplied DSO"
)
_PYTHON_HEADERS = re.compile(r"/python3\.\d+[td]*/[\w/]+\.h$")
_LIBPYTHON = re.compile(r"/libpython[\d.]+[a-z]*\.so|/lib-dynload/")
WITNESS = "libpynodes-witness"
# 0: of a signal that is not known
_FATAL = {0, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}
_PYTHON_PROGRAM = re.compile(r"/python[\d.]*[a-z]*$")
_PYTHON_SOURCE = re.compile(r"(^|/)(Python|Objects|Modules|Parser|Include)/[\w/]+\.[ch]$")
_PYTHON_NAME = re.compile(r"_?Py[A-Z_]\w*$|_Py\w+$")
_HEADERS = re.compile(r"^/usr/(include|lib/gcc)/|/c\+\+/\d+[\w/.]*$")


def origin_of(function: str, file: str, module: str, *, home: str, program: str) -> str:
    """`python`, `system` or `program`. `home` is the file that Python is in, `program` that of the
    process."""
    if _SYSTEM.search(module) or _HEADERS.search(file):
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


def below_handlers(frames: list[dict[str, Any]]) -> int:
    """How many frames stand above what the thread was at when something happened to it: those of
    the witness's handlers, and of the program's for signals that end a process. Handlers of other
    signals are part of what the program does."""
    hidden = 0
    for i, frame in enumerate(frames):
        if frame.get("signal") and (
            frame.get("number", 0) in _FATAL or (i > 0 and WITNESS in frames[i - 1]["module"])
        ):
            hidden = i + 1
    return hidden


def without_witness(frames: list[dict[str, Any]]) -> list[int]:
    """Which frames are the program's and Python's; of the witness those that stand for a function
    of Python's, unless that comes next."""
    kept: list[int] = []
    for i, frame in enumerate(frames):
        name = (frame["function"] or "").split("@")[0]
        inner = frames[kept[-1]]["function"] if kept else ""
        if WITNESS not in frame["module"] or (_PYTHON_NAME.match(name) and name != inner):
            kept.append(i)
    return kept
