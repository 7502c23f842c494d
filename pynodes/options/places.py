"""Kinds of values that name files and folders: paths of a person, looked at where they are typed.

Every refusal is a `BadValueError` that says what is accepted.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pynodes import files
from pynodes.errors import BadValueError, did_you_mean, needed
from pynodes.options.kinds import Kind


class Place(Kind):
    """The path of anything, there or not: whoever uses it looks at it."""

    def __init__(self, metavar: str = "FILE") -> None:
        self.metavar = metavar

    def parse(self, text: str) -> Any:
        if not text:
            raise BadValueError("the name is empty", help=f"write a name for {self.metavar}")
        return Path(text)

    def words(self, flag: str, value: Any) -> list[str]:
        return [] if value is None else [flag, path_word(value)]


class File(Place):
    """The path of a file, there or not; no folder."""

    def parse(self, text: str) -> Any:
        path = super().parse(text)
        if _kind_of(text, "name a file") == files.FOLDER:
            raise BadValueError(f"{text} is a folder", help="name a file")
        return path


class Folder(Place):
    """The path of a folder, there or not; no file."""

    def __init__(self, metavar: str = "DIR") -> None:
        super().__init__(metavar)

    def parse(self, text: str) -> Any:
        path = super().parse(text)
        if (kind := _kind_of(text, "name a folder")) not in ("", files.FOLDER):
            raise BadValueError(f"{text} is {kind}, not a folder", help="name a folder")
        return path


class Script(Kind):
    """An existing Python file; a missing one is answered with near misses from its folder."""

    def __init__(self, metavar: str = "SCENE.py", *, repeats: bool = False) -> None:
        self.metavar, self.repeats = metavar, repeats

    def parse(self, text: str) -> Any:
        if not text:
            raise BadValueError("the name is empty", help="name a scene script, a .py file")
        path = Path(text)
        kind = _kind_of(text, "name a .py file")
        if kind == files.FILE:
            with needed(f"{text} cannot be read", help="name a .py file", kind=BadValueError):
                files.check(path, files.SCRIPT)
            return path
        if kind == files.FOLDER:
            inside = _scripts_in(path)[:8]
            help = f"name one of its files: {', '.join(inside)}" if inside else "name a .py file"
            raise BadValueError(f"{text} is a folder", help=help)
        if kind:
            raise BadValueError(f"{text} is {kind}, not a file", help="name a .py file")
        if _kind_of(os.fspath(path.parent), "look at the path again") != files.FOLDER:
            raise BadValueError(f"there is no folder {path.parent}", help="look at the path again")
        scripts = _scripts_in(path.parent)
        more = f" and {len(scripts) - 8} more" if len(scripts) > 8 else ""
        near = did_you_mean(path.name, scripts)
        there = f"scripts there are {', '.join(scripts[:8])}{more}" if scripts else ""
        lone = "name a scene script, a .py file that defines build(params, frame)"
        raise BadValueError(f"there is no file {text}", help=near or there or lone)

    def words(self, flag: str, value: Any) -> list[str]:
        paths = value if self.repeats else [value]
        return [word for path in paths for word in (flag, path_word(path))]


def path_word(path: Path) -> str:
    """A path as a word of a command line: never like an option."""
    text = os.fspath(path)
    return f"./{text}" if text.startswith("-") else text


def _kind_of(text: str, help: str) -> str:
    """`files.kind_of` what a value names."""
    with needed("the name cannot be used", help=help, kind=BadValueError):
        return files.kind_of(text)


def _scripts_in(folder: Path) -> list[str]:
    return [name for name in files.names_in(folder) if name.endswith(".py")]
