"""What every command shows of a host while it runs."""

from __future__ import annotations

from pynodes.cli.console import Console
from pynodes.host.listener import Listener
from pynodes.model import event as ev

_AT_THE_END = ("cancelled", "lost")


class HostShown(Listener):
    """Shows warnings, what the host prints, and each error once.

    Args:
        ending: what is done after the first Ctrl-C.
    """

    def __init__(self, console: Console, ending: str) -> None:
        self.console = console
        self._ending = ending
        self._shown: set[tuple[str, str, str]] = set()

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.Warned):
            self.console.warning(event.what, event.where, event.help)
        elif isinstance(event, ev.Failed) and event.kind not in _AT_THE_END:
            self.failed(event)

    def failed(self, event: ev.Failed) -> None:
        """An error came, which the end does not say again."""
        key = (event.kind, event.who or event.node, event.what)
        if key not in self._shown:
            self._shown.add(key)
            self.show_error(event)

    def show_error(self, event: ev.Failed) -> None:
        """The same error comes once."""
        self.console.error(event.what, event.where, event.help, event.detail)

    def text(self, data: bytes) -> None:
        self.console.forward(data)

    def interrupted(self, times: int) -> None:
        words = (f"{self._ending}; Ctrl-C again stops at once", "stopping now", "killed")
        self.console.note(words[min(times, 3) - 1])

    def limit_reached(self) -> None:
        self.console.note("the time limit is over: asking for all stacks, then ending the host")
