"""The one word that says how a render ended."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from pynodes.errors import EXIT_CANNOT_START


class Verdict(StrEnum):
    """How a render ended; `exit_code` is what the command line leaves with."""

    OK = "ok"
    NODE_ERROR = "node-error"
    SCRIPT_ERROR = "script-error"
    WRONG_IMAGE = "wrong-image"
    WRONG_MESSAGE = "wrong-message"
    CRASH = "crash"
    HANG = "hang"
    LEAK = "leak"
    INTERRUPTED = "interrupted"
    CANNOT_START = "cannot-start"

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES.get(self, 1)


_EXIT_CODES = {
    Verdict.OK: 0,
    Verdict.CANNOT_START: EXIT_CANNOT_START,
    Verdict.CRASH: 4,
    Verdict.HANG: 5,
    Verdict.INTERRUPTED: 130,
}

# The worst comes first.
_SEVERITY = (
    Verdict.CRASH,
    Verdict.HANG,
    Verdict.CANNOT_START,
    Verdict.WRONG_IMAGE,
    Verdict.WRONG_MESSAGE,
    Verdict.LEAK,
    Verdict.SCRIPT_ERROR,
    Verdict.NODE_ERROR,
    Verdict.INTERRUPTED,
    Verdict.OK,
)


def worst(verdicts: Collection[Verdict]) -> Verdict | None:
    """The first of them in the order crash, hang, ..., ok; None for none."""
    return min(verdicts, key=_SEVERITY.index, default=None)
