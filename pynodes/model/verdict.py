"""The one word that says how a render ended."""

from __future__ import annotations

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
