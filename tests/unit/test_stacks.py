"""Threads without a Python frame are counted in stacks that CPython prints, and not shown."""

from __future__ import annotations

import pytest

from pynodes.cli.stacks import Stacks

EMPTY = b"Thread 0x00007fb16b8df6c0 (most recent call first):\n  <no Python frame>\n\n"
NAMED = b"Thread 0x00007fb16b8df6c0 [render 1] (most recent call first):\n  <no Python frame>\n\n"
MAIN = b"Current thread 0x00007fb16c4b4bc0 (most recent call first):\n  <no Python frame>\n"
BUSY = (
    b"Current thread 0x00007fb16a8de6c0 (most recent call first):\n"
    b'  File "ends.py", line 10 in __call__\n'
)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_threads_without_a_frame_are_left_out_however_they_come(size: int) -> None:
    said = b"before\n\n" + EMPTY + NAMED + BUSY + b"\n" + EMPTY + MAIN + BUSY + b"  no newline"
    stacks = Stacks()

    shown = b"".join(stacks.feed(said[i : i + size]) for i in range(0, len(said), size))
    shown += stacks.end()

    assert shown == b"before\n\n" + BUSY + b"\n" + BUSY + b"  no newline"
    assert stacks.empty == 4


def test_head_that_nothing_follows_is_shown() -> None:
    head = BUSY.splitlines(keepends=True)[0]
    stacks = Stacks()

    assert stacks.feed(head) + stacks.feed(head) + stacks.end() == head * 2
    assert stacks.empty == 0
