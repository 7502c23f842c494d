"""All that was seen of a process: what rules may know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from pynodes.diagnose.evidence.frames import Note
from pynodes.diagnose.evidence.threads import Incident, Thread
from pynodes.diagnose.look.look import StackLook
from pynodes.diagnose.look.python import StateLook


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

    def needs(self, thread: Thread | None) -> Thread | None:
        """Who has to be attached before a thread can go on: itself, or one that it waits for."""
        seen: set[int] = set()
        while thread is not None and thread.tid not in seen:
            if thread.attach == "waits":
                return thread
            seen.add(thread.tid)
            thread = self.thread(thread.wait.on) if thread.wait is not None else None
        return None
