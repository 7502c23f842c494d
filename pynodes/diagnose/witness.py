"""Where the witness is, the library that is preloaded into the program (witness/witness.c)."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pynodes.process.scratch import scratch

NAME = "libpynodes-witness.so"
CHECKING = "libpynodes-witness-check.so"  # the same, with a door for each function of Python


def find(name: str = NAME) -> Path | None:
    """PYNODES_WITNESS_LIBRARY, else next to this package, else in the build of PYNODES_HOST."""
    named = os.environ.get("PYNODES_WITNESS_LIBRARY")
    if named is not None:
        library = Path(named).with_name(name) if name != NAME else Path(named)
        return library if named and library.is_file() else None
    places = [Path(__file__).resolve().parent / name]
    host = os.environ.get("PYNODES_HOST")
    if host:
        places.append(Path(host).resolve().parent.parent / "witness" / name)
    return next((place for place in places if place.is_file()), None)


@contextmanager
def for_others(library: Path) -> Iterator[Path]:
    """The same library, where other users can read it too, if this one can become another.

    A program of root's may change its user; then the loader looks for it once more.
    """
    if os.geteuid() != 0 or _is_open(library):
        yield library
        return
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(scratch())
            if not os.statvfs(folder).f_flag & os.ST_NOEXEC:
                copy = folder / library.name
                copy.write_bytes(library.read_bytes())
                copy.chmod(0o644)
                folder.chmod(0o711)
                library = copy
        except OSError:
            pass  # it is not seen in such a process, and that is said
        yield library


def _is_open(path: Path) -> bool:
    """Whether everybody can read a file."""
    reachable = all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)
    return reachable and bool(path.stat().st_mode & stat.S_IROTH)


def environment(library: Path, notes: str, door: str = "") -> dict[str, str]:
    """What the program's environment needs besides what is there."""
    checks = {"PYNODES_WITNESS_CHECK": "1"} if library.name == CHECKING else {}
    before = os.environ.get("LD_PRELOAD", "")
    return {
        "LD_PRELOAD": f"{library}:{before}" if before else str(library),
        "PYNODES_WITNESS": notes,
        "PYNODES_WITNESS_DOOR": door,
        **checks,
    }
