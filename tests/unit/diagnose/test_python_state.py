"""Reading CPython's structures out of a memory that is made up."""

from __future__ import annotations

import json
import struct

import pytest

from pynodes.diagnose.collect import python_state
from pynodes.diagnose.collect.python_state import UnreadableError, line_at, read_python
from pynodes.diagnose.look.python import GilLook

RUNTIME, INTERP, STATE, GIL = 0x10000, 0x20000, 0x30000, 0x40000
VERSION = 0x030C01F0


class Memory:
    """A few pages; the rest is not there."""

    def __init__(self) -> None:
        self.pages = {at: bytearray(0x10000) for at in (RUNTIME, INTERP, STATE, GIL)}

    def read(self, address: int, size: int) -> bytes:
        page = self.pages.get(address & ~0xFFFF)
        if page is None:
            raise UnreadableError(f"nothing at {address:#x}")
        return bytes(page[address & 0xFFFF :][:size])

    def write(self, address: int, form: str, value: int) -> None:
        struct.pack_into(form, self.pages[address & ~0xFFFF], address & 0xFFFF, value)


@pytest.fixture
def offsets() -> dict[str, int]:
    with open(python_state.LAYOUTS, encoding="utf-8") as file:  # noqa: PTH123
        found = json.load(file)["3.12"]["offsets"]
    assert isinstance(found, dict)
    return found


@pytest.fixture
def memory(offsets: dict[str, int]) -> Memory:
    made = Memory()
    made.write(RUNTIME + offsets["runtime.core_initialized"], "<i", 1)
    made.write(RUNTIME + offsets["runtime.initialized"], "<i", 1)
    made.write(RUNTIME + offsets["runtime.interpreters_head"], "<Q", INTERP)
    made.write(INTERP + offsets["interp.threads_head"], "<Q", STATE)
    made.write(INTERP + offsets["interp.gil"], "<Q", GIL)
    made.write(GIL + offsets["gil.locked"], "<i", 1)
    made.write(GIL + offsets["gil.holder"], "<Q", STATE)
    made.write(STATE + offsets["tstate.interp"], "<Q", INTERP)
    made.write(STATE + offsets["tstate.native_thread_id"], "<Q", 77)
    made.write(STATE + offsets["tstate.status"], "<I", 1 << 4)
    return made


def test_holder_of_the_gil_is_read(memory: Memory) -> None:
    found = read_python(memory.read, RUNTIME, VERSION, "", {77})

    assert found.problem == ""
    assert found.version == "3.12.1"
    assert found.interpreters[0].gil == GilLook(GIL, locked=True, holder=STATE, enabled=True)
    assert [(s.tid, s.alive, s.attached) for s in found.states] == [(77, True, True)]


def test_layout_that_does_not_fit_is_not_believed(memory: Memory, offsets: dict[str, int]) -> None:
    memory.write(STATE + offsets["tstate.interp"], "<Q", INTERP + 8)

    found = read_python(memory.read, RUNTIME, VERSION, "", {77})

    assert "belongs to another interpreter" in found.problem
    assert (found.runtime, found.interpreters, found.states) == (None, (), ())


def test_list_that_runs_in_a_circle_ends(memory: Memory, offsets: dict[str, int]) -> None:
    memory.write(STATE + offsets["tstate.next"], "<Q", STATE)

    assert "no end" in read_python(memory.read, RUNTIME, VERSION, "", {77}).problem


def test_python_that_is_not_in_the_table_is_said(memory: Memory) -> None:
    found = read_python(memory.read, RUNTIME, 0x03FF00F0, "", {77})

    assert found.problem == "nothing is known of Python 3.255"
    assert found.interpreters == ()


def test_line_of_an_instruction_is_what_the_interpreter_says() -> None:
    def sample() -> int:
        first = 1
        second = [
            first,
            first + 1,
        ]
        return sum(second)

    code = sample.__code__
    for start, end, line in code.co_lines():
        if line is not None:
            for offset in range(start, end, 2):
                assert line_at(code.co_linetable, code.co_firstlineno, offset) == line
