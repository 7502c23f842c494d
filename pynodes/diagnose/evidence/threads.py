"""A thread: whether it is attached, what it waits for, and what it did against Python's rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, islice, takewhile
from typing import Literal

from pynodes.diagnose.evidence.frames import HANDLED, Frame, Note, shown
from pynodes.diagnose.look.threads import ObjectLook

_MACROS = {"_Py_Dealloc": "Py_DECREF", "_Py_DecRef": "Py_DECREF", "_Py_IncRef": "Py_INCREF"}
_API = re.compile(r"Py[A-Z_]")


# `none`: Python does not know the thread; `hangs`: Python keeps it for ever.
Attachment = Literal["attached", "waits", "hangs", "detached", "none", "unknown"]
WaitKind = Literal[
    "join", "barrier", "condition", "semaphore", "mutex", "futex", "read", "write", "sleep", "poll",
    "process", "pause", "file lock", "spin",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wait:
    """What a thread sleeps for. `on`: the thread that it needs, where that is known for sure."""

    kind: WaitKind
    timed: bool
    on: int | None = None
    within: bool = False  # a pipe with its other end in the same process


@dataclass(frozen=True)
class Thread:
    """One thread. `python` are its frames of Python code."""

    tid: int
    number: int
    name: str
    frames: tuple[Frame, ...]
    python: tuple[Frame, ...]
    attach: Attachment
    wait: Wait | None
    crashed: bool = False
    current: int = 0  # the thread state that is attached, where each thread has a variable for it
    naps: int = 0  # times it fell asleep within the second, or more, that was watched
    same_ms: int = 0  # for how long all looks have seen it in the same functions
    objects: tuple[ObjectLook, ...] = ()  # `frame` counts in `frames`
    open: tuple[Note, ...] = ()
    recent: tuple[Note, ...] = ()
    unmatched: Note | None = None

    @property
    def title(self) -> str:
        return f'thread {self.number} "{self.name}"' if self.name else f"thread {self.number}"

    @cached_property
    def place(self) -> Frame | None:
        """The innermost frame of the program itself."""
        return next((frame for frame in self.frames if frame.origin == "program"), None)

    @cached_property
    def asked_python(self) -> Frame | None:
        """The function of Python that the program called: the frame just inside `place`."""
        inner = list(takewhile(lambda frame: frame.origin != "program", self.frames))
        return next((frame for frame in reversed(inner) if frame.origin == "python"), None)

    @property
    def called(self) -> str:
        """What the program called, by the name that its sources have for it."""
        asked = self.asked_python
        if asked is not None and asked.function in _MACROS:
            return _MACROS[asked.function]
        known = asked is not None and _API.match(asked.function)
        return asked.function if asked is not None and known else "a function of Python"

    @cached_property
    def outer_python(self) -> Frame | None:
        """The function of Python that called the program: the first one outside `place`."""
        outer = dropwhile(lambda frame: frame.origin != "program", self.frames)
        return next((frame for frame in outer if frame.origin == "python"), None)

    @cached_property
    def in_handler(self) -> tuple[tuple[Frame, ...], tuple[Frame, ...]] | None:
        """The frames of the signal handler that it is in, and what that has interrupted."""
        at = next((i for i, frame in enumerate(self.frames) if frame.function == HANDLED), None)
        return None if at is None else (self.frames[:at], self.frames[at + 1 :])

    @cached_property
    def is_in_python(self) -> bool:
        """Whether the innermost frame that is not the system's is CPython's."""
        first = next((frame for frame in self.frames if frame.origin != "system"), None)
        return first is not None and first.origin == "python"

    def calls(self, names: frozenset[str] | set[str]) -> bool:
        return any(frame.function in names for frame in self.frames)

    def chain(self, most: int = 4, to: Frame | None = None) -> str:
        """`pthread_join <- render_all (render.c:212) <- main (main.c:88)`; as far as `to` at least,
        with a gap if that is far."""
        frames = shown(self.frames) if self.place is not None else iter(self.frames)
        first = list(islice(frames, most))
        words = [frame.where for frame in first]
        if to is not None and to in self.frames and to not in first:
            words += ["...", to.where]
        return " <- ".join(words)


@dataclass(frozen=True)
class Incident:
    """Something against Python's rules that the witness saw happen; `thread` as it stood then.

    `kind` and `phase` are words of witness/layout.h; the phase is what Python was when the thread
    attached last, `attached` whether it had done so before. `other`: the earlier call that it goes
    against, if any.
    """

    kind: str
    thread: Thread
    times: int
    value: int
    text: str
    other: Thread | None
    phase: str = ""
    attached: bool = False
