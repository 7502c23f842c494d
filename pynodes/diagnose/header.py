"""A header that has programs ask where they count references: include/pynodes_check.h."""

from __future__ import annotations

from pathlib import Path

HEADER = Path(__file__).resolve().with_name("include") / "pynodes_check.h"


def cflags() -> list[str]:
    """What the compiler needs for it, C or C++, besides what it has to find Python.h."""
    return ["-include", str(HEADER)]
