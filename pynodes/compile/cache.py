"""What was made of a node, found again: its library, or why it is not compiled.

A library lies there by its content: the source in C, the flags, the compiler, the processor. Beside
it lies, by what the translation of a node depends on, what that gave; so a node that is there is
neither translated nor compiled, and its translator is not even loaded.
"""

# ruff: noqa: PTH103, PTH105, PTH108, PTH113, PTH116, PTH118, PTH120, PTH123, PTH208 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os
import stat
import sys
import time
from contextlib import suppress

from pynodes.checksum import sha256
from pynodes.compile.fingerprint import Fingerprint, UnknownError
from pynodes.compile.refusal import NoCompilerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

    Outcome = tuple[str, str, tuple[str, ...], str, str]
    """The path of a library, or empty and why not; the objects of the scene that it reads; the path
    of the library in single precision, or empty and why not."""

BYTES_MAX: Final = 256 << 20
UNUSED_MAX_S: Final = 30 * 86400.0
_TOUCHED_EVERY_S: Final = 86400.0
_FOUND_AS: Final = ("cc", "gcc", "clang")
_HERE: Final = os.path.dirname(__file__)


def compiler() -> list[str]:
    """The command: the variable CC, else cc, gcc or clang, as found on the path.

    Raises:
        NoCompilerError: no compiler is found.
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


def surroundings() -> str:
    """All that decides what becomes of a source in C: the compiler and the processor.

    Raises:
        NoCompilerError: there is no compiler.
    """
    command = compiler()
    made_by = os.stat(command[0])
    return "\0".join([*command, _processor(), str(made_by.st_size), str(made_by.st_mtime_ns)])


def _processor() -> str:
    """What this processor can do, as the system says it: code made for another may not run."""
    try:
        with open("/proc/cpuinfo", "rb") as file:
            lines = file.read(1 << 13).split(b"\n")
    except OSError:
        return os.uname().machine
    wanted = (b"model name", b"flags", b"Features", b"CPU part", b"isa")
    return b"\n".join(each for each in lines if each.startswith(wanted)).decode(errors="replace")


def place(text: str | bytes, ending: str) -> str:
    """Where a text's result lies."""
    found = sha256()
    found.update(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return os.path.join(folder(), f"{found.hexdigest()[:40]}.{ending}")


def _translator() -> str:
    """This package as it is: what it makes of a node changes with it."""
    with os.scandir(_HERE) as found:
        listed = [(each.name, each.stat()) for each in found if each.is_file()]
    return repr(sorted((name, seen.st_size, seen.st_mtime_ns) for name, seen in listed))


class Cache:
    """The results of one scene's nodes; the surroundings are looked at once.

    Raises:
        NoCompilerError: there is no compiler, or nowhere to put what it makes.
    """

    def __init__(self, interface: Any, is_live: bool, is_fast: bool) -> None:
        folder()
        how = f"{is_live}\0{is_fast}\0{sys.version}"
        self._same = f"{surroundings()}\0{_translator()}\0{interface}\0{how}"

    def place(self, node: Any, sides: Any, linked: Sequence[bool]) -> str:
        """The file of what was made of a node; empty when that cannot be known."""
        try:
            reached = Fingerprint(node).text()
        except (UnknownError, OSError):
            return ""
        return place(f"{self._same}\0{sides}\0{linked}\0".encode() + reached, "node")

    @staticmethod
    def found(path: str) -> Outcome | None:
        """What is kept in such a file."""
        if not path:
            return None
        try:
            with open(path, encoding="utf-8") as file:
                kept, why, fast, not_fast, *objects = file.read().split("\0")
            for each in filter(None, (kept, fast)):
                if time.time() - os.stat(each).st_mtime > _TOUCHED_EVERY_S:
                    os.utime(each)
                    os.utime(path)
        except (OSError, ValueError):
            return None
        return kept, why, tuple(objects), fast, not_fast

    @staticmethod
    def keep(path: str, outcome: Outcome) -> None:
        """Write such a file; where that fails the next run translates anew."""
        if not path:
            return
        made = f"{path}.{os.getpid()}.new"
        with suppress(OSError):
            with open(made, "w", encoding="utf-8") as file:
                kept, why, objects, fast, not_fast = outcome
                file.write("\0".join([kept, why, fast, not_fast, *objects]))
            os.replace(made, path)


def prune(most: int = BYTES_MAX, unused_s: float = UNUSED_MAX_S) -> None:
    """Delete what nobody used for long, and the oldest until no more than `most` bytes remain."""
    with suppress(OSError):
        listed = []
        for name in os.listdir(folder()):
            path = os.path.join(folder(), name)
            with suppress(OSError):
                seen = os.stat(path)
                listed.append((seen.st_mtime, seen.st_size, path))
        total = sum(size for _, size, _ in listed)
        oldest = time.time() - unused_s
        for used, size, path in sorted(listed):
            if used >= oldest and total <= most:
                break
            with suppress(OSError):
                os.unlink(path)
            total -= size
