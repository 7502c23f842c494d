"""The one word that says how a render ended."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from pynodes.errors import EXIT_CANNOT_START


class Verdict(StrEnum):
    """How a render ended, the worst first; `exit_code` is what the command line leaves with."""

    CRASH = "crash"
    HANG = "hang"
    CANNOT_START = "cannot-start"
    WRONG_IMAGE = "wrong-image"
    WRONG_MESSAGE = "wrong-message"
    LEAK = "leak"
    SCRIPT_ERROR = "script-error"
    NODE_ERROR = "node-error"
    INTERRUPTED = "interrupted"
    OK = "ok"

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


def worst(verdicts: Collection[Verdict]) -> Verdict | None:
    """The first of them in the order crash, hang, ..., ok; None for none."""
    return min(verdicts, key=list(Verdict).index, default=None)
