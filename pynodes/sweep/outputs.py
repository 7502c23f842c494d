"""What came out of a command: its checksum, and in what it differs from what was expected."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import NamedTuple

from pynodes import files
from pynodes.words import count, plural

_CHUNK = 1 << 20


class Output(NamedTuple):
    """A file that was written, or what was printed."""

    path: Path
    sha256: str
    size: int

    def moved(self, place: Path) -> Output:
        """A copy at a place where nobody writes over it. Raises `OSError`."""
        shutil.copyfile(self.path, place)
        return self._replace(path=place)


def output_of(path: Path) -> Output:
    """Raises `OSError` for what is no file, or cannot be read."""
    found = hashlib.sha256()
    size = 0
    with files.opened(path) as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
            size += len(chunk)
    return Output(path, found.hexdigest(), size)


def difference(found: Output, expected: Output) -> str:
    """Where two outputs begin to differ, in words."""
    sizes = plural(found.size, "byte")
    if found.size != expected.size:
        sizes += f", {count(expected.size)} expected"
    at, line = _first_difference(found.path, expected.path)
    return (
        f"another output ({sizes}): it differs from byte {count(at + 1)} on, in line {count(line)}"
    )


def _first_difference(one: Path, other: Path) -> tuple[int, int]:
    """The place of the first byte that differs, from 0, and its line, from 1."""
    at, line = 0, 1
    with files.opened(one) as a, files.opened(other) as b:
        while True:
            left, right = a.read(_CHUNK), b.read(_CHUNK)
            if left == right and left:
                at += len(left)
                line += left.count(b"\n")
                continue
            pairs = enumerate(zip(left, right, strict=False))
            first = next((i for i, (x, y) in pairs if x != y), min(len(left), len(right)))
            return at + first, line + left[:first].count(b"\n")
