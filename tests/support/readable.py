"""What `pynodes lint` should say of each program with a mistake, beside tests/support/expected.py.

`NOT_IN_SOURCE`: programs whose mistake no reader of C can tell, and why. `AS_READ`: those of which
reading says another family, or names another right line, for the evidence of a run has one end of
it and the source has both.
"""

from __future__ import annotations

from expected import EXPECTED, Expected

_SHARED = "which threads may use one object at the same time is an agreement that stands nowhere"
_SIGNAL = "it is right until a signal comes, and whether one is meant to be heard stands nowhere"
_SCRIPT = "the mistake is in the text of a script"

NOT_IN_SOURCE = {
    "broken/farm.c": _SIGNAL,
    "broken/window.c": _SIGNAL,
    "broken/filter.c": _SHARED,
    "broken/painter.c": _SHARED,
    "broken/ledger_left_open.c": _SCRIPT,
    "broken/ticker.c": "a library without Python; the wrong line is in ctypes of its user",
    "broken/warren.c": "how deep a script goes into itself is up to it",
    "fault/ctrl-c-lost": _SIGNAL,
    "fault/interval-inverted": _SHARED,
    "fault/shared-node": _SHARED,
    "fault/shared-node-print": _SHARED,
    "fault/stale-outputs": "values of an older call are read; every call is a right one",
    "fault/kept-shi": "how long a wrapper lives is up to the script that has it",
    "fault/freed-on-error": "memory of the program, freed under another thread; no call of Python",
    "fault/thread-local-lost": "a pair a call is right, but for what a script keeps of its thread",
    "fault/threads-at-exit": _SCRIPT,
}

AS_READ: dict[str, Expected] = {}


def expected_of(name: str) -> Expected:
    """The row of a program: `broken/ferry.c`, `fault/no-release`."""
    return AS_READ.get(name, EXPECTED[name])
