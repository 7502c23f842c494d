"""Where a thread is, or was: native frames, and the calls that the witness noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import PurePosixPath
from typing import Any


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


_ENTRY = ("__libc_start", "start_thread", "clone", "_start", "__clone")


def shown(frames: tuple[Frame, ...]) -> Iterator[Frame]:
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
