"""What each function, macro and inline function of CPython's C API asks of its caller and does.

One row a name, in functions.tsv: generated from headers, libraries and the manual by
tools/make/contract.py, with exceptions.toml over what these say.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from enum import StrEnum
from importlib.resources import files
from typing import NamedTuple


class Attach(StrEnum):
    """What becomes of the calling thread's attachment.

    unknown: a private name, of which nothing is documented.
    """

    NEEDS = "needs"
    EITHER = "either"
    ENSURES = "ensures"
    RELEASES = "releases"
    RESTORES = "restores"
    SAVES = "saves"
    SWAPS = "swaps"
    ENTERS = "enters"
    ENDS = "ends"
    STARTS = "starts"
    STOPS = "stops"
    BREAKS = "breaks"
    UNKNOWN = "unknown"


# What each means, for the docs.
MEANINGS = {
    Attach.NEEDS: "an attached thread calls it, and is attached afterwards",
    Attach.EITHER: "any thread may call it",
    Attach.ENSURES: "attaches, whatever was before; pairs nest",
    Attach.RELEASES: "undoes the one that ensures: as before that",
    Attach.RESTORES: "attaches a detached thread",
    Attach.SAVES: "detaches an attached thread",
    Attach.SWAPS: "attaches the state that it is given, or detaches for `NULL`",
    Attach.ENTERS: "an attached thread is attached to a new interpreter",
    Attach.ENDS: "an attached thread is detached, and its state is gone",
    Attach.STARTS: "starts Python; the thread is attached",
    Attach.STOPS: "an attached thread stops Python",
    Attach.BREAKS: "takes or gives the lock and leaves the state behind",
    Attach.UNKNOWN: "private: nothing is documented",
}


class Function(NamedTuple):
    """A row.

    Attributes:
        form: function, inline or macro; exported: in libraries, in no public header.
        pythons: of the versions looked at, those that have it, as `3.11-3.15` or `3.13t-3.15`.
        result: new or borrowed reference; empty: none, or not documented.
        steals: parameters whose reference it takes over, with blanks between.
        inside: runs Python code or any destructor; detaches by itself for a while; no: neither;
            empty: not documented, and then it may.
        handler: yes: safe in a signal handler.
        outside: when it may be called besides while Python runs: before, after it; `before only`.
        own_gil: no: not for interpreters with a GIL of their own.
        threads: the manual's level for free-threaded builds; empty: not documented.
    """

    name: str
    form: str
    pythons: str
    attach: str
    result: str
    steals: str
    inside: str
    handler: str
    outside: str
    own_gil: str
    threads: str


@functools.cache
def functions() -> Mapping[str, Function]:
    """All rows, by name."""
    text = (files("pynodes.contract") / "functions.tsv").read_text(encoding="utf-8")
    lines = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {row[0]: Function(*row) for row in lines[1:]}


@functools.cache
def that(*attach: Attach) -> frozenset[str]:
    """The names of those that do one of these."""
    return frozenset(row.name for row in functions().values() if row.attach in attach)
