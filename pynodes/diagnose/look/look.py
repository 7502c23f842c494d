"""One look at a process, whole: what rules judge, what is kept, what tests replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pynodes.diagnose.look.form import dataclass
from pynodes.diagnose.look.frames import Frames
from pynodes.diagnose.look.noted import IncidentLook, ProcessNotes
from pynodes.diagnose.look.python import PythonLook
from pynodes.diagnose.look.threads import ThreadLook

Lost = tuple[str, str, str]  # what could not be seen, why, and how to get it


@dataclass(frozen=True, slots=True)
class Collector:
    """What has looked."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class FaultLook:
    """The signal that a core file was left by.

    `sender`: the process that sent it; `said`: CPython's words, when it gave up.
    """

    signal: int
    code: int = 0
    address: int | None = None
    said: str = ""
    sender: int | None = None


@dataclass(frozen=True, slots=True)
class StackLook:
    """That of a thread, from its end `low` to its start, and how far it was in use."""

    pointer: int
    low: int
    high: int
    guard: int  # bytes below the end that nobody may use


@dataclass(frozen=True, slots=True)
class CrashLook:
    """A crash, and the thread that it came to. `stack`: return addresses, `bounds` what they are
    on."""

    signal: int
    tid: int
    code: int = 0
    address: int | None = None
    pid: int = 0
    stack: tuple[int, ...] = ()
    bounds: StackLook | None = None


@dataclass(frozen=True, slots=True)
class KeptGil:
    """A GIL that one thread kept from others."""

    gil: int
    ms: int


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that was seen of one process.

    Attributes:
        places: frames by return address, of what the witness noted.
        fault: of a core file.
        trigger: crash, freeze, limit, asked (a living process), interrupt (Ctrl-C), exit.
        forked: it is a child of fork that has run no other program since; None: not known.
        parent_tids: the threads of its parent.
        notes: None: no witness is in it.
        signal: the name of that of the crash; fatal_text: what CPython said last.
    """

    collector: Collector
    pid: int
    lost: tuple[Lost, ...]
    threads: tuple[ThreadLook, ...]
    python: PythonLook | None
    places: dict[int, Frames]
    program: str = ""
    fault: FaultLook | None = None
    trigger: str = ""
    forked: bool | None = False
    parent_tids: tuple[int, ...] = ()
    notes: ProcessNotes | None = None
    incidents: tuple[IncidentLook, ...] = ()
    kept: tuple[KeptGil, ...] = ()
    crash: CrashLook | None = None
    signal: str = ""
    fatal_text: str = ""

    def with_frames(self, changed: Callable[[Frames], Frames]) -> Look:
        """The same with other frames in the place of all that there are."""
        return replace(
            self,
            threads=tuple(replace(each, frames=changed(each.frames)) for each in self.threads),
            places={address: changed(frames) for address, frames in self.places.items()},
            incidents=tuple(
                replace(each, stack=changed(each.stack), other_stack=changed(each.other_stack))
                for each in self.incidents
            ),
        )
