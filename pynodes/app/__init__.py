"""What scripts use of the application that runs them: `pynodes run`, `pynodes replay` and
`pynodes render --script`.

Everything here belongs to the main thread, where scripts and their callbacks run; on another thread
(in a node's `__call__`, on a Python thread) it raises RuntimeError, unless it says otherwise.
"""

from __future__ import annotations

import sys

from pynodes.app import control, gui, popup, selector, things
from pynodes.app import menus as _menus
from pynodes.app._bridge import host as _bridge_host
from pynodes.app.control import (
    current_frame,
    current_script,
    is_rendering,
    quit,
    render,
    run,
    tiles_done,
    wait,
)
from pynodes.app.gui import draw_now, exit, redraw, register
from pynodes.app.handlers import handlers, remove_handler
from pynodes.app.menus import invoke_menu, menus
from pynodes.app.popup import popup_block, popup_confirm, popup_menu
from pynodes.app.selector import file_selector, image_selector
from pynodes.app.things import (
    camera,
    lamp,
    load,
    material,
    open_text,
    refresh,
    save,
    scene,
    set_frame,
    undo,
    update,
    world,
)
from pynodes.app.things import object_ as object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any
else:
    ModuleType = type(sys)

__all__ = [
    "camera",
    "current_frame",
    "current_script",
    "draw_now",
    "exit",
    "file_selector",
    "handlers",
    "image_selector",
    "invoke_menu",
    "is_rendering",
    "lamp",
    "load",
    "material",
    "menus",
    "object",
    "open_text",
    "popup_block",
    "popup_confirm",
    "popup_menu",
    "quit",
    "redraw",
    "refresh",
    "register",
    "remove_handler",
    "render",
    "run",
    "save",
    "scene",
    "set_frame",
    "tiles_done",
    "undo",
    "update",
    "wait",
    "world",
]


EVENTS = {
    kind: keys
    for part in (control, gui, _menus, popup, selector, things)
    for kind, keys in part.EVENTS.items()
}
"""The events of replays; each belongs to the module of what it plays."""


def _of_call(name: str, doc: str) -> property:
    return property(lambda module: _bridge_host.call_info_get(name), doc=doc)


class _App(ModuleType):
    """This module, with what the call that runs now is about: it changes from call to call."""

    event = _of_call(
        "event",
        """In a space handler the code of the event, in a script link its name; else None.

        A handler that sets it to None keeps the event from the view.
        """,
    ).setter(lambda module, event: _bridge_host.call_info_set_event(event))
    event_value = _of_call(
        "event_value",
        "In event callbacks and handlers: 1 for a press, 0 for a release, a coordinate.",
    )
    ascii = _of_call(
        "ascii",
        "In event callbacks and handlers: the character that a key gives, or an empty text.",
    )
    bylink = _of_call("bylink", "Was this script called by a script link or a space handler?")
    link = _of_call(
        "link", "What a script link hangs on; in a space handler its kind, see `handlers`."
    )
    argument = _of_call("argument", "In a menu script: the word of the submenu that was chosen.")


sys.modules[__name__].__class__ = _App


def _let_scripts_be_imported() -> None:
    """`pynodes run` leaves it to the script that wants an application."""
    try:
        _bridge_host.state()
    except RuntimeError:  # no application runs, or not on this thread
        return
    from pynodes.app import _host

    _host.begin()


_let_scripts_be_imported()

if TYPE_CHECKING:
    event: Any
    event_value: int
    ascii: str
    bylink: bool
    link: Any
    argument: str | None
