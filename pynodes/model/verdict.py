"""The one word that says how a run ended."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from pynodes.errors import EXIT_CANNOT_START


class Verdict(StrEnum):
    """How a run ended, the worst first; `exit_code` is what the command line leaves with."""

    CRASH = "crash"
    HANG = "hang"
    CANNOT_START = "cannot-start"
    FAILED = "failed"
    WRONG_IMAGE = "wrong-image"
    WRONG_OUTPUT = "wrong-output"
    WRONG_MESSAGE = "wrong-message"
    LEAK = "leak"
    SCRIPT_ERROR = "script-error"
    NODE_ERROR = "node-error"
    INTERRUPTED = "interrupted"
    OK = "ok"

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES.get(self, 1)


# All of the work was done, and what came out is not what it should be.
WRONG = frozenset({Verdict.WRONG_IMAGE, Verdict.WRONG_OUTPUT})

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
