"""Where a thread is: native frames, and places in sources."""

from __future__ import annotations

from dataclasses import replace

from pynodes.diagnose.look.form import dataclass


@dataclass(frozen=True, slots=True)
class PlaceLook:
    """A function and a line of its source: of Python code, or of what C was written from."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class FrameLook:
    """A native frame; None and 0 are what is not known.

    Attributes:
        module: the file that its code is in; empty for the program.
        signal: it is the system's, between a handler and what that has interrupted.
        number: of that signal; 0: not known.
        no_code: what was called is not there.
        inlined: the compiler took the function in, and those around it are not here.
        written: what the line was written from, by a program.
    """

    function: str | None
    file: str | None
    line: int
    module: str
    signal: bool = False
    number: int = 0
    no_code: bool = False
    written: PlaceLook | None = None
    inlined: bool = False


Frames = tuple[FrameLook, ...]  # innermost first


def as_signal(frames: Frames) -> Frames:
    """The place that a handler of a signal returns to."""
    return tuple(replace(frame, signal=True) for frame in frames)
