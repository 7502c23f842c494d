"""Space handlers: texts that are run for the events of the view, or after it was drawn.

The first line of a text says what it is for, and running such a text installs it:

    # SPACEHANDLER.VIEW3D.EVENT        presses of keys and mouse buttons, movements
    # SPACEHANDLER.VIEW3D.EVENT_ALL    releases too
    # SPACEHANDLER.VIEW3D.DRAW         after the view was drawn: draw over it with app.draw2d

From then on the whole text is run each time, in a fresh namespace. It finds the event in
`app.event` (a code of `app.codes`) and `app.event_value`, and in `app.link` one of the numbers
below; `app.event = None` keeps the event from the view.
"""

from __future__ import annotations

from pynodes.app._bridge import host as _host

VIEW3D_DRAW = 1
VIEW3D_EVENT = 2
VIEW3D_EVENT_ALL = 3


def handlers() -> dict[str, int]:
    """The handlers that are installed: text and kind."""
    return dict(_host.handler_list())


def remove_handler(name: str) -> None:
    """Uninstall one.

    Raises:
        ValueError: no handler has that name.
    """
    _host.handler_remove(name)
