"""A file that the witness writes and the diagnosis reads, mapped into both."""

from __future__ import annotations

import mmap
from pathlib import Path


class MappedFile:
    """A new file of `size` bytes, all zero; `map` is its memory here."""

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        with path.open("wb") as file:
            file.truncate(size)
        with path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), size)

    def close(self) -> None:
        self.map.close()
