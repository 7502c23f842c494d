"""What scripts use of the application that runs them: `pynodes run`, `pynodes replay` and
`pynodes render --script`.

Everything here belongs to the main thread, where scripts and their callbacks run; on another thread
(in a node's `__call__`, on a Python thread) it raises RuntimeError, unless it says otherwise.
"""

from __future__ import annotations

from pynodes.app.control import (
    current_frame,
    current_script,
    is_rendering,
    quit,  # noqa: A004 - as every application calls it
    render,
    run,
    tiles_done,
    wait,
)

__all__ = [
    "current_frame",
    "current_script",
    "is_rendering",
    "quit",
    "render",
    "run",
    "tiles_done",
    "wait",
]
