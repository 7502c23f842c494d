"""Python threads that scripts started and that still run."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import threading


def leftover() -> list[str]:
    """Names of Python threads that nodes started and that are still running.

    Daemons are marked: a thread that a render thread starts is one unless it says otherwise, since
    a render thread, which Python did not start, counts as a daemon. Render threads are no threads
    of Python's, though the threading module keeps an entry for each one that asked who it is.
    """
    if "threading" not in sys.modules:
        return []
    import threading

    # Not current_thread(): it would make such an entry, in an interpreter that is about to end.
    main = threading.main_thread()
    return [
        f"{thread.name} (daemon)" if thread.daemon else thread.name
        for thread in threading.enumerate()
        if thread.is_alive() and thread is not main and not _is_foreign(thread)
    ]


def _is_foreign(thread: threading.Thread) -> bool:
    """Is this only an entry for a thread that Python did not start?"""
    return type(thread).__name__ == "_DummyThread"
