"""What comes back from another machine: files, and values that name places there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import Any

from pynodes.process.evidence_folder import own_folder


def packed(folder: Path) -> dict[str, bytes]:
    """All files below a folder, by their names from there. Raises `OSError`."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in _files(folder)}


def put(folder: Path, kept: Mapping[str, bytes]) -> None:
    """Write files below a folder, by name; what is there is replaced. Only below it.

    Raises:
        OSError: one of them cannot be written.
    """
    for name, data in kept.items():
        parts = PurePosixPath(name).parts
        if not parts or ".." in parts or name.startswith("/"):
            raise OSError(f"{name!r} is no place in a folder")
        place = folder.joinpath(*parts)
        for above in reversed(place.relative_to(folder).parents[:-1]):
            own_folder(folder / above)
        with suppress(FileNotFoundError):
            place.unlink()
        number = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(data)


def relocated(value: Any, places: Mapping[str, str]) -> Any:
    """A value with every path that begins with a key of `places` beginning with its value.

    It goes through texts, paths, lists, tuples, mappings and dataclasses.
    """
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        for there, here in places.items():
            value = value.replace(there, here)
        return value
    if isinstance(value, Path):
        return Path(relocated(str(value), places))
    if isinstance(value, Mapping):
        return {name: relocated(each, places) for name, each in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(relocated(each, places) for each in value))
    if isinstance(value, list | tuple):
        return type(value)(relocated(each, places) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value) if field.init]
        return replace(value, **{name: relocated(getattr(value, name), places) for name in names})
    return value


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path
