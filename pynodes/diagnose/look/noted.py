"""What the witness noted: the calls of each thread, and what went against Python's rules."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes.diagnose.look.form import dataclass
from pynodes.diagnose.look.frames import Frames


@dataclass(frozen=True, slots=True)
class CallNote:
    """A call of Python's. `callers`: return addresses, the innermost first.

    `state` is the thread state that it was given, `frame` where its caller's frame ends.
    """

    call: str
    value: int
    callers: tuple[int, ...]
    state: int = 0
    frame: int = 0


@dataclass(frozen=True, slots=True)
class ThreadNotes:
    """Those of one thread.

    Attributes:
        depth: attaches that are open; `open` are the outermost of them.
        unmatched: releases that had no attach; `unmatched_note` is the first.
        recent: the last calls, the oldest first.
        asked: the number of the question that `stack` and `current` answer.
        held: it stands still since another one crashed, in the system call `call`.
    """

    tid: int
    pid: int
    ended: bool
    depth: int
    unmatched: int
    unmatched_note: CallNote | None
    open: tuple[CallNote, ...]
    recent: tuple[CallNote, ...]
    asked: int
    current: int | None
    stack: tuple[int, ...]
    held: bool = False
    call: tuple[int, ...] = ()

    def notes(self) -> Iterator[CallNote]:
        """All of them."""
        yield from (*self.open, *self.recent)
        if self.unmatched_note is not None:
            yield self.unmatched_note


@dataclass(frozen=True, slots=True)
class ProcessNotes:
    """Those of a process.

    Attributes:
        initialized, finalized: how often Python was started and ended; `running`: it is.
        lost: threads or processes that there was no room for.
        returns_to: where a handler of a signal returns to.
        starter: the thread that started Python, at `started`.
        releaser: one that called PyEval_ReleaseLock, at `released`, and has not taken it since.
        sees: all calls come through the witness; else that nothing was noted means nothing.
        within: Python is part of the program, which calls it past the witness.
    """

    initialized: int
    finalized: int
    lost: int
    running: bool
    threads: tuple[ThreadNotes, ...]
    returns_to: int = 0
    starter: int = 0
    started: CallNote | None = None
    releaser: int = 0
    released: CallNote | None = None
    sees: bool = True
    within: bool = False

    def thread(self, tid: int) -> ThreadNotes | None:
        return next((thread for thread in self.threads if thread.tid == tid), None)

    def addresses(self) -> set[int]:
        """Every code address in them, to be turned into places while the process lives."""
        notes = [note for thread in self.threads for note in thread.notes()]
        notes += filter(None, (self.started, self.released))
        stacks = [*(note.callers for note in notes), *(thread.stack for thread in self.threads)]
        return {address for stack in stacks for address in stack}


@dataclass(frozen=True, slots=True)
class IncidentLook:
    """Something against Python's rules. `kind` and `phase` are words of witness/layout.h."""

    kind: str
    pid: int
    tid: int
    times: int
    value: int
    other_tid: int
    phase: str
    attached: bool
    name: str
    text: str
    stack: Frames
    other_stack: Frames
