"""CPython's own state, read out of another process's memory: who is attached, who holds which GIL.

Where things lie comes from three sources, best first: gdb's types, `_Py_DebugOffsets` (3.13 and
later), the table layouts.json by version. The last is believed only when what is read with it is
consistent. Runs inside gdb's Python too.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace

from pynodes.diagnose.look.frames import PlaceLook
from pynodes.diagnose.look.python import (
    GilLook,
    InterpreterLook,
    PythonLook,
    RuntimeLook,
    StateLook,
    StopLook,
)

Read = Callable[[int, int], bytes]
Layout = dict[str, int]
LAYOUTS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "layouts.json")  # noqa: PTH118, PTH120, PTH100
COOKIE = b"xdebugpy"
MOST = 4096  # interpreters or thread states: more is a list that runs in a circle
FRAMES_SHOWN = 40
FRAMES_SEEN = 4 * FRAMES_SHOWN  # with those of C between them
ATTACHED = 1  # PyThreadState.state of 3.13 and later; 0 detached, 2 suspended, 3 shutting down


class UnreadableError(Exception):
    """That memory is not there, or does not hold what it should."""


class MemoryReader:
    """Numbers and texts out of `read(address, size) -> bytes`, which raises UnreadableError."""

    def __init__(self, read: Read, layout: Layout | None = None) -> None:
        self.read = read
        self.layout = layout or {}

    def u64(self, address: int) -> int:
        return int(struct.unpack("<Q", self.read(address, 8))[0])

    def i64(self, address: int) -> int:
        return int(struct.unpack("<q", self.read(address, 8))[0])

    def i32(self, address: int) -> int:
        return int(struct.unpack("<i", self.read(address, 4))[0])

    def u32(self, address: int) -> int:
        return int(struct.unpack("<I", self.read(address, 4))[0])

    def u8(self, address: int) -> int:
        return self.read(address, 1)[0]

    def has(self, name: str) -> bool:
        return name in self.layout

    def field(self, base: int, name: str, get: Callable[[int], int] | None = None) -> int:
        """The field of the struct at `base`; a pointer unless `get` says otherwise."""
        return (get or self.u64)(base + self.layout[name])

    def get(self, base: int, name: str, get: Callable[[int], int] | None = None) -> int | None:
        """The same, or None where this Python has no such field."""
        return self.field(base, name, get) if name in self.layout else None

    def c_text(self, address: int, most: int = 200) -> str:
        text = b""
        while len(text) < most:
            block = self.read(address + len(text), 16)
            if b"\0" in block:
                return (text + block.split(b"\0")[0]).decode("utf-8", "replace")
            text += block
        return text.decode("utf-8", "replace")

    def text(self, address: int) -> str:
        """A str object; what is not plain ASCII comes out as `?`."""
        length = self.field(address, "str.length", self.i64)
        if not 0 <= length < 4096:
            raise UnreadableError(f"not a str at {address:#x}")
        for start in ("str.ascii_size", "str.compact_size"):
            data = self.read(address + self.layout[start], length + 1)
            if data[-1:] == b"\0" and all(32 <= byte < 127 for byte in data[:-1]):
                return data[:-1].decode("ascii")
        return "?"

    def type_name(self, address: int) -> str:
        """The name of an object's type; UnreadableError when it has none that could be true."""
        kind = self.field(address, "object.type")
        meta = self.field(kind, "object.type")
        name = self.c_text(self.field(kind, "type.name"), 80)
        above = self.c_text(self.field(self.field(meta, "object.type"), "type.name"), 80)
        if above != "type" or not name or not all(32 <= ord(c) < 127 for c in name):
            raise UnreadableError(f"not an object at {address:#x}")
        return name


def version_name(version: int) -> str:
    """`3.13.0` for Py_Version's 0x030d00f0."""
    return f"{version >> 24}.{version >> 16 & 255}.{version >> 8 & 255}"


def unread(version: int, where: str, problem: str = "") -> PythonLook:
    """A Python of which nothing is known but its version, 0 where that is not either."""
    name = version_name(version) if version else ""
    return PythonLook(name, where, "", problem, runtime=None, interpreters=(), states=())


def find_layout(
    read: Read, runtime: int, version: int, typed: Layout | None = None
) -> tuple[Layout, str, bool]:
    """(layout, how, free_threaded); `typed` are offsets from debug information, if any."""
    with open(LAYOUTS, encoding="utf-8") as file:  # noqa: PTH123
        table = json.load(file)
    name = f"{version >> 24}.{version >> 16 & 255}"
    reader = MemoryReader(read)
    has_offsets = read(runtime, 8) == COOKIE
    free = has_offsets and reader.u64(runtime + 16) != 0
    layout = dict(table.get(name + ("t" if free else ""), {}).get("offsets", {}))
    how = "the table for Python " + name
    if not layout and not typed:
        return {}, "nothing is known of Python " + name, free
    if has_offsets:
        for key, place in list(layout.items()):
            if key.startswith("debug."):
                layout[key[len("debug.") :]] = reader.u64(runtime + place)
        how = "_Py_DebugOffsets"
    if typed:
        layout.update(typed)
        how = "debug information"
    return layout, how, free


def read_python(
    read: Read,
    runtime: int,
    version: int,
    where: str,
    alive: Collection[int],
    typed: Layout | None = None,
) -> PythonLook:
    """All there is to know. `alive`: the native ids of the process's threads."""
    layout, how, free = find_layout(read, runtime, version, typed)
    found = replace(unread(version, where), free_threaded=free, how=how)
    if not layout:
        return replace(found, problem=how)
    reader = MemoryReader(read, layout)
    own = None
    try:
        own = _runtime(reader, runtime)
        interpreters, states = _interpreters(reader, runtime, own.current, alive)
    except UnreadableError as error:
        own = None if how.startswith("the table") else own
        return replace(found, problem=f"{error} (read with {how})", runtime=own)
    return replace(found, runtime=own, interpreters=tuple(interpreters), states=tuple(states))


def _runtime(reader: MemoryReader, runtime: int) -> RuntimeLook:
    core = reader.field(runtime, "runtime.core_initialized", reader.i32)
    full = reader.field(runtime, "runtime.initialized", reader.i32)
    signaled = reader.get(runtime, "runtime.signaled", reader.i32)
    if core not in (0, 1) or full not in (0, 1):
        raise UnreadableError(f"the runtime's flags are {core} and {full}")
    return RuntimeLook(
        core_initialized=bool(core),
        initialized=bool(full),
        finalizing=reader.field(runtime, "runtime.finalizing"),
        main_thread=reader.field(runtime, "runtime.main_thread"),
        current=reader.get(runtime, "runtime.current"),
        stop=_stop(reader, runtime, "runtime"),
        signaled=bool(signaled) if signaled in (0, 1) else None,
    )


def _stop(reader: MemoryReader, base: int, owner: str) -> StopLook | None:
    """The state of a stop of the world, None where it is not under way."""
    if not reader.get(base, owner + ".stop.requested", reader.u8):
        return None
    return StopLook(
        stopped=bool(reader.field(base, owner + ".stop.world_stopped", reader.u8)),
        requester=reader.field(base, owner + ".stop.requester"),
        missing=reader.field(base, owner + ".stop.thread_countdown", reader.i64),
    )


def _interpreters(
    reader: MemoryReader, runtime: int, current: int | None, alive: Collection[int]
) -> tuple[list[InterpreterLook], list[StateLook]]:
    """`current`: the thread state that is attached, where that is known for the process."""
    interpreters: list[InterpreterLook] = []
    states: list[StateLook] = []
    interp = reader.field(runtime, "runtime.interpreters_head")
    for _ in range(MOST):
        if not interp:
            break
        number = reader.field(interp, "interp.id", reader.i64)
        if not 0 <= number < 1 << 40:
            raise UnreadableError(f"an interpreter with the number {number}")
        interpreters.append(
            InterpreterLook(
                id=number,
                finalizing=bool(reader.get(interp, "interp.finalizing", reader.u32)),
                gil=_gil(reader, _gil_of(reader, runtime, interp)),
                own_gil=bool(reader.get(interp, "interp.own_gil", reader.i32)),
                stop=_stop(reader, interp, "interp"),
            )
        )
        for state in _states_of(reader, interp):
            if len(states) >= MOST:
                raise UnreadableError("a list of thread states has no end")
            states.append(_state(reader, state, number, current, alive))
        interp = reader.field(interp, "interp.next")
    else:
        raise UnreadableError("the list of interpreters has no end")
    return interpreters, states


def _gil_of(reader: MemoryReader, runtime: int, interp: int) -> int:
    if reader.has("runtime.gil"):
        return runtime + reader.layout["runtime.gil"]
    return reader.field(interp, "interp.gil")


def taken_gils(reader: MemoryReader, runtime: int) -> dict[int, tuple[int, int, bool]]:
    """Of each GIL that is taken by whom, how often it has changed hands, and whether a stop of all
    threads is awaited; by its address. Of one that is not in use that stop: who wants it, and how
    many threads it lacks."""
    taken = {}
    interp = reader.field(runtime, "runtime.interpreters_head")
    for _ in range(MOST):
        if not interp:
            break
        address = _gil_of(reader, runtime, interp)
        gil, stop = _gil(reader, address), _stop(reader, interp, "interp")
        is_awaited = stop is not None and not stop.stopped
        if gil is not None and gil.enabled and gil.locked:
            taken[address] = (gil.holder, reader.field(address, "gil.switches"), is_awaited)
        elif gil is not None and stop is not None and is_awaited:
            taken[address] = (stop.requester, stop.missing, is_awaited)
        interp = reader.field(interp, "interp.next")
    return taken


def _gil(reader: MemoryReader, gil: int) -> GilLook | None:
    if not gil:
        return None
    locked = reader.field(gil, "gil.locked", reader.i32)
    if locked not in (-1, 0, 1):
        raise UnreadableError(f"a GIL that is locked {locked} times")
    return GilLook(
        address=gil,
        locked=locked == 1,
        holder=reader.field(gil, "gil.holder"),
        enabled=reader.get(gil, "gil.enabled", reader.i32) != 0,
    )


def _states_of(reader: MemoryReader, interp: int) -> Iterator[int]:
    state = reader.field(interp, "interp.threads_head")
    while state:
        if reader.field(state, "tstate.interp") != interp:
            raise UnreadableError("a thread state that belongs to another interpreter")
        yield state
        state = reader.field(state, "tstate.next")


def _state(
    reader: MemoryReader, state: int, number: int, current: int | None, alive: Collection[int]
) -> StateLook:
    native = reader.field(state, "tstate.native_thread_id")
    if native >= 1 << 31:
        raise UnreadableError(f"a thread with the number {native}")
    attached = None
    if reader.has("tstate.state"):
        attached = reader.field(state, "tstate.state", reader.i32) == ATTACHED
    elif reader.has("tstate.status"):
        attached = bool(reader.field(state, "tstate.status", reader.u32) >> 4 & 1)
    elif current is not None:
        attached = current == state
    return StateLook(
        address=state,
        interpreter=number,
        tid=native,
        alive=native in alive,
        pthread=reader.field(state, "tstate.thread_id"),
        attached=attached,
        counter=reader.field(state, "tstate.gilstate_counter", reader.i32),
        frames=tuple(_frames(reader, state)),
    )


def _frames(reader: MemoryReader, state: int) -> list[PlaceLook]:
    """Python frames, innermost first. A thread that runs may be caught between two."""
    frames: list[PlaceLook] = []
    try:
        if reader.has("tstate.cframe"):
            cframe = reader.field(state, "tstate.cframe")
            frame = reader.field(cframe, "cframe.current_frame") if cframe else 0
        else:
            frame = reader.field(state, "tstate.current_frame")
        for _ in range(FRAMES_SEEN):
            if not frame or len(frames) >= FRAMES_SHOWN:
                break
            # 3 and more: an entry frame of C's, which has no code of its own
            if reader.field(frame, "frame.owner", reader.u8) < 3:
                frames.append(_frame(reader, frame))
            frame = reader.field(frame, "frame.previous")
    except UnreadableError:
        pass
    return frames


def _frame(reader: MemoryReader, frame: int) -> PlaceLook:
    code = reader.field(frame, "frame.code") & ~7
    if reader.type_name(code) != "code":
        raise UnreadableError(f"not a code object at {code:#x}")
    start = code + reader.layout["code.instructions"]
    if reader.has("code.tlbc"):
        copies = reader.field(code, "code.tlbc")
        index = reader.field(frame, "frame.tlbc_index", reader.i32)
        if copies and index:
            start = reader.u64(copies + 8 + 8 * index)
    offset = reader.field(frame, "frame.instr") - start
    table = reader.field(code, "code.linetable")
    size = min(reader.field(table, "bytes.size", reader.i64), 1 << 20)
    lines = reader.read(table + reader.layout["bytes.data"], size)
    first = reader.field(code, "code.firstlineno", reader.i32)
    try:
        line = line_at(lines, first, max(0, offset))
    except IndexError:
        raise UnreadableError(f"no lines of code at {table:#x}") from None
    return PlaceLook(
        function=reader.text(reader.field(code, "code.qualname")),
        file=reader.text(reader.field(code, "code.filename")),
        line=line,
    )


def line_at(table: bytes, line: int, offset: int) -> int:
    """The line of the instruction at `offset` bytes, by a location table of 3.11 and later.

    IndexError: the table ends in the midst of an entry.
    """
    at, i = 0, 0
    last = line

    def varint(i: int) -> tuple[int, int]:
        value, shift = table[i] & 63, 6
        while table[i] & 64:
            i += 1
            value |= (table[i] & 63) << shift
            shift += 6
        return value, i + 1

    while i < len(table):
        code, units = table[i] >> 3 & 15, (table[i] & 7) + 1
        i += 1
        if code in (13, 14):
            value, i = varint(i)
            line += -(value >> 1) if value & 1 else value >> 1
            if code == 14:
                for _ in range(3):
                    _, i = varint(i)
        elif 10 <= code < 13:
            line += code - 10
            i += 2
        elif code < 10:
            i += 1
        if code != 15:  # that one has no line
            last = line
        at += 2 * units
        if offset < at:
            return last
    return last
