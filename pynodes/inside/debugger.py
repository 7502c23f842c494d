"""pdb on the terminal of the host, for `--debug`; elsewhere breakpoint() says how to get it.

pdb is imported when it is needed: a render has no use for it.
"""

from __future__ import annotations

import atexit
import os
import sys

from pynodes.nodes.api import BATCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pdb import Pdb
    from typing import Any

_is_left = False  # by `q`: nothing stops any more
_was_open = False


def allow_breakpoints(allowed: bool) -> None:
    """breakpoint() opens pdb if that is allowed or stdin is a terminal, else it is an error.

    A variable PYTHONBREAKPOINT decides for itself, as in Python.
    """
    if sys.breakpointhook is not sys.__breakpointhook__:
        return  # somebody's own
    if allowed:
        sys.breakpointhook = _stop
        atexit.register(_say_unused)
    elif not (sys.stdin and sys.stdin.isatty()):
        sys.breakpointhook = _refuse


def _debugger() -> Pdb:
    """A pdb whose `q` ends the render as Ctrl-C does; the call in hand goes on."""
    import signal
    from pdb import Pdb

    def leave() -> None:
        global _is_left
        _is_left = True
        made.set_continue()
        os.kill(os.getpid(), signal.SIGINT)

    global _was_open
    _was_open = True
    made = Pdb(nosigint=True)
    vars(made)["set_quit"] = leave
    return made


def _say_unused() -> None:
    """Why nothing stopped, when nothing did."""
    if not _was_open:
        what = "no breakpoint() was reached, nor a Python node in the sample of --pixel"
        sys.stderr.write(f"pdb was not opened: {what}\n")


def _stop(*args: Any, **more: Any) -> Any:
    """What breakpoint() does with the terminal."""
    if os.environ.get("PYTHONBREAKPOINT"):
        return sys.__breakpointhook__(*args, **more)
    if not _is_left:
        _debugger().set_trace(sys._getframe(1))  # noqa: SLF001 - as pdb does
    return None


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
    """What calls the node: under pdb, from its first line, for that sample of a pixel.

    A node that is called by batch stops for the one that the sample is in.
    """
    call = node.__call__

    def is_meant() -> bool:
        here = node.shi.sample
        return bool(sample in here if node.call == BATCH else sample == here)

    def stop() -> object:
        if _is_left or not is_meant():
            return call()
        return _debugger().runcall(call)

    return stop
