"""What a diagnosis could not see: each thing once, with why, and how to get it."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from pynodes.diagnose.collect.notes import Notes
from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.look.look import Look
from pynodes.diagnose.report import Loss

_SHARED = "link the program, or its Python, with the shared libpython"
_PAST = (
    "who attached where",
    "Python's functions are called past the witness: they are in no import table",
    _SHARED,
)
_WITHIN = (
    "what the program that Python is part of calls itself",
    "calls inside the executable itself are not seen, those of extension modules and libraries are",
    _SHARED,
)
_SETUID = "it is setuid, and the loader leaves the witness out of it and of what it starts"
_NO_WITNESS = "the witness is not in it: a setuid program, or one that cleared its environment"
_UNSEEN_CRASH = (
    "the witness was not in it (a setuid program, one without a dynamic loader, or one that"
    " cleared its environment), or it came in a handler while its signal was blocked, or on a stack"
    " without room for the program's own handler"
)


class Losses:
    """Those of one diagnosis. `notes`: the witness's file, where there is a witness."""

    def __init__(self, notes: Notes | None) -> None:
        self.all: list[Loss] = []
        self._notes = notes

    def add(self, what: str, why: str, help: str = "") -> None:
        if all(loss.what != what for loss in self.all):
            self.all.append(Loss(what, why, help))

    def add_of(self, look: Look) -> None:
        """What a look lacks."""
        for entry in look.lost:
            self.add(*entry)
        python, notes = look.python, look.notes
        if python is not None and python.problem:
            help = (
                "install libpython's debug symbols; until then there are stacks alone to judge by"
            )
            what = "who is attached and who holds the GIL, by CPython's own state"
            self.add(what, python.problem, help if python.version else "")
        elif python is not None and python.how.startswith("the table"):
            self.add(
                "types of CPython",
                f"no debug symbols: read with {python.how}, checked against the process",
                "install libpython's debug symbols, such as libpython3-dbg",
            )
        elif python is None and any(
            "libpython" in frame.module for thread in look.threads for frame in thread.frames
        ):
            self.add("CPython's own state", "no symbol _PyRuntime was found")
        if python is not None and notes is not None and not notes.sees:
            self.add(*(_WITHIN if notes.within else _PAST))
        elif python is not None and look.threads and self._notes is not None and notes is None:
            self.add(f"what process {look.pid} did", _NO_WITNESS)

    def add_unnoted(self) -> bool:
        """What the witness itself knows that it did not see; whether there is any."""
        names = ("past", "within", "lost")
        past, within, lost = (self._notes.number(name) if self._notes else 0 for name in names)
        if past:
            self.add(*_PAST)
        if within:
            self.add(*_WITHIN)
        if lost:
            why = "they were more at once than the witness has room for"
            self.add("some of the program's threads or processes", why)
        return bool(past or within or lost)

    def add_setuid(self, program: str) -> bool:
        """Whether the loader leaves the witness out of a program, which becomes another user."""
        with suppress(OSError, TypeError):
            facts = os.stat(shutil.which(program))  # type: ignore[arg-type]  # noqa: PTH116
            changes = facts.st_mode & stat.S_ISUID and facts.st_uid != os.geteuid()
            if self._notes is not None and (changes or facts.st_mode & stat.S_ISGID):
                help = "run pynodes diagnose as the user that it becomes, on what it starts"
                self.add("all that the program did with Python", _SETUID, help)
                return True
        return False

    def add_crash(self, pid: int) -> None:
        """A process died of a crash that nobody looked at."""
        if self._notes is not None:
            self.add(f"the crash of process {pid}", _UNSEEN_CRASH)

    def add_lines(self, evidence: Evidence, program: str) -> None:
        """Whether a program that runs Python is known by function and line."""
        if not evidence.python:
            return  # a shell, or what else waits for the program
        frames = [frame for thread in evidence.threads for frame in thread.frames]
        own = [frame for frame in frames if frame.origin == "program"]
        if Path(program).name.startswith("python"):  # of which nobody asks for lines
            own = [frame for frame in own if frame.function != "main"]
        named = len(own) < len(frames)  # else nothing at all could be named
        if own and named and not any(frame.line for frame in own):
            name = Path(program).name or "the program"
            self.add(
                f"functions and lines of {name}",
                "it has no debug information",
                "compile it with -g, and do not strip it",
            )
