"""A thread, the objects that it has in hand, and the system call that it waits in."""

from __future__ import annotations

from pynodes.diagnose.look.form import dataclass
from pynodes.diagnose.look.frames import Frames


@dataclass(frozen=True, slots=True)
class ObjectLook:
    """A Python object that is an argument or a variable of a frame.

    Attributes:
        frame: which, counted from the innermost.
        type: the name of its type; None: it has none that could be true.
        references: its count; None: not to be read.
        local: it is a variable, which was in a register where the thread crashed.
        gone: an argument that is kept nowhere any more.
    """

    frame: int
    name: str
    address: int
    type: str | None
    references: int | None = None
    local: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class CallLook:
    """A system call; one without a known name has its number for that.

    Attributes:
        word, owner: what lies at a futex: the thread to join, a mutex's owner.
        within: of a read or write: the other end is in the same process.
    """

    name: str
    args: tuple[int, int, int, int, int, int]
    word: int | None = None
    owner: int | None = None
    within: bool = False


@dataclass(frozen=True, slots=True)
class ThreadLook:
    """One thread.

    Attributes:
        call: None: it runs, or that is not known.
        current: the thread state that is attached by CPython's own variable; None: not known.
        pthread: what the C library calls it; 0: not known.
        spin: `pause` or `yield`, when the code near by is that of a loop which only looks.
        state: a number for all its registers and callers; None: not known.
        naps: times that it fell asleep while it was watched.
        still: it has not moved since the look before.
        same_ms: for how long all looks have seen it in the same functions.
    """

    tid: int
    number: int
    name: str
    frames: Frames
    call: CallLook | None
    current: int | None
    objects: tuple[ObjectLook, ...] = ()
    pthread: int = 0
    spin: str = ""
    state: int | None = None
    naps: int = 0
    still: bool = False
    same_ms: int = 0
