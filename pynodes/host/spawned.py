"""A host's process and the two pipes that it writes to, which keep what comes until it is heard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from subprocess import DEVNULL

from pynodes.host import find
from pynodes.process.supervise import Supervisor


class Spawned:
    """A host in a process group of its own, once it was started; `close` ends it."""

    def __init__(self) -> None:
        self.supervisor = Supervisor()
        self.on_events: Callable[[bytes], None] = _unheard
        self.on_text: Callable[[bytes], None] = _unheard
        self.events_fd = self.supervisor.pipe(lambda data: self.on_events(data))
        self._text_fd = self.supervisor.pipe(lambda data: self.on_text(data))

    def start(
        self, argv: Sequence[str], *, cores: Sequence[int] = (), more_fds: Sequence[int] = ()
    ) -> None:
        """Start it with the number of its pipe for events; `more_fds` stay open in it.

        Raises:
            CannotStartError: the system refuses.
        """
        with find.starting(argv[0]):
            self.supervisor.start(
                self.with_events(argv),
                cores=cores,
                stdin=DEVNULL,
                stdout=self._text_fd,
                stderr=self._text_fd,
                pass_fds=(self.events_fd, *more_fds),
            )

    def with_events(self, argv: Sequence[str]) -> list[str]:
        """The host's command line, with the pipe that it sends events to in front."""
        return [argv[0], "--events-fd", str(self.events_fd), *argv[1:]]

    def close(self) -> None:
        """End it if it still lives."""
        self.supervisor.__exit__()


def _unheard(data: bytes) -> None:
    """Until somebody follows, pipes keep what comes."""
    raise AssertionError(data)
