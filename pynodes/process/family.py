"""Which processes a program under supervision consists of.

Numbers of processes come from what the program wrote, may be of anybody's processes, and are used
again. So each is looked up as it stands now, before that process is looked at or signalled.
"""

from __future__ import annotations

import os
from collections.abc import Collection

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
