"""Which files are read, with which flags: of a build's compile_commands.json, or named."""

from __future__ import annotations

import os
import shlex
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pynodes import files
from pynodes.decode import DecodeError, json_value, list_of, optional, shape, text
from pynodes.errors import BadValueError, needed
from pynodes.lint.clang import CPLUSPLUS

DATABASE = "compile_commands.json"
SOURCES = (".c", *CPLUSPLUS)
# Flags that say what a source means, alone and with a value of their own.
_KEPT = ("-I", "-D", "-U", "-std=", "-isystem", "-iquote", "-include", "-isysroot", "-x")
_WITH_VALUE = ("-I", "-D", "-U", "-isystem", "-iquote", "-include", "-isysroot", "-x")
_MOST = 64 << 20
_HELP = "name a build folder that meson, CMake (-DCMAKE_EXPORT_COMPILE_COMMANDS=ON) or bear wrote"

_ENTRY = shape(
    {
        "directory": text(),
        "file": text(),
        "command": optional(text()),
        "arguments": optional(list_of(text())),
    },
    needed=("directory", "file"),
)
_ENTRIES = list_of(_ENTRY)


class Source(NamedTuple):
    """A file, its flags, and the folder that they are relative to."""

    path: Path
    flags: tuple[str, ...]
    folder: Path | None = None


def of_build(folder: Path, inside: Sequence[Path] = ()) -> list[Source]:
    """Those of a build; `inside`: which files of it, or folders. Raises BadValueError."""
    path = folder / DATABASE if folder.is_dir() else folder
    with needed("the list of compilations cannot be read", path, _HELP, BadValueError):
        said = files.read(path, _MOST).decode("utf-8", "backslashreplace")
    try:
        entries = _ENTRIES(json_value(said))
    except DecodeError as error:
        raise BadValueError(f"this is no list of compilations: {error}", str(path), _HELP) from None
    found: dict[Path, Source] = {}
    for entry in entries:
        place = Path(entry["directory"])
        source = Path(os.path.normpath(place / entry["file"]))
        words = entry.get("arguments") or shlex.split(entry.get("command") or "")
        wanted = not inside or any(source.is_relative_to(each) for each in inside)
        if source.suffix in SOURCES and wanted:
            found.setdefault(source, Source(source, tuple(_kept(words)), place))
    if not found:
        raise BadValueError("no source of the build is among these", str(path), _HELP)
    return list(found.values())


def _kept(words: Sequence[str]) -> Iterator[str]:
    """The flags of a compiler's command that a reader needs."""
    waiting = iter(words)
    for word in waiting:
        if word in _WITH_VALUE:
            yield word
            yield next(waiting, "")
        elif word.startswith(_KEPT):
            yield word


def named(paths: Sequence[Path], flags: Sequence[str]) -> list[Source]:
    """Files, and the sources in folders. Python's own headers are found without a flag."""
    headers = sysconfig.get_path("include")
    folders = (flag.removeprefix("-I").removeprefix("-isystem") for flag in flags)
    is_named = any(flag and (Path(flag) / "Python.h").is_file() for flag in folders)
    own = () if is_named else ("-isystem", headers)
    found: list[Path] = []
    for path in paths:
        inside = sorted(each for each in path.rglob("*") if each.suffix in SOURCES)
        found += inside if path.is_dir() else [path]
    return [Source(each.resolve(), (*flags, *own)) for each in dict.fromkeys(found)]
