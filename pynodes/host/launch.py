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
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pynodes.host.spawned import Spawned

if TYPE_CHECKING:
    from pynodes.host.early import EarlyHost
    from pynodes.process.supervise import Supervisor

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)


class Launch:
    """A host that was started when the context was entered; it does not outlive it.

    `--events-fd` and `--status` are put in front of the other arguments here. Signals for this
    process are kept in `signals` from before the start on. That needs the main thread: elsewhere
    they stay what they are.

    Args:
        cores: the host may use these alone.
        limit_s: how long it may take, from its start on, or from when it got its job.
        early: a host that runs already, for this program, gets the job.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        status: Path | None = None,
        limit_s: float | None = None,
        cores: Sequence[int] = (),
        early: EarlyHost | None = None,
    ) -> None:
        self.argv = tuple(argv)
        self.status = status
        self.limit_s = limit_s
        self.signals: list[int] = []
        self.begin_ns = 0
        self.spawned = Spawned() if early is None else early.spawned
        self._early = early
        self._cores = cores

    @property
    def host(self) -> Supervisor:
        return self.spawned.supervisor

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
        self.spawned.close()

    def _start(self) -> None:
        self.begin_ns = time.monotonic_ns()
        self.host.catch(dict.fromkeys(_CAUGHT, self.signals.append))
        status = [] if self.status is None else ["--status", os.fspath(self.status)]
        argv = [self.argv[0], *status, *self.argv[1:]]
        if self._early is None:
            self.spawned.start(argv, cores=self._cores)
        else:
            self._early.give(argv)
