"""What there is to hear while a host runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pynodes.model import event as ev


class Listener:
    """Hears of one run of a host, in the thread that runs it. Every method does nothing here."""

    def event(self, event: ev.Event) -> None:
        """An event came, after it was taken into the result."""

    def text(self, data: bytes) -> None:
        """The host, a node or CPython wrote this to stdout or stderr; any bytes."""

    def picture(self, path: Path, warnings: tuple[str, ...]) -> None:
        """A frame was turned into this picture."""

    def interrupted(self, times: int) -> None:
        """A Ctrl-C was passed on to the host, the first (`times` 1) or a later one."""

    def limit_reached(self) -> None:
        """The time limit is over; the host is about to be ended."""

    def paused(self, now: bool) -> None:
        """Ctrl-Z: everything is about to stop (`now` True), or goes on again (False)."""

    def tick(self) -> None:
        """Called a few times a second, whatever happens."""
