"""Start the host, pass signals on, leave nothing behind.

The host is the leader of a process group of its own. So a Ctrl-C on the terminal reaches this
process alone and goes to the host exactly once, however it came, and a last sweep also ends what
the host started.

The host needs a while until it says something. What is needed to hear it (`follow`) is loaded in
that time, so nothing here imports it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import DEVNULL
from typing import TYPE_CHECKING, Self

from pynodes.host import find
from pynodes.process.supervise import Supervisor

if TYPE_CHECKING:
    pass

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)


class Launch:
    """A host that was started when the context was entered; it does not outlive it.

    `--events-fd` and `--status` are put in front of the other arguments here. Signals for this
    process are kept in `signals` from before the start on. That needs the main thread: elsewhere
    they stay what they are.

    Args:
        cores: the host may use these alone.
        limit_s: how long it may take, from its start on.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        status: Path | None = None,
        limit_s: float | None = None,
        cores: Sequence[int] = (),
    ) -> None:
        self.argv = tuple(argv)
        self.status = status
        self.limit_s = limit_s
        self.signals: list[int] = []
        self.host = Supervisor()
        self.begin_ns = 0
        self.on_events: Callable[[bytes], None] = _unheard
        self.on_text: Callable[[bytes], None] = _unheard
        self._cores = cores

    def __enter__(self) -> Self:
        """Start it. Raises `CannotStartError` when the system refuses."""
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """End the host if it still lives, and give signals back to whom they belong."""
        self.host.__exit__()

    def _start(self) -> None:
        host = self.host
        self.begin_ns = time.monotonic_ns()
        host.catch(dict.fromkeys(_CAUGHT, self.signals.append))
        events = host.pipe(lambda data: self.on_events(data))
        text = host.pipe(lambda data: self.on_text(data))
        extra = ["--events-fd", str(events)]
        if self.status is not None:
            extra += ["--status", os.fspath(self.status)]
        with find.starting(self.argv[0]):
            host.start(
                [self.argv[0], *extra, *self.argv[1:]],
                cores=self._cores,
                stdin=DEVNULL,
                stdout=text,
                stderr=text,
                pass_fds=(events,),
            )


def _unheard(data: bytes) -> None:
    """Until somebody follows, pipes keep what comes."""
    raise AssertionError(data)
