"""Where the witness is, the library that is preloaded into the program (witness/witness.c)."""

from __future__ import annotations

import os
from pathlib import Path

NAME = "libpynodes-witness.so"


def find() -> Path | None:
    """PYNODES_WITNESS_LIBRARY, else next to this package, else in the build of PYNODES_HOST."""
    named = os.environ.get("PYNODES_WITNESS_LIBRARY")
    if named is not None:
        return Path(named) if named and Path(named).is_file() else None
    places = [Path(__file__).resolve().parent / NAME]
    host = os.environ.get("PYNODES_HOST")
    if host:
        places.append(Path(host).resolve().parent.parent / "witness" / NAME)
    return next((place for place in places if place.is_file()), None)


def environment(library: Path, notes: str) -> dict[str, str]:
    """What the program's environment needs besides what is there."""
    before = os.environ.get("LD_PRELOAD", "")
    return {
        "LD_PRELOAD": f"{library}:{before}" if before else str(library),
        "PYNODES_WITNESS": notes,
    }
