"""Run other scripts, render, wait, quit."""

from __future__ import annotations

from pynodes.app._bridge import host as _host

EVENTS = {
    "quit": (),
    "render": (("mode", ("still", "anim"), "still"), ("frames", "frames", ())),
    "script": (("name", "script"), ("args", "texts", ())),
}
"""Events of replays, with their keys as rows of `pynodes.replay.kinds.Key`."""


def run(script: str, *args: str) -> int:
    """Run another script, in a namespace of its own, and return its status.

    Args:
        script: a path, or the name of a script that ran or was imported already.
        args: become its `sys.argv[1:]`.
    """
    return _host.run(script, *args)


def render(*frames: int) -> None:
    """Render frames of the scene as it is now (without any: the current one), and wait for them.

    Other threads go on in Python meanwhile. A render in the background waits until this is done.
    """
    _host.render(*frames)


def wait() -> None:
    """Wait until the background render has finished its frame; without one, return at once."""
    _host.wait()


def quit() -> None:
    """End the application when this script or callback is over.

    A background render stops at its next tile. What was registered is dropped and not called
    again.
    """
    _host.quit()


def current_frame() -> int:
    """The frame that was set last."""
    return _host.state()["frame"]


def current_script() -> str | None:
    """Name of the script whose code runs now."""
    return _host.state()["script"]


def is_rendering() -> bool:
    """Does a render go on in the background?"""
    return _host.state()["rendering"]


def tiles_done() -> int:
    """Tiles that the background render has finished so far, over all its frames."""
    return _host.state()["tiles"]
