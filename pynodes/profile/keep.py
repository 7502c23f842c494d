"""A profile in the file that was asked for."""

from __future__ import annotations

import os
from pathlib import Path

from pynodes import outputs
from pynodes.errors import CannotStartError
from pynodes.profile.calls import Call
from pynodes.profile.flame import draw
from pynodes.profile.speedscope import document
from pynodes.words import json_text

SUFFIXES = (".svg", ".json")


def check_place(path: Path) -> None:
    """Refuse a place where a profile cannot be written. Raises `CannotStartError`."""
    if path.suffix.lower() not in SUFFIXES:
        raise CannotStartError(
            f"a profile cannot be written as {path.suffix or 'a file without suffix'}",
            os.fspath(path),
            "end the name in .svg for a flame graph, in .json for speedscope.app",
        )
    outputs.check(path)


def keep(root: Call, path: Path, title: str) -> None:
    """Write a tree of calls. Raises `CannotStartError`."""
    if path.suffix.lower() == ".svg":
        text = draw(root, title)
    else:
        text = json_text(document(root, title)) + "\n"
    outputs.write(path, [text], "the profile cannot be written")
