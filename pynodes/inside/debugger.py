"""pdb on the terminal of the host, for `--debug`; elsewhere breakpoint() says how to get it.

pdb is imported when it is needed: a render has no use for it.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def allow_breakpoints(allowed: bool) -> None:
    """breakpoint() opens pdb if that is allowed or stdin is a terminal, else it is an error.

    A variable PYTHONBREAKPOINT decides for itself, as in Python.
    """
    if sys.breakpointhook is not sys.__breakpointhook__:
        return  # somebody's own
    if not allowed and not (sys.stdin and sys.stdin.isatty()):
        sys.breakpointhook = _refuse


def _refuse(*args: Any, **more: Any) -> Any:
    """What breakpoint() does without a terminal.

    Raises:
        RuntimeError: always, but for a PYTHONBREAKPOINT that decides.
    """
    if os.environ.get("PYTHONBREAKPOINT"):
        return sys.__breakpointhook__(*args, **more)
    raise RuntimeError(
        "breakpoint() needs the terminal, which a render has not: render with --debug"
    )


def debugged(node: Any, sample: int) -> Callable[[], object]:
    """What calls the node: under pdb, from its first line, for that sample of a pixel."""
    from pdb import Pdb

    call = node.__call__

    def stop() -> object:
        if node.shi.sample != sample:
            return call()
        return Pdb(nosigint=True).runcall(call)

    return stop
