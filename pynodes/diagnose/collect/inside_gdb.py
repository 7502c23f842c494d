"""The part of the collector that gdb runs in its own Python: one process or core, one JSON file.

Only looks: no function of the process is called, no breakpoint set. `collect/gdb.py` starts it.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import gdb  # type: ignore[import-untyped, import-not-found, unused-ignore]

from pynodes.diagnose.collect import python_state
from pynodes.diagnose.collect.calls import call_look
from pynodes.diagnose.collect.python_state import Layout, MemoryReader, Read, UnreadableError
from pynodes.diagnose.look.form import to_json
from pynodes.diagnose.look.frames import FrameLook, Frames
from pynodes.diagnose.look.look import Collector, FaultLook, Look, Lost
from pynodes.diagnose.look.python import PythonLook
from pynodes.diagnose.look.threads import CallLook, ObjectLook, ThreadLook
from pynodes.process.syscalls import NAMES

FRAMES = 64
THREADS = 512
OBJECTS = 64
REGISTERS = {
    "x86_64": ("rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp")
    + tuple(f"r{number}" for number in range(8, 16)),
    "aarch64": tuple(f"x{number}" for number in range(29)),
}


def main(out: str, crashed: int, addresses: list[int]) -> None:
    """Write all that can be seen to the file `out`.

    `crashed`: a thread of interest, 0 for none. `addresses`: code to be turned into places.
    """
    inferior = gdb.selected_inferior()
    if not inferior.threads():
        return  # gdb has said why, and goes on with its commands all the same
    lost: list[Lost] = []
    read = _reader(inferior)
    selected = gdb.selected_thread()
    if not crashed and selected is not None and _is_core():
        crashed = selected.ptid[1] or inferior.pid
    threads = sorted(inferior.threads(), key=lambda thread: thread.num)
    alive = {thread.ptid[1] or thread.ptid[0] for thread in threads}
    if len(threads) > THREADS:
        missed = len(threads) - THREADS
        lost.append((f"{missed} of {len(threads)} threads were not looked at", "", ""))
    runtime, where = _address("_PyRuntime")
    python, layout = _python(read, runtime, where, alive) if runtime else (None, {})
    reader = MemoryReader(read, layout)
    seen = []
    for thread in threads[:THREADS]:
        try:
            thread.switch()
            tid = thread.ptid[1] or thread.ptid[0]
            seen.append(_thread(thread, tid, reader, tid == crashed))
        except gdb.error as error:
            lost.append((f"thread {thread.num}: {error}", "", ""))
    look = Look(
        collector=Collector("gdb", gdb.VERSION),
        pid=inferior.pid,
        lost=tuple(lost),
        threads=tuple(seen),
        python=python,
        places={address: _places(address) for address in addresses},
        program=_text(lambda: gdb.current_progspace().filename) or "",
        fault=_fault(threads, crashed) if crashed and selected is not None else None,
    )
    with open(out, "w", encoding="utf-8") as file:  # noqa: PTH123
        json.dump(to_json(look), file)


def _text(get: Callable[[], str | None]) -> str | None:
    """A name that gdb has; bytes in it that are no UTF-8 stand as in `os.fsdecode`."""
    try:
        return get()
    except UnicodeDecodeError as error:
        return bytes(error.object).decode("utf-8", "surrogateescape")


def _is_core() -> bool:
    try:
        return "Local core dump" in gdb.execute("info target", to_string=True)
    except gdb.error:
        return False


def _reader(inferior: Any) -> Read:
    def read(address: int, size: int) -> bytes:
        try:
            return bytes(inferior.read_memory(address, size))
        except (gdb.error, OverflowError, ValueError) as error:
            raise UnreadableError(f"no memory at {address:#x}") from error

    return read


def _address(name: str) -> tuple[int, str]:
    """Address of a symbol and the file that has it; types may be missing."""
    try:
        value = int(gdb.parse_and_eval(f"(unsigned long)&{name}"))
    except gdb.error:
        return 0, ""
    return value, _text(lambda: gdb.solib_name(value) or gdb.current_progspace().filename) or ""


def _python(read: Read, runtime: int, where: str, alive: set[int]) -> tuple[PythonLook, Layout]:
    address, _ = _address("Py_Version")
    if not address:
        return python_state.unread(0, where, "it is older than 3.11"), {}
    version = MemoryReader(read).u32(address)
    typed = _typed(
        version,
        read(runtime, 8) == python_state.COOKIE and MemoryReader(read).u64(runtime + 16) != 0,
    )
    python = python_state.read_python(read, runtime, version, where, alive, typed)
    layout, _, _ = python_state.find_layout(read, runtime, version, typed)
    return python, layout


def _typed(version: int, free: bool) -> Layout:
    """Offsets from debug information; empty when there is none."""
    with open(python_state.LAYOUTS, encoding="utf-8") as file:  # noqa: PTH123
        table = json.load(file)
    known = table.get(f"{version >> 24}.{version >> 16 & 255}{'t' if free else ''}", {})
    found = {}
    try:
        for name, member in known.get("members", {}).items():
            kind, *parts = member.split(".")
            place = gdb.lookup_type(kind)
            found[name] = 0
            for part in parts:
                field = place.strip_typedefs()[part]
                found[name] += field.bitpos // 8
                place = field.type
        if found:
            found["str.ascii_size"] = gdb.lookup_type("PyASCIIObject").sizeof
            found["str.compact_size"] = gdb.lookup_type("PyCompactUnicodeObject").sizeof
    except (gdb.error, KeyError):
        return {}
    return found


def _thread(thread: Any, tid: int, reader: MemoryReader, crashed: bool) -> ThreadLook:
    frames: list[FrameLook] = []
    objects: list[ObjectLook] = []
    held: frozenset[int] = frozenset()
    frame, counters = gdb.newest_frame(), []
    newest, handlers = frame, _Handlers(tid)
    while frame is not None and len(frames) < FRAMES:
        counters.append(frame.pc())
        frames.append(_frame(frame, not frames or frames[-1].signal, handlers))
        if crashed and frames[-1].signal:
            objects, held = [], frozenset()
        elif crashed and len(objects) < OBJECTS:
            held = held or _held(frame)
            objects.extend(_objects(frame, len(frames) - 1, reader, held))
        try:
            frame = frame.older()
        except gdb.error:
            break
    call = _call(tid, reader)
    runs = call is None and not crashed
    if runs:
        thread.switch()
    return ThreadLook(
        tid=tid,
        number=thread.num,
        name=_text(lambda: thread.name) or "",
        frames=tuple(frames),
        call=call,
        current=_current(),
        objects=tuple(objects),
        pthread=_pthread(),
        spin=_spin(newest) if runs else "",
        state=_state(newest, counters[1:]) if runs else None,
    )


_PAUSES = {"x86_64": ("pause", "tpause"), "aarch64": ("yield", "isb", "wfe")}
_MOST_CODE = 2048  # bytes of a function that is looked through from its start
_NEAR = 48


def _spin(frame: Any) -> str:
    """`pause` when the code near by has the instruction that is for loops which only look, `yield`
    when it calls a function that is."""
    pauses = _PAUSES.get(os.uname().machine, ())
    try:
        start, end = _code_of(frame)
        lines = frame.architecture().disassemble(start, end)
    except (gdb.error, RuntimeError):
        return ""
    near = [line["asm"] for line in lines if abs(line["addr"] - frame.pc()) <= _NEAR]
    if any(asm.split()[:1] == [word] for asm in near for word in pauses):
        return "pause"
    return "yield" if any("_yield" in asm and "<" in asm for asm in near) else ""


def _code_of(frame: Any) -> tuple[int, int]:
    """The innermost block or, when that is long, what comes next."""
    block = frame.block()
    while block.function is None and block.superblock is not None:
        block = block.superblock
    if block.end - block.start > _MOST_CODE:
        return frame.pc(), frame.pc() + _NEAR
    return block.start, block.end - 1


def _state(frame: Any, callers: list[int]) -> int:
    """A number for all registers and return addresses: the same for a thread that does nothing."""
    words = [str(pc) for pc in callers]
    for name in (*REGISTERS.get(os.uname().machine, ()), "sp"):
        with suppress(gdb.error, ValueError):
            words.append(str(frame.read_register(name)))
    return zlib.crc32(" ".join(words).encode())


def _frame(frame: Any, interrupted: bool, handlers: _Handlers) -> FrameLook:
    pc, sal, is_signal = frame.pc(), frame.find_sal(), frame.type() == gdb.SIGTRAMP_FRAME
    file, line = _own_line(frame, pc) or _line(sal)
    return FrameLook(
        function=_text(frame.name),
        file=file,
        line=line,
        module=_module(pc),
        signal=is_signal,
        number=handlers.number(frame) if is_signal else 0,
        no_code=interrupted and not _text(frame.name) and not _is_there(pc),
    )


# Where the kernel leaves what a handler gets, and the signals that were blocked before: above
# the stack pointer below the handler.
_SIGINFO = {"x86_64": 304, "aarch64": 0}
_SIGMASK = {"x86_64": 296, "aarch64": 168}
_FATAL = sum(1 << number - 1 for number in (4, 6, 7, 8, 11))


class _Handlers:
    """For which signals the handlers of a thread are, the innermost first."""

    def __init__(self, tid: int) -> None:
        self._read = MemoryReader(_reader(gdb.selected_inferior()))
        self._blocked = _blocked(tid)  # None: not known

    def number(self, frame: Any) -> int:
        """The signal of the next one, whose frame of the system's this is; 0: not known.

        A handler has its own signal blocked; only one with SA_SIGINFO gets it in memory.
        """
        machine = os.uname().machine
        if machine not in _SIGINFO:
            return 0
        try:
            at = int(frame.read_register("sp"))
            number = int(self._read.u32(at + _SIGINFO[machine]))
            before = int(self._read.u64(at + _SIGMASK[machine]))
        except (gdb.error, ValueError, UnreadableError):
            return 0
        if self._blocked is None:
            return number if 0 < number < 65 else 0
        new, self._blocked = self._blocked & ~before, before
        if 0 < number < 65 and new >> (number - 1) & 1:
            return number
        one = new & -new
        return one.bit_length() if new == one or not new & _FATAL else 0


def _blocked(tid: int) -> int | None:
    try:
        with open(f"/proc/{gdb.selected_inferior().pid}/task/{tid}/status") as file:  # noqa: PTH123
            lines = file.read().split("\n")
        return next(int(line.split()[1], 16) for line in lines if line.startswith("SigBlk:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _line(sal: Any) -> tuple[str | None, int]:
    return (None, 0) if sal.symtab is None else (_text(sal.symtab.fullname), sal.line)


def _module(pc: int) -> str:
    return _text(lambda: gdb.solib_name(pc)) or ""


_MOST_LINES = 4096


def _own_line(frame: Any, pc: int) -> tuple[str | None, int] | None:
    """File and line in the function's own file, where the compiler counts its call to the end of
    what it took in before, which may stand in a header; else None."""
    sal, function = frame.find_sal(), frame.function()
    if frame.type() != gdb.NORMAL_FRAME or None in (function, sal.symtab):
        return None
    if function.symtab.filename == sal.symtab.filename:
        return None
    block = frame.block()
    while block.function is None:
        block = block.superblock
    line, at = 0, block.start
    for _ in range(_MOST_LINES):
        if at >= pc:
            break
        entry = gdb.find_pc_line(at)
        if entry.symtab is not None and entry.symtab.filename == function.symtab.filename:
            line = entry.line or line
        at = max(at + 1, (entry.last or at) + 1)
    return (_text(function.symtab.fullname), line) if line else None


def _is_there(address: int) -> bool:
    try:
        gdb.selected_inferior().read_memory(address, 1)
    except (gdb.error, OverflowError):
        return False
    return True


def _objects(
    frame: Any, depth: int, reader: MemoryReader, held: frozenset[int]
) -> Iterator[ObjectLook]:
    """The arguments that are Python objects, and variables that are in a register where it
    crashed (`held`): do they still look like objects?"""
    try:
        block = frame.block()
    except RuntimeError:
        return
    while block is not None:
        for symbol in block:
            if symbol.is_argument or symbol.is_variable:
                address = _object_address(symbol, frame)
                if address is None or not (symbol.is_argument or address in held):
                    continue
                is_gone = address == _GONE
                references, kind = (None, None) if is_gone else _head(address, reader)
                yield ObjectLook(
                    frame=depth,
                    name=symbol.name,
                    address=0 if is_gone else address,
                    type=kind,
                    references=references,
                    local=not symbol.is_argument,
                    gone=is_gone,
                )
        block = block.superblock if block.function is None else None


def _head(address: int, reader: MemoryReader) -> tuple[int | None, str | None]:
    """How often an object is referred to, and its type; None: what there is cannot be that."""
    references = None
    try:
        references = reader.field(address, "object.refcount", reader.i64)
        return references, reader.type_name(address)
    except (UnreadableError, KeyError):
        return references, None


_GONE = -1  # an argument that is no longer kept anywhere


def _object_address(symbol: Any, frame: Any) -> int | None:
    try:
        value = symbol.value(frame)
        kind = value.type.strip_typedefs()
        if kind.code != gdb.TYPE_CODE_PTR:
            return None
        if kind.target().strip_typedefs().tag not in ("_object", "_typeobject"):
            return None
        return _GONE if value.is_optimized_out else int(value)
    except (gdb.error, RuntimeError):
        return None


def _held(frame: Any) -> frozenset[int]:
    """What the registers held where the thread crashed."""
    found = set()
    for name in REGISTERS.get(os.uname().machine, ()):
        try:
            found.add(int(frame.read_register(name)) & (1 << 64) - 1)
        except (gdb.error, ValueError):
            continue
    return frozenset(found - {0})


def _call(tid: int, reader: MemoryReader) -> CallLook | None:
    """The system call a thread waits in."""
    machine = os.uname().machine
    number, args = -1, [0] * 6
    try:
        with open(f"/proc/{gdb.selected_inferior().pid}/task/{tid}/syscall") as file:  # noqa: PTH123
            words = file.read().split()
        if _is_core() or words[0] == "running":
            raise OSError("not this one")
        number, args = int(words[0]), [int(word, 16) for word in words[1:7]]
    except (OSError, ValueError, IndexError):
        number, args = _call_by_registers(machine)
    if number < 0:
        return None
    name = NAMES.get(machine, {}).get(number, str(number))
    return call_look(gdb.selected_inferior().pid, name, args, reader)


def _call_by_registers(machine: str) -> tuple[int, list[int]]:
    if machine != "x86_64":
        return -1, [0] * 6
    try:
        frame = gdb.newest_frame()
        number = int(gdb.parse_and_eval("$orig_rax"))
        names = ("rdi", "rsi", "rdx", "r10", "r8", "r9")
        mask = (1 << 64) - 1
        args = [int(frame.read_register(name)) & mask for name in names]
    except (gdb.error, ValueError):
        return -1, [0] * 6
    return (number if 0 <= number < 1024 else -1), args


def _places(address: int) -> Frames:
    """Function, file and line of a return address: of the call before it.

    Of functions that were taken in, the innermost: gdb does not say where such were called.
    """
    pc, function = address - 1, None
    inner: list[Any] = []
    file, line = _line(gdb.find_pc_line(pc))
    try:
        block = gdb.block_for_pc(pc)
    except RuntimeError:
        block = None
    while block is not None:
        inner += [block.function] if block.function is not None else []
        block = block.superblock
    if inner:
        function = _text(lambda: inner[0].name)
    else:
        with suppress(gdb.error):
            said = _text(lambda: gdb.execute(f"info symbol {pc:#x}", to_string=True)) or ""
            if said and not said.startswith("No symbol"):
                # `f(int, char) + 12 in section .text of /x/y.so`
                function = said.split(" in section ")[0].split(" + ")[0].strip()
    return (FrameLook(function, file, line, _module(pc), inlined=len(inner) > 1),)


def _pthread() -> int:
    """What the C library calls the thread; 0: not known."""
    name = {"x86_64": "fs_base"}.get(os.uname().machine)
    try:
        return int(gdb.newest_frame().read_register(name)) if name else 0
    except (gdb.error, ValueError):
        return 0


def _current() -> int | None:
    """The thread state that CPython's thread-local variable names; None when unreadable."""
    try:
        return int(gdb.parse_and_eval("(unsigned long)_Py_tss_tstate"))
    except gdb.error:
        return None


def _fatal_words(frame: Any) -> str:
    """What CPython says when it gives up, from the arguments of the function that says it."""
    for _ in range(32):  # with a handler above it
        if frame is None:
            break
        if frame.name() == "_Py_FatalErrorFunc":
            try:
                said = [frame.read_var(name).string() for name in ("func", "msg")]
                return "Fatal Python error: " + ": ".join(said)
            except (gdb.error, ValueError, UnicodeError):
                break
        frame = frame.older()
    return ""


def _fault(threads: list[Any], crashed: int) -> FaultLook | None:
    for thread in threads:
        if (thread.ptid[1] or thread.ptid[0]) == crashed:
            thread.switch()
            with suppress(gdb.error):
                info = gdb.parse_and_eval("$_siginfo")
                return FaultLook(
                    signal=int(info["si_signo"]),
                    code=int(info["si_code"]),
                    address=int(info["_sifields"]["_sigfault"]["si_addr"]),
                    said=_fatal_words(gdb.newest_frame()),
                    sender=int(info["_sifields"]["_kill"]["si_pid"]),  # of one that was sent
                )
    return None
