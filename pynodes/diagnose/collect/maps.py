"""The files that are mapped into a process, and the names of what lies where in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from contextlib import suppress

from pynodes.diagnose.collect.elf import Elf, ElfError, NoElfError
from pynodes.diagnose.look.frames import FrameLook, Frames
from pynodes.diagnose.look.look import Lost
from pynodes.process import procfs

_LINES_S = 30.0
_SPAN = re.compile(r"([0-9a-f]{1,16})-([0-9a-f]{1,16}) \S+ ([0-9a-f]{1,16}) \S+ \d+ +(/.*)", re.S)
_ADDRESS = re.compile(r"0x[0-9a-f]{1,16}")
_LINE = re.compile(r"[0-9]{1,9}")


def maps_of(pid: int) -> Maps:
    """Those of a process; none where it may not be read."""
    return Maps(procfs.names(procfs.PROC / f"{pid}/maps"))


class Maps:
    """The files mapped into a process, and the names in them."""

    def __init__(self, text: str) -> None:
        """`text`: as /proc/PID/maps has it."""
        self.spans: list[tuple[int, int, int, str]] = []
        self.lost: list[Lost] = []
        self._elves: dict[str, Elf | None] = {}
        for line in text.split("\n"):
            found = _SPAN.fullmatch(line)
            if found:
                start, end, offset = (int(word, 16) for word in found.groups()[:3])
                self.spans.append((start, end, offset, found[4].replace("\\012", "\n")))

    def symbol(self, name: str) -> tuple[int, str] | None:
        """Where a symbol of the Python library, or of the program, lies in memory."""
        paths = dict.fromkeys(path for *_, path in self.spans)
        for path in sorted(paths, key=lambda p: "libpython" not in p):
            if "libpython" not in path and path != self.spans[0][3]:
                continue
            elf = self.elf(path)
            if elf is None or name not in elf.symbols:
                continue
            for start, _, offset, mapped in self.spans:
                base = elf.address_of_offset(offset) if mapped == path else None
                if base is not None:
                    return elf.symbols[name][0] - base + start, path
        return None

    def constant(self, path: str, name: str) -> int | None:
        elf = self.elf(path)
        return elf.word_of(name) if elf else None

    def places(self, addresses: set[int]) -> dict[int, Frames]:
        """Function, and file and line where addr2line is there to find them."""
        found: dict[int, Frames] = {}
        by_file: dict[str, list[tuple[int, int]]] = {}
        for address in addresses:
            inside = self._inside(address - 1)
            if inside is None:
                found[address] = (FrameLook(None, None, 0, ""),)
                continue
            path, offset = inside
            elf = self.elf(path)
            name = elf.function_at(offset) if elf else None
            found[address] = (FrameLook(name, None, 0, path),)
            by_file.setdefault(path, []).append((address, offset))
        for path, pairs in by_file.items():
            _add_lines(path, pairs, found)
        return found

    def _inside(self, address: int) -> tuple[str, int] | None:
        for start, end, offset, path in self.spans:
            if start <= address < end:
                elf = self.elf(path)
                inner = elf.address_of_offset(address - start + offset) if elf else None
                return (path, inner) if inner is not None else None
        return None

    def elf(self, path: str) -> Elf | None:
        if path not in self._elves:
            self._elves[path] = None
            with suppress(NoElfError):
                try:
                    elf = self._elves[path] = Elf(path)
                    why = elf.problem
                except (ElfError, OSError) as error:
                    why = getattr(error, "strerror", None) or str(error)
                if why:
                    shown = os.fsencode(path).decode(errors="replace")
                    self.lost.append((f"functions in {shown}", why, ""))
        return self._elves[path]


def unfolded(pid: int, places: dict[int, Frames]) -> dict[int, Frames]:
    """With the functions around those that the compiler took in, where addr2line knows them."""
    folded = {a for a, frames in places.items() if any(frame.inlined for frame in frames)}
    if not folded:
        return places
    found = maps_of(pid).places(folded)
    return {**places, **{a: frames for a, frames in found.items() if len(frames) > 1}}


def _add_lines(path: str, pairs: list[tuple[int, int]], found: dict[int, Frames]) -> None:
    tool = shutil.which("addr2line")
    if tool is None or "/libc.so" in path:
        return
    asked = [tool, "-a", "-f", "-i", "-C", "-e", path, *(hex(offset) for _, offset in pairs)]
    try:
        said = subprocess.run(
            asked, capture_output=True, text=True, errors="replace", timeout=_LINES_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return
    by_offset: dict[int, list[FrameLook]] = {}
    frames: list[FrameLook] = []
    lines = iter(said.split("\n"))
    for line in lines:  # an address, then a function and its place, for each inlined one
        if _ADDRESS.fullmatch(line):
            frames = by_offset.setdefault(int(line, 16), [])
            continue
        file, _, number = next(lines, "").split(" ")[0].rpartition(":")
        if _LINE.fullmatch(number) and not file.startswith("?"):
            function = None if line.startswith("?") else line
            frames.append(FrameLook(function, os.path.normpath(file), int(number), path))
    for address, offset in pairs:
        found[address] = tuple(by_offset.get(offset, ())) or found[address]
