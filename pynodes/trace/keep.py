"""From what the host traced, whole or not, to the file that was asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pynodes import files
from pynodes.errors import CannotStartError, needed
from pynodes.trace import chrome
from pynodes.trace.svg import draw

SUFFIXES = (".json", ".svg")


def check_place(path: Path, option: str = "--trace") -> None:
    """Refuse a place where the timeline cannot be written. Raises `CannotStartError`."""
    if path.suffix.lower() not in SUFFIXES:
        raise CannotStartError(
            f"a timeline cannot be written as {path.suffix or 'a file without suffix'}",
            os.fspath(path),
            f"end the name in {' or '.join(SUFFIXES)}",
        )
    with needed("the timeline cannot be written there", path, f"name another {option}"):
        kind, folder = files.kind_of(path), files.kind_of(path.parent)
    if kind and kind != files.FILE:
        raise CannotStartError(f"the trace is {kind}", os.fspath(path), "name a file, or a new one")
    if folder != files.FOLDER or not os.access(path.parent, os.W_OK):
        raise CannotStartError(
            f"nothing can be written in {path.parent}", os.fspath(path), f"name another {option}"
        )


def _heading(about: Mapping[str, Any]) -> str:
    """What a drawing is of, as far as that is known."""
    engines, frames = about.get("engines") or [], about.get("frames") or []
    parts = [
        f"engine {', '.join(engines)}" if engines else "",
        f"Python {about['python']}" if about.get("python") else "",
        f"{len(frames)} frames" if len(frames) > 1 else "",
    ]
    said = ", ".join(filter(None, parts))
    return ": ".join(filter(None, (about.get("scene") or "", said)))


def keep(raw: Path, out: Path, about: Mapping[str, Any]) -> int:
    """Write `raw` as `out`: a drawing when that ends in `.svg`, else Chrome's object form.

    Returns:
        How many lines of `raw` made no sense: a host that was killed leaves some.
    Raises:
        CannotStartError: `raw` has nothing, or `out` cannot be written.
    """
    events, torn = chrome.read_events(raw)
    events = chrome.finished(events)
    if out.suffix.lower() == ".svg":
        chrome.write_whole(draw(chrome.from_events(events), heading=_heading(about)), out)
    else:
        chrome.save(events, out, dict(about))
    return torn.count
