"""What was read of a file is kept: it holds while the file, all that it includes, its flags and the
reader are the same, by their content.

It lies in `~/.cache/pynodes/lint`, or below XDG_CACHE_HOME, and is pruned: what was not used for a
month goes, and the oldest where there is too much.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import pickle
import stat
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pynodes import outputs
from pynodes.lint.clang import cindex
from pynodes.lint.graph import Unit
from pynodes.lint.sources import Source

_KEPT_S = 30 * 24 * 3600
_MOST_BYTES = 256 << 20
_CLASSES = {"pynodes.lint.graph", "pynodes.lint.annotations", "pynodes.lint.state"}


class _Unpickler(pickle.Unpickler):
    """Makes our own values, and calls nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module in _CLASSES and "." not in name:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} has no place in it")


class Cache:
    """Of one run. Without a folder of our own it keeps nothing."""

    def __init__(self) -> None:
        self.folder = _folder()
        self._digests: dict[str, str] = {}
        self._reader = _reader() if self.folder is not None else ""

    def get(self, source: Source) -> Unit | None:
        """What was read of it, when that still holds."""
        if self.folder is None:
            return None
        path = self.folder / self._name(source)
        try:
            head, _, packed = path.read_bytes().partition(b"\n\n")
            seen = (line.rpartition("\t") for line in os.fsdecode(head).split("\n"))
            if any(self._digest(file) != digest for file, _, digest in seen):
                return None
            found = _Unpickler(io.BytesIO(zlib.decompress(packed))).load()
            os.utime(path)
        except (OSError, zlib.error, pickle.UnpicklingError, EOFError, AttributeError, ValueError,
                TypeError, KeyError, IndexError):  # fmt: skip
            return None
        return found if isinstance(found, Unit) else None

    def put(self, source: Source, unit: Unit) -> None:
        """Keep it, whole or not at all."""
        if self.folder is None or any("\n" in name or "\t" in name for name in unit.includes):
            return
        files = (str(source.path), *unit.includes)
        head = "\n".join(f"{name}\t{self._digest(name)}" for name in dict.fromkeys(files))
        packed = zlib.compress(pickle.dumps(unit, 5), 1)
        place = self.folder / self._name(source)
        with contextlib.suppress(OSError), outputs.replacing(place) as file:
            file.write(os.fsencode(head) + b"\n\n" + packed)

    def prune(self) -> None:
        """Let go of what is old, and of the oldest where there is too much."""
        if self.folder is None:
            return
        oldest = time.time() - _KEPT_S
        total = 0
        for when, size, path in sorted(_files(self.folder), reverse=True):
            total += size
            if when < oldest or total > _MOST_BYTES:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _name(self, source: Source) -> str:
        said = "\0".join((self._reader, str(source.path), str(source.folder), *source.flags))
        return hashlib.sha256(os.fsencode(said)).hexdigest()[:40]

    def _digest(self, name: str) -> str:
        """Of a file's content, looked at once a run; empty where it is not there."""
        if name not in self._digests:
            try:
                with Path(name).open("rb") as file:
                    self._digests[name] = hashlib.file_digest(file, "sha1").hexdigest()
            except OSError:
                self._digests[name] = ""
        return self._digests[name]


def _folder() -> Path | None:
    """Of this user, and closed to others; None where there can be none."""
    base = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/")) / ".cache"
    path = Path(base) / "pynodes" / "lint"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = path.stat()
    except OSError:
        return None
    is_own = found.st_uid == os.getuid() and not stat.S_IMODE(found.st_mode) & 0o022
    return path if is_own else None


def _reader() -> str:
    """What reads files: this package, and libclang."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    library = cindex().conf.lib._name  # noqa: SLF001
    with contextlib.suppress(OSError):
        found = Path(library).stat()
        digest.update(f"{found.st_size} {found.st_mtime_ns}".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            found = path.stat()
            yield found.st_mtime, found.st_size, path
