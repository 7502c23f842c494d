"""File and image selectors: they open, and return at once; the callback comes when the user has
chosen.

A script has one of each; opening a second one replaces it. The script lives on until then. When the
user cancels, the callback is never called.
"""

from __future__ import annotations

from pynodes.app._bridge import host as _host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = {
    "file": (("path", "path"),),
    "image": (("path", "path"),),
}
"""Events of replays, with their keys as rows of `pynodes.replay.kinds.Key`."""


def file_selector(callback: Callable[[str], object]) -> None:
    """Let the user choose a file; `callback(path)` is called then. It need not exist.

    Raises:
        RuntimeError: in a script link or a DRAW handler, or where nobody could choose.
    """
    _host.selector_open(callback, False)


def image_selector(callback: Callable[[str, tuple[int, int]], object]) -> None:
    """Let the user choose a picture; `callback(path, (width, height))` is called then.

    Raises:
        RuntimeError: in a script link or a DRAW handler, or where nobody could choose.
    """
    _host.selector_open(callback, True)
