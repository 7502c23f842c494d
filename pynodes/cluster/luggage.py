"""Files that travel with errands: by content, once to each worker.

Where a worker finds them all, with the same content, at the place that they have here, they are
used there: so a folder that all machines share is no luggage.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pynodes import files
from pynodes.errors import CannotStartError, needed

MOST_BYTES = 1 << 30
_CHUNK = 1 << 20


class Listed(NamedTuple):
    """What travels, without its contents: small enough to go with each errand.

    Attributes:
        cwd: where relative names start.
        root: the folder here that all of them are in.
        sums: their checksums, by names from there.
        fixed: checksums of files that a scene names by their whole path: they do not travel.
        key: a checksum over all that.
    """

    cwd: str
    root: str
    sums: Mapping[str, str]
    fixed: Mapping[str, str]
    key: str

    def is_at(self, root: Path) -> bool:
        """Whether all of it is in a folder, as it is here."""
        return all(checksum(root / name) == found for name, found in self.sums.items())

    def missing(self) -> list[str]:
        """Files by whole path that are not here as they were there."""
        return [path for path, found in self.fixed.items() if checksum(Path(path)) != found]

    def located(self, path: Path, root: Path) -> Path:
        """Where a file is that travelled; what does not travel stays where it is."""
        name = os.path.relpath(os.path.join(self.cwd, path), self.root)  # noqa: PTH118
        return root / name if name in self.sums else path


class Luggage:
    """Files that travel. Raises `CannotStartError` for what cannot be read, or is too much."""

    def __init__(self, paths: Iterable[Path], fixed: Iterable[Path] = ()) -> None:
        found = sorted({path.absolute() for path in paths})
        root = os.path.commonpath([path.parent for path in found]) if found else str(Path.cwd())
        self._paths = {os.path.relpath(path, root): path for path in found}
        with needed("what a scene is made of cannot be read", help="look at its files"):
            size = sum(path.stat().st_size for path in found)
        if size > MOST_BYTES:
            raise CannotStartError(
                f"{size >> 20} MiB would have to travel to each worker",
                root,
                "put them into a folder that all machines see at the same place",
            )
        sums = {name: checksum(path) for name, path in self._paths.items()}
        of_fixed = {os.fspath(path.absolute()): checksum(path) for path in sorted(fixed)}
        key = hashlib.sha256(repr((root, sums, of_fixed)).encode()).hexdigest()[:16]
        self.listed = Listed(str(Path.cwd()), root, sums, of_fixed, key)

    @cached_property
    def contents(self) -> dict[str, bytes]:
        """All of them, by name."""
        with needed("what a scene is made of cannot be read", help="look at its files"):
            return {name: path.read_bytes() for name, path in self._paths.items()}


def checksum(path: Path) -> str:
    """Empty for what cannot be read."""
    found = hashlib.sha256()
    try:
        with files.opened(path) as file:
            while chunk := file.read(_CHUNK):
                found.update(chunk)
    except OSError:
        return ""
    return found.hexdigest()


def unpack(listed: Listed, contents: Mapping[str, bytes], below: Path) -> Path:
    """Put luggage into a folder of its own. Raises `OSError`.

    Returns:
        Where it is now, or where it was already.
    """
    here = Path(listed.root)
    if listed.is_at(here):
        return here
    root = below / f"luggage-{listed.key}"
    if not root.exists():
        made = below / f"luggage-{listed.key}.new"
        for name, data in contents.items():
            place = made / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        made.mkdir(exist_ok=True)
        made.rename(root)
    return root
