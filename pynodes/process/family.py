"""Which processes a program under supervision consists of.

Numbers of processes come from what the program wrote, may be of anybody's processes, and are used
again. So each is looked up as it stands now, before that process is looked at or signalled.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Collection
from contextlib import suppress

from pynodes.process import procfs

_MOST = 1 << 22  # numbers that Linux gives to processes


class Family:
    """What descends from this process, but for `others`; orphans too when they are adopted."""

    def __init__(self, others: Collection[int]) -> None:
        self._others = others

    def has(self, pid: int) -> bool:
        """Whether it lives, and is one."""
        return pid not in self._others and pid in procfs.children_of(os.getpid())

    def may_have_had(self, pid: int) -> bool:
        """The same, or it may have been one: it has ended."""
        return 0 < pid <= _MOST and (self.has(pid) or not procfs.is_alive(pid))


def signal_same(pid: int, start: int, number: int) -> bool:
    """Signal the process that has its number since `start`; whether that was still there."""
    if not start or not 0 < pid <= _MOST:
        return False
    with suppress(OSError):
        held = os.pidfd_open(pid)
        try:  # from here on it is one process, whoever gets the number
            if procfs.start_of(pid) == start:
                signal.pidfd_send_signal(held, number)
                return True
        finally:
            os.close(held)
    return False
