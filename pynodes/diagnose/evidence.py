"""What was seen of a process, in the terms that rules speak: threads, who is attached, who waits.

Nothing here looks at a process, and nothing decides what is wrong; assemble.py makes it of what a
collector wrote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import dropwhile, islice, takewhile, zip_longest
from pathlib import PurePosixPath
from typing import Any

from pynodes.diagnose.look.look import StackLook
from pynodes.diagnose.look.python import StateLook
from pynodes.diagnose.look.threads import ObjectLook

_MACROS = {"_Py_Dealloc": "Py_DECREF", "_Py_DecRef": "Py_DECREF", "_Py_IncRef": "Py_INCREF"}
_API = re.compile(r"Py[A-Z_]")


@dataclass(frozen=True, slots=True)
class Frame:
    """One native frame. `origin`: python, system, program, or glue: of a library that binds
    programs to Python, whose name is `library`. `guarded`: it detaches for what it calls."""

    function: str
    file: str
    line: int
    origin: str
    library: str = ""
    guarded: bool = False

    def as_dict(self) -> dict[str, Any]:
        return {"function": self.function, "file": self.file, "line": self.line}

    @property
    def where(self) -> str:
        """`function (file.c:12)`; of the system's and Python's own functions the name is enough."""
        if self.origin == "glue":
            return self.function or "??"
        if self.origin == "system":
            return self.function.lstrip("_").removeprefix("GI_") or "??"
        if not self.file or self.origin == "python":
            return self.function or "??"
        return f"{self.function or '??'} ({PurePosixPath(self.file).name}:{self.line})"


HANDLED = "<signal handler called>"  # the function of the frame between a handler and the rest


@dataclass(frozen=True, slots=True)
class Wait:
    """What a thread sleeps for. `on`: the thread that it needs, where that is known for sure."""

    kind: str
    timed: bool
    on: int | None = None
    within: bool = False  # a pipe with its other end in the same process


@dataclass(frozen=True, slots=True)
class Note:
    """A call that the witness saw; `callers` innermost first."""

    call: str
    callers: tuple[Frame, ...]
    value: int = 0
    state: int = 0  # the thread state that it was given
    frame: int = 0  # where its caller's frame ends: the same in one call of that; 0: unknown

    @property
    def place(self) -> Frame | None:
        """The innermost caller that is the program's."""
        return next((frame for frame in self.callers if frame.origin == "program"), None)

    def chain(self, most: int = 3) -> str:
        callers = [frame.where for frame in self.callers if frame.origin != "glue"]
        return " <- ".join((self.call, *callers[:most]))


@dataclass(frozen=True)
class Thread:
    """One thread.

    `attach`: attached, waits, hangs, detached, none (Python does not know it), unknown.
    """

    tid: int
    number: int
    name: str
    frames: tuple[Frame, ...]
    python: tuple[Frame, ...]
    attach: str
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
        frames = _shown(self.frames) if self.place is not None else iter(self.frames)
        shown = list(islice(frames, most))
        words = [frame.where for frame in shown]
        if to is not None and to in self.frames and to not in shown:
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


@dataclass(frozen=True)
class Interpreter:
    number: int
    locked: bool
    enabled: bool  # False on a free-threaded build that runs without a GIL
    gil: int
    holder: int  # address of a thread state


@dataclass(frozen=True)
class Evidence:
    """All that rules may know."""

    trigger: str  # crash, freeze, limit, asked (a living process), interrupt (Ctrl-C), exit
    signal: str
    fatal_text: str
    python: str  # version; empty when there is no Python
    free_threaded: bool
    how: str
    initialized: bool | None
    was_initialized: bool | None
    finalizing: bool | None
    stop_requested: bool
    threads: tuple[Thread, ...]
    interpreters: tuple[Interpreter, ...]
    states: tuple[StateLook, ...]
    ended: tuple[Thread, ...] = ()  # threads that are gone, and left something open
    elsewhere: frozenset[int] = frozenset()  # threads of the parent process
    has_notes: bool = False
    fault: int | None = None  # the address that could not be reached; None where not known
    stack: StackLook | None = None  # of the thread that crashed
    starter: int = 0  # the thread that started Python
    started: Note | None = None  # and where
    releaser: int = 0  # the thread that called PyEval_ReleaseLock, and has not taken it since
    released: Note | None = None
    knows_current: bool = False  # what each thread has attached, by CPython's own variable
    is_forked: bool = False  # a child of fork that has run no other program since
    origin_known: bool = True  # whether that can be known; not of a core file
    incidents: tuple[Incident, ...] = ()
    signaled: bool | None = None  # Python's handler took a signal that nobody has looked at since
    main: int = 0  # the thread that Python takes for the main one
    kept: tuple[tuple[int, int], ...] = ()  # GILs that one thread kept from others; how long, in ms

    def noted(self, *kinds: str) -> Iterator[Incident]:
        """Incidents of some kinds; only of threads in which the program itself was under way."""
        return (
            seen for seen in self.incidents if seen.kind in kinds and seen.thread.place is not None
        )

    @cached_property
    def crashed(self) -> Thread | None:
        return next((thread for thread in self.threads if thread.crashed), None)

    @cached_property
    def waiting(self) -> tuple[Thread, ...]:
        """Threads that want to be attached and are not."""
        return tuple(thread for thread in self.threads if thread.attach == "waits")

    @cached_property
    def holders(self) -> tuple[Thread, ...]:
        return tuple(thread for thread in self.threads if thread.attach == "attached")

    def thread(self, tid: int | None) -> Thread | None:
        return next((thread for thread in self.threads if thread.tid == tid), None)

    def state(self, address: int) -> StateLook | None:
        return next((state for state in self.states if state.address == address), None)

    def others(self, thread: Thread) -> Iterator[Thread]:
        return (other for other in self.threads if other is not thread)

    def needs_attaching(self, thread: Thread | None) -> bool:
        """Whether a thread can only go on once somebody else detaches: it waits itself, or for one
        that does."""
        seen: set[int] = set()
        while thread is not None and thread.tid not in seen:
            if thread.attach == "waits":
                return True
            seen.add(thread.tid)
            thread = self.thread(thread.wait.on) if thread.wait is not None else None
        return False


_ENTRY = ("__libc_start", "start_thread", "clone", "_start", "__clone")


def _shown(frames: tuple[Frame, ...]) -> Iterator[Frame]:
    """The frames worth showing: the program's, and the outermost of each run of others."""
    for frame, after in zip_longest(frames, frames[1:]):
        if frame.origin in ("system", "glue"):
            # what the system does below a function of Python's that waits concerns Python alone
            show = after is not None and after.origin == "program"
        elif frame.origin == "python":
            show = after is None or after.origin != "python" or frame.function == "take_gil"
        else:
            show = True
        if show and not frame.function.startswith(_ENTRY):
            yield frame
