"""How a mistake is fixed, in the words of the library that binds the program to Python there."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from pynodes.diagnose.evidence import Frame, Thread
from pynodes.diagnose.finding import where
from pynodes.diagnose.libraries import PLAIN, Library, by_name

_FORKING = frozenset({"__run_prefork_handlers", "__run_fork_handlers", "fork", "__libc_fork"})
# What else may be true of a thread that seems to have no thread state attached.
LENT = ("the thread works with a thread state made on another one",)


def help_to_detach(thread: Thread, place: Frame | None) -> str:
    """For a wait while attached."""
    if is_called_by_fork(thread):
        return (
            f"not in a handler of pthread_atfork{where(place)}, which os.fork() calls attached and"
            " with locks of its own: end the threads before, detached, in a function that"
            " os.register_at_fork(before=...) has"
        )
    return _library(thread, place).wait(where(place))


def help_to_attach(thread: Thread, place: Frame) -> str:
    """For a call while detached."""
    guarded = any(frame.guarded for frame in _next(_outside(thread, place)))
    function = "" if place.function.startswith("operator") else place.function
    return _library(thread, place).call(where(place), function, guarded=guarded)


def is_called_by_fork(thread: Thread) -> bool:
    """Whether the thread is in what Python's fork calls in the program."""
    outer = thread.outer_python
    inner = thread.frames[: thread.frames.index(outer)] if outer is not None else ()
    return any(frame.function in _FORKING for frame in inner)


def giving_up(thread: Thread) -> Frame | None:
    """The function by which a library refuses to work on a thread that is not attached."""
    inner = takewhile(lambda frame: frame.origin != "program", thread.frames)
    refusing = [
        frame
        for frame in inner
        if frame.origin == "glue" and by_name(frame.library).gives_up_in(frame.function)
    ]
    return refusing[-1] if refusing else None


def _library(thread: Thread, place: Frame | None) -> Library:
    """Of the next frames further out, else further in."""
    if place is None:
        return PLAIN
    inside = thread.frames[: thread.frames.index(place)] if place in thread.frames else ()
    near = (place, *_next(_outside(thread, place)), *_next(reversed(inside)))
    return next((by_name(frame.library) for frame in near if frame.library), PLAIN)


def _outside(thread: Thread, place: Frame) -> tuple[Frame, ...]:
    return thread.frames[thread.frames.index(place) + 1 :] if place in thread.frames else ()


def _next(frames: Iterable[Frame]) -> list[Frame]:
    """Frames up to Python's own; of its modules ctypes is a library too."""
    found = []
    for frame in frames:
        if frame.origin == "python" and not frame.library:
            break
        found.append(frame)
    return found
