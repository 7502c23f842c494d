"""The system's C compiler, and the cache of what it made.

A library is found again by its content: the source, the flags, and which compiler it is. With one
that is there no program is started.
"""

# ruff: noqa: PTH103, PTH105, PTH108, PTH113, PTH116, PTH118, PTH123 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import stat
from contextlib import suppress
from hashlib import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

FLAGS: Final = (
    "-std=gnu11",
    "-O3",
    "-fPIC",
    "-shared",
    "-w",
    "-ffp-contract=off",
    "-fno-builtin",  # no function of the maths library is computed by the compiler
    "-fno-math-errno",
    "-fno-trapping-math",  # what is not used may be computed: that changes no result
    "-fexcess-precision=standard",
)
THIS_PROCESSOR: Final = "-march=native"
LIMIT_S: Final = 120.0
_FOUND_AS: Final = ("cc", "gcc", "clang")


class NoCompilerError(Exception):
    """There is no C compiler, or it failed: in words for people."""


def compiler() -> list[str]:
    """The command: the variable CC, else cc, gcc or clang, as found on the path.

    Raises:
        NoCompilerError: there is none.
    """
    asked = os.environ.get("CC", "").split()
    for words in [asked] if asked else [[name] for name in _FOUND_AS]:
        path = _found(words[0])
        if path:
            return [path, *words[1:]]
    named = f"CC={' '.join(asked)}" if asked else "cc, gcc or clang"
    raise NoCompilerError(f"no C compiler was found ({named})")


def _found(name: str) -> str:
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for path in [name] if os.sep in name else [os.path.join(each, name) for each in folders]:
        if os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return ""


def folder() -> str:
    """Where libraries are kept: of this user, and closed to others.

    Raises:
        NoCompilerError: it cannot be made, or it is another's.
    """
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.environ.get("HOME", "/"), ".cache")
    path = os.path.join(base, "pynodes", "compiled")
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        found = os.stat(path)
    except OSError as error:
        raise NoCompilerError(f"{path} cannot be made: {error.strerror}") from None
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o022:
        raise NoCompilerError(f"{path} can be written by others")
    return path


def processor() -> str:
    """What this processor can do, as the system says it: code made for another may not run."""
    try:
        with open("/proc/cpuinfo", "rb") as file:
            lines = file.read(1 << 13).split(b"\n")
    except OSError:
        return os.uname().machine
    wanted = (b"model name", b"flags", b"Features", b"CPU part", b"isa")
    return b"\n".join(each for each in lines if each.startswith(wanted)).decode(errors="replace")


def library(source: str) -> str:
    """The path of the shared library for a source, which is made unless it is there.

    Raises:
        NoCompilerError: there is no compiler, it failed, or there is nowhere to put the result.
    """
    command = compiler()
    made_by = os.stat(command[0])
    key = "\0".join(
        [source, *command, *FLAGS, processor(), str(made_by.st_size), str(made_by.st_mtime_ns)]
    )
    path = os.path.join(folder(), f"{sha256(key.encode()).hexdigest()[:32]}.so")
    if not os.path.isfile(path):
        _make(command, source, path)
    return path


def _make(command: list[str], source: str, path: str) -> None:
    """Compile into a file beside `path`, which then takes its place whole."""
    import subprocess

    text, made = f"{path}.{os.getpid()}.c", f"{path}.{os.getpid()}.new"
    try:
        with open(text, "w", encoding="utf-8") as file:
            file.write(source)
        for more in ([THIS_PROCESSOR], []):  # not every compiler knows it
            done = subprocess.run(
                [*command, *FLAGS, *more, "-o", made, text, "-lm"],
                check=False,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=LIMIT_S,
            )
            if done.returncode == 0:
                break
        else:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            last = said[0] if said else f"status {done.returncode}"
            raise NoCompilerError(f"{command[0]} failed: {last}")
        os.replace(made, path)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoCompilerError(f"{command[0]} failed: {error}") from None
    finally:
        for each in (text, made):
            with suppress(OSError):
                os.unlink(each)
