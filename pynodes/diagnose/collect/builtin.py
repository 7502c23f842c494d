"""The collector that needs no gdb: the witness's stacks, /proc, and CPython's state from memory.

Stacks come from the witness, which asks each thread for its own; without it there are none. Memory
and system calls of a process may only be read with the same right that gdb needs, ptrace; where it
is missing the witness still says what Python showed each thread.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pynodes.diagnose.collect import gdb, python_state
from pynodes.diagnose.collect.calls import call_look
from pynodes.diagnose.collect.maps import Maps, maps_of
from pynodes.diagnose.collect.notes import Notes
from pynodes.diagnose.collect.python_state import Layout, MemoryReader, Read, UnreadableError
from pynodes.diagnose.look.frames import as_signal
from pynodes.diagnose.look.look import Collector, CrashLook, Look, Lost
from pynodes.diagnose.look.noted import ProcessNotes
from pynodes.diagnose.look.python import PythonLook
from pynodes.diagnose.look.threads import CallLook, ThreadLook
from pynodes.process import procfs

ANSWER_S = 1.0
_WITNESS = "libpynodes-witness"
_QUESTION = signal.SIGRTMAX - 3


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a thread said of itself: its stack as return addresses, and its thread state."""

    stack: tuple[int, ...] = ()
    current: int | None = None


def collect(
    pid: int, crash: CrashLook | None, file: Notes | None, notes: ProcessNotes | None
) -> Look:
    """A look as gdb's is. `file` is the witness's, `notes` are what it says of the process."""
    maps = maps_of(pid)
    tids = sorted(procfs.tids_of(pid), key=lambda tid: tid != pid)  # the main one is the first
    memory = memory_of(pid)
    crashed = crash.tid if crash is not None else 0
    python, layout = _python(maps, memory, set(tids))
    reader = MemoryReader(memory, layout) if memory is not None else None
    calls = {tid: _call(pid, tid, reader) for tid in tids}
    names = {tid: procfs.text(Path(f"/proc/{pid}/task/{tid}/comm")) for tid in tids}
    # last of all: a thread that is asked in the midst of a write returns from it early
    writing = {tid for tid, call in calls.items() if call and call.name == "write"}
    asked = [tid for tid in tids if tid != crashed] if _can_be_asked(pid, maps) else []
    rounds = [[t for t in asked if t not in writing], [t for t in asked if t in writing]]
    answers = _ask(pid, rounds, file)
    if crash is not None:
        own = notes.thread(crashed) if notes is not None else None
        answers[crashed] = _Answer(crash.stack, own.current if own is not None else None)
    silent = [tid for tid in tids if not answers.get(tid, _Answer()).stack]
    if python is None or python.version.split(".")[:2] in ([""], ["3", "11"]):
        # before 3.12 Python says of the whole process which thread state is attached
        answers = {tid: replace(answer, current=None) for tid, answer in answers.items()}
    wanted = {address for answer in answers.values() for address in answer.stack}
    threads = notes.threads if notes is not None else ()
    wanted.update(a for thread in threads for note in thread.notes() for a in note.callers)
    places = maps.places(wanted)
    if notes is not None and notes.returns_to in places:
        places[notes.returns_to] = as_signal(places[notes.returns_to])
    return Look(
        collector=Collector("the built-in collector", ""),
        pid=pid,
        program=procfs.link(Path(f"/proc/{pid}/exe")),
        lost=(
            *_unread(memory is not None, not tids or bool(maps.spans)),
            *_unanswered(file is not None and file.loaded, len(silent)),
            *maps.lost,
        ),
        threads=tuple(
            ThreadLook(
                tid=tid,
                number=number,
                name=names[tid],
                frames=tuple(frame for address in answer.stack for frame in places[address]),
                call=calls[tid],
                current=answer.current,
            )
            for number, tid in enumerate(tids, 1)
            for answer in [answers.get(tid, _Answer())]
        ),
        python=python,
        places=places,
    )


def _unread(has_memory: bool, has_maps: bool) -> Iterator[Lost]:
    """What, why and how to get it, of what /proc does not show."""
    if not has_memory:
        yield (
            "who is attached and who holds the GIL, by CPython's own state",
            "its memory may not be read: ptrace is not allowed",
            gdb.MEND_PTRACE,
        )
    if not has_maps:
        why = "which files are where in it may not be read: it is not dumpable, or another user's"
        yield "names of functions, and lines", why, "run the diagnosis as root"


def _unanswered(has_witness: bool, silent: int) -> Iterator[Lost]:
    """The same of stacks."""
    if not has_witness:
        yield "native stacks", "no gdb, and no witness in the process", gdb.MEND
    elif silent:
        yield "the native stacks of some threads", f"{silent} did not answer", ""


def _ask(pid: int, rounds: list[list[int]], file: Notes | None) -> dict[int, _Answer]:
    """Each thread's stack and thread state, by its own word; those of one round at a time."""
    if file is None or not file.loaded:
        return {}
    question = file.ask()
    libc = ctypes.CDLL(None, use_errno=True)
    answers: dict[int, _Answer] = {}
    for tids in rounds:
        for tid in tids:
            libc.tgkill(pid, tid, _QUESTION)
        end = time.monotonic() + ANSWER_S
        while time.monotonic() < end and not answers.keys() >= set(tids):
            time.sleep(0.01)
            notes = file.read(pid)
            for thread in notes.threads if notes is not None else ():
                if thread.asked == question:
                    answers.setdefault(thread.tid, _Answer(thread.stack, thread.current))
    return answers


def _can_be_asked(pid: int, maps: Maps) -> bool:
    """Whether the witness's handler is there: a process without it would die of the question."""
    if not procfs.handles(pid, _QUESTION):
        return False
    return not maps.spans or any(_WITNESS in path for *_, path in maps.spans)


def _python(maps: Maps, memory: Read | None, alive: set[int]) -> tuple[PythonLook | None, Layout]:
    found = maps.symbol("_PyRuntime")
    if found is None:
        return None, {}
    runtime, where = found
    number = maps.constant(where, "Py_Version")
    if memory is None or number is None:
        return python_state.unread(number or 0, where, "its memory may not be read"), {}
    try:
        python = python_state.read_python(memory, runtime, number, where, alive)
        layout, _, _ = python_state.find_layout(memory, runtime, number)
    except UnreadableError as error:
        return python_state.unread(number, where, str(error)), {}
    return python, layout


def memory_of(pid: int) -> Read | None:
    try:
        file = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    holder = os.fdopen(file, "rb", buffering=0)

    def read(address: int, size: int) -> bytes:
        try:
            data = os.pread(holder.fileno(), size, address)
        except (OSError, OverflowError, ValueError) as error:
            raise UnreadableError(f"no memory at {address:#x}") from error
        if len(data) != size:
            raise UnreadableError(f"no memory at {address:#x}")
        return data

    return read


def _call(pid: int, tid: int, reader: MemoryReader | None) -> CallLook | None:
    found = procfs.call_of(pid, tid)
    if found is None or not found.args:
        return None
    return call_look(pid, found.name, found.args, reader)


def held_calls(pid: int, notes: ProcessNotes | None) -> dict[int, CallLook | None]:
    """What threads waited in that stand still since another one crashed; None: not known.

    By the system they wait in the witness.
    """
    held = [thread for thread in (notes.threads if notes is not None else ()) if thread.held]
    memory = memory_of(pid) if held else None
    reader = MemoryReader(memory) if memory is not None else None
    found: dict[int, CallLook | None] = {}
    for thread in held:
        number, *args = thread.call
        name = procfs.CALLS.get(number, str(number))
        found[thread.tid] = call_look(pid, name, args, reader) if number >= 0 else None
    return found
