"""A host that starts before it is known what to render: it starts Python while we read options.

It waits for its command line at a pipe. That is for renders as most are, with engine `auto`, on the
host that belongs to this package; who needs another one starts it, and this one ends unused.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pynodes.errors import PynodesError
from pynodes.host.find import ENV_HOST, find_host
from pynodes.host.spawned import Spawned

if TYPE_CHECKING:
    from pynodes.model.job import Job

_ENGINE = "auto"  # what the host takes for granted until it has its job


class EarlyHost:
    """A host that has no job yet. Its job can be given once.

    Raises `CannotStartError` when the system refuses.
    """

    def __init__(self, host: Path) -> None:
        self.host = host
        self.begin_ns = time.monotonic_ns()
        self.spawned = Spawned()
        self._is_given = False
        theirs, self._ours = os.pipe()
        try:
            self.spawned.start([os.fspath(host), "--job-fd", str(theirs)], more_fds=(theirs,))
        except BaseException:
            self.close()
            raise
        finally:
            os.close(theirs)

    def fits(self, job: Job) -> bool:
        """Whether it can do a job, which is for this host program."""
        return job.engine == _ENGINE and job.pixel is None and not job.debug

    def give(self, argv: Sequence[str]) -> None:
        """Give it its command line; from now on it is the caller's to end `spawned`."""
        self._is_given = True
        # Of one that died before that, the end says why.
        with suppress(BrokenPipeError), os.fdopen(self._ours, "wb") as pipe:
            words = self.spawned.with_events(argv)[1:]
            pipe.write(b"".join(os.fsencode(word) + b"\0" for word in words))

    def close(self) -> None:
        """End it, unless it has its job."""
        if not self._is_given:
            self._is_given = True
            os.close(self._ours)
            self.spawned.close()


@contextmanager
def early_host() -> Iterator[EarlyHost | None]:
    """The package's host, started early; None when there is none, which the render will explain."""
    early = None
    if not os.environ.get(ENV_HOST):  # that may be any program
        with suppress(PynodesError):
            early = EarlyHost(find_host())
    try:
        yield early
    finally:
        if early is not None:
            early.close()
