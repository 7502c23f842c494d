"""What the sampler writes (witness/sampler/records.h), decoded.

It comes over a pipe in pieces, and what is in it was read from a program that may have written
anything there: a record that makes no sense ends the stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from pynodes.diagnose.collect.python_state import line_at

_HEAD = struct.Struct("=IIQ")
_MOST = 1 << 18  # bytes of a record
_NAME = 16


class Kind(IntEnum):
    BEGIN = 1
    THREAD = 2
    STATE = 3
    CODE = 4
    STACK = 5
    GIL = 6
    COLLECTED = 7
    TICK = 8
    TIMES = 9
    END = 10


class State(IntEnum):
    """What a thread is at, as the sampler numbers it."""

    GONE = 0
    RUNS = 1
    HOLDS = 2
    COLLECTS = 3
    WAITS = 4
    STOPPED = 5
    WAITS_FOR_OBJECT = 6
    NATIVE = 7
    BLOCKED = 8


class Begin(NamedTuple):
    pid: int
    rate: int
    is_free: int


class Named(NamedTuple):
    """A thread, when it is seen first or has changed its interpreter."""

    tid: int
    interpreter: int
    name: str


class Change(NamedTuple):
    """From `time_ns` on a thread is in a state; `call`: a system call, -1 for none."""

    time_ns: int
    tid: int
    state: State
    call: int
    stack: int
    gil: int


class Gil(NamedTuple):
    number: int
    interpreter: int
    hand_overs: int
    interval_us: int
    is_in_use: int


class Collected(NamedTuple):
    """Collections on a thread since the last such record: `objects` were freed."""

    time_ns: int
    interpreter: int
    tid: int
    generation: int
    times: int
    objects: int


class Tick(NamedTuple):
    """So far: `own_ns` is the sampler's processor time, `rate` what it keeps to now, `made` how
    many thread states there were in the main interpreter."""

    time_ns: int
    samples: int
    failed: int
    own_ns: int
    rate: int
    made: int


class Times(NamedTuple):
    """So far, of one thread: on a core, and ready to run without one."""

    tid: int
    ran_ns: int
    unserved_ns: int


class End(NamedTuple):
    errno: int


class Place(NamedTuple):
    """A line of Python."""

    function: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class _Code:
    function: str
    file: str
    first_line: int
    table: bytes


Record = Begin | Named | Change | Gil | Collected | Tick | Times | End


@dataclass
class Stream:
    """Records out of pieces; stacks are kept here, for changes name them by number."""

    is_torn: bool = False
    _rest: bytes = b""
    _codes: dict[int, _Code] = field(default_factory=dict)
    _stacks: dict[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    _places: dict[int, tuple[Place, ...]] = field(default_factory=dict)

    def take(self, data: bytes) -> Iterator[Record]:
        """The records that are whole now."""
        data = self._rest + data
        at = 0
        while len(data) - at >= _HEAD.size and not self.is_torn:
            kind, size, time_ns = _HEAD.unpack_from(data, at)
            if size > _MOST:
                self.is_torn = True
                break
            if len(data) - at - _HEAD.size < size:
                break
            at += _HEAD.size
            try:
                found = self._record(kind, time_ns, data, at, size)
            except (struct.error, ValueError):
                self.is_torn = True
                break
            if found is not None:
                yield found
            at += size
        self._rest = b"" if self.is_torn else data[at:]

    def stack(self, number: int) -> tuple[Place, ...]:
        """The lines of a stack, innermost first; empty for one that is not known."""
        if number not in self._places:
            pairs = self._stacks.get(number, ())
            self._places[number] = tuple(self._place(code, offset) for code, offset in pairs)
        return self._places[number]

    def _place(self, number: int, offset: int) -> Place:
        code = self._codes.get(number)
        if code is None:
            return Place("?", "?", 0)
        try:
            line = line_at(code.table, code.first_line, offset)
        except IndexError:
            line = code.first_line
        return Place(code.function, code.file, line)

    def _record(self, kind: int, time_ns: int, data: bytes, at: int, size: int) -> Record | None:
        if size < _SIZES.get(kind, 0):
            raise ValueError(f"a record of kind {kind} with {size} bytes")
        if kind == Kind.STATE:
            tid, state, call, stack, gil = _STATE.unpack_from(data, at)
            return Change(time_ns, tid, State(state), call, stack, gil)
        if kind == Kind.TIMES:
            tid, _, ran_ns, unserved_ns = _TIMES.unpack_from(data, at)
            return Times(tid, ran_ns, unserved_ns)
        if kind == Kind.GIL:
            return Gil(*_GIL.unpack_from(data, at)[:5])
        if kind == Kind.TICK:
            return Tick(time_ns, *_TICK.unpack_from(data, at))
        if kind == Kind.STACK:
            self._take_stack(data[at : at + size])
        elif kind == Kind.CODE:
            self._take_code(data[at : at + size])
        elif kind == Kind.COLLECTED:
            return Collected(time_ns, *_COLLECTED.unpack_from(data, at))
        elif kind == Kind.THREAD:
            tid, interpreter, name = _THREAD.unpack_from(data, at)
            return Named(tid, interpreter, name.split(b"\0")[0].decode(errors="replace"))
        elif kind == Kind.BEGIN:
            return Begin(*_BEGIN.unpack_from(data, at)[:3])
        elif kind == Kind.END:
            return End(*_END.unpack_from(data, at))
        else:
            raise ValueError(f"no kind of record: {kind}")
        return None

    def _take_stack(self, body: bytes) -> None:
        number, count = _TWO.unpack_from(body)
        words = struct.unpack_from(f"={2 * count}I", body, _TWO.size)
        self._stacks[number] = tuple(zip(words[::2], words[1::2], strict=True))

    def _take_code(self, body: bytes) -> None:
        number, line, name_size, file_size = _CODE.unpack_from(body)
        at = _CODE.size
        name = body[at : at + name_size].decode(errors="replace")
        file = body[at + name_size : at + name_size + file_size].decode(errors="replace")
        table = body[at + name_size + file_size :]
        self._codes[number] = _Code(name, file, line, table)


_BEGIN = struct.Struct("=iIII")
_THREAD = struct.Struct(f"=ii{_NAME}s")
_STATE = struct.Struct("=iHhII")
_CODE = struct.Struct("=IiII")
_TWO = struct.Struct("=II")
_GIL = struct.Struct("=IiQQII")
_COLLECTED = struct.Struct("=iiIIQ")
_TICK = struct.Struct("=QQQII")
_TIMES = struct.Struct("=iIQQ")
_END = struct.Struct("=i")
_SIZES: dict[int, int] = {
    Kind.BEGIN: _BEGIN.size,
    Kind.THREAD: _THREAD.size,
    Kind.STATE: _STATE.size,
    Kind.CODE: _CODE.size,
    Kind.STACK: _TWO.size,
    Kind.GIL: _GIL.size,
    Kind.COLLECTED: _COLLECTED.size,
    Kind.TICK: _TICK.size,
    Kind.TIMES: _TIMES.size,
    Kind.END: _END.size,
}
