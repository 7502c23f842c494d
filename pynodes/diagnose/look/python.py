"""CPython's own state: its interpreters, their GILs, the thread states."""

from __future__ import annotations

from pynodes.diagnose.look.form import dataclass
from pynodes.diagnose.look.frames import PlaceLook


@dataclass(frozen=True, slots=True)
class StopLook:
    """A stop of all threads that is under way."""

    stopped: bool
    requester: int
    missing: int  # threads that have not stopped yet


@dataclass(frozen=True, slots=True)
class GilLook:
    """A GIL. `holder`: the thread state that has it, or had it last; `enabled`: it is in use."""

    address: int
    locked: bool
    holder: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class RuntimeLook:
    """What is one for the process.

    Attributes:
        finalizing: the thread state that ends Python; 0: nobody does.
        main_thread: the C library's word for it.
        current: the thread state that is attached, where the process has one variable for it.
        signaled: Python's handler took a signal that no Python code has looked at.
    """

    core_initialized: bool
    initialized: bool
    finalizing: int
    main_thread: int
    current: int | None
    stop: StopLook | None
    signaled: bool | None = None


@dataclass(frozen=True, slots=True)
class InterpreterLook:
    """One interpreter. `gil` is None where there is none."""

    id: int
    finalizing: bool
    gil: GilLook | None
    own_gil: bool
    stop: StopLook | None


@dataclass(frozen=True, slots=True)
class StateLook:
    """A thread state. `tid`: of its thread, which is `alive` or not; `pthread`: by the C library.

    `attached` is None where it is not known, `frames` are those of Python code.
    """

    address: int
    interpreter: int
    tid: int
    alive: bool
    pthread: int
    attached: bool | None
    counter: int
    frames: tuple[PlaceLook, ...]


@dataclass(frozen=True, slots=True)
class PythonLook:
    """The Python of a process. `where`: the file that it is in; `how` it was read; `problem`: why
    it was not, or not whole."""

    version: str
    where: str
    how: str
    problem: str
    runtime: RuntimeLook | None
    interpreters: tuple[InterpreterLook, ...]
    states: tuple[StateLook, ...]
    free_threaded: bool = False
