"""Stacks of all threads as CPython's faulthandler prints them, without those that show nothing."""

from __future__ import annotations

import re

_HEAD = re.compile(rb"(?:Current thread|Thread) 0x[0-9a-f]+ .*\(most recent call first\):\n")
_EMPTY = b"  <no Python frame>\n"


class Stacks:
    """Takes bytes as they come, and gives on whole lines; `empty` threads were left out."""

    def __init__(self) -> None:
        self.empty = 0
        self._rest = b""
        self._head = b""  # of a thread, until it is known whether anything follows
        self._is_after_empty = False

    def feed(self, data: bytes) -> bytes:
        """What is to be shown of it, and of what came before."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return b"".join(self._line(line + b"\n") for line in lines)

    def end(self) -> bytes:
        """What was held back."""
        held, self._head, self._rest = self._head + self._rest, b"", b""
        return held

    def _line(self, line: bytes) -> bytes:
        head, self._head = self._head, b""
        after_empty, self._is_after_empty = self._is_after_empty, False
        if _HEAD.fullmatch(line):
            self._head = line
            return head
        if head and line == _EMPTY:
            self.empty += 1
            self._is_after_empty = True
            return b""
        return b"" if after_empty and line == b"\n" else head + line
