"""The sampler of one process (witness/sampler): what it has to know of it, and its start."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pynodes.diagnose.collect import builtin, python_state
from pynodes.diagnose.collect.elf import Elf, ElfError
from pynodes.diagnose.collect.maps import Maps, maps_of
from pynodes.diagnose.collect.python_state import UnreadableError, version_name

NAME = "pynodes-sampler"
DEFAULT_RATE = 1000


@dataclass(frozen=True, slots=True)
class Target:
    """A process that runs Python, and where that keeps what is sampled; `problem`: why it cannot
    be."""

    pid: int
    python: str
    runtime: int
    code_type: int
    layout: dict[str, int]
    problem: str = ""

    def arguments(self, rate: float) -> list[str]:
        """Of the sampler's command line."""
        places = (f"{k}={v}" for k, v in self.layout.items() if not k.startswith("debug."))
        where = (str(self.pid), f"{rate:g}", hex(self.runtime), hex(self.code_type))
        return [*where, *places]


def find() -> Path | None:
    """The sampler: next to this package, else in the build of PYNODES_HOST."""
    places = [Path(__file__).resolve().parent.parent / "process" / NAME]
    host = os.environ.get("PYNODES_HOST")
    if host:
        places.append(Path(host).resolve().parent.parent / "witness" / NAME)
    return next((place for place in places if os.access(place, os.X_OK)), None)


@lru_cache(maxsize=64)
def _python_in(path: str, size: int, mtime_ns: int) -> Elf | None:
    """A file that holds a Python; it is read once, unless it changes."""
    with suppress(ElfError, OSError):
        elf = Elf(path)
        return elf if "_PyRuntime" in elf.symbols else None
    return None


def _python_of(maps: Maps) -> tuple[str, Elf] | None:
    program = maps.spans[0][3] if maps.spans else ""
    for path in dict.fromkeys(path for *_, path in maps.spans):
        if path == program or "libpython" in path:
            with suppress(OSError):
                facts = Path(path).stat()
                elf = _python_in(path, facts.st_size, facts.st_mtime_ns)
                if elf is not None:
                    return path, elf
    return None


def _address(maps: Maps, path: str, elf: Elf, name: str) -> int:
    """Where a symbol lies in memory; 0: nowhere."""
    for start, _, offset, mapped in maps.spans:
        base = elf.address_of_offset(offset) if mapped == path else None
        if base is not None and name in elf.symbols:
            return elf.symbols[name][0] - base + start
    return 0


def target_of(pid: int) -> Target | None:
    """None: there is no Python in the process, or not yet."""
    maps = maps_of(pid)
    found = _python_of(maps)
    if found is None:
        return None
    runtime, code_type = (_address(maps, *found, name) for name in ("_PyRuntime", "PyCode_Type"))
    number = found[1].word_of("Py_Version") or 0
    python = version_name(number) if number else ""

    def without(problem: str) -> Target:
        return Target(pid, python, runtime, 0, {}, problem)

    memory = builtin.memory_of(pid)
    if memory is None:
        return without("its memory may not be read")
    try:
        layout, how, free = python_state.find_layout(memory, runtime, number)
    except UnreadableError as error:
        return without(str(error))
    if "gil.size" not in layout:
        return without(how)
    python += "t" if free else ""
    return Target(pid, python, runtime, code_type, layout)
