"""Names and addresses out of ELF files (64 bit, little end), used where there is no gdb."""

from __future__ import annotations

import bisect
import struct
from functools import cached_property
from pathlib import Path

_SYMTAB, _DYNSYM = 2, 11
_CODE = 2


class Elf:
    """The symbols of one file, from the symbol table or, when stripped, what it exports."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        if self.data[:6] != b"\x7fELF\x02\x01":
            raise ValueError(f"{path} is not a 64 bit ELF file")

    @cached_property
    def loads(self) -> list[tuple[int, int, int]]:
        """(file offset, address, size) of each segment that is mapped."""
        at, size, count = self._table(32, 54, 56)
        found = []
        for i in range(count):
            kind, _, offset, address, _, filled = struct.unpack_from(
                "<IIQQQQ", self.data, at + i * size
            )
            if kind == 1:
                found.append((offset, address, filled))
        return found

    @cached_property
    def symbols(self) -> dict[str, tuple[int, int, int]]:
        """Name -> address, size, type."""
        at, size, count = self._table(40, 58, 60)
        sections = [
            struct.unpack_from("<IIQQQQIIQQ", self.data, at + i * size) for i in range(count)
        ]
        found: dict[str, tuple[int, int, int]] = {}
        for section in sections:
            if section[1] not in (_SYMTAB, _DYNSYM):
                continue
            names = sections[section[6]][4]
            for i in range(section[5] // 24):
                name, info, _, index, value, length = struct.unpack_from(
                    "<IBBHQQ", self.data, section[4] + i * 24
                )
                if index and name:
                    end = self.data.index(b"\0", names + name)
                    word = self.data[names + name : end].decode(errors="replace").split("@")[0]
                    found.setdefault(word, (value, length, info & 15))
        return found

    def address_of_offset(self, offset: int) -> int | None:
        for start, address, size in self.loads:
            if start <= offset < start + size:
                return offset - start + address
        return None

    def word_of(self, name: str) -> int | None:
        """What a constant of 8 bytes is in the file."""
        address = self.symbols[name][0] if name in self.symbols else -1
        for offset, start, size in self.loads:
            if start <= address < start + size:
                return int(struct.unpack_from("<Q", self.data, address - start + offset)[0])
        return None

    def function_at(self, address: int) -> str | None:
        """The function whose code holds the address; None in a gap, as stripped files have."""
        starts, functions = self._functions
        i = bisect.bisect_right(starts, address) - 1
        if i < 0:
            return None
        start, length, name = functions[i]
        return name if address < start + max(length, 1) else None

    @cached_property
    def _functions(self) -> tuple[list[int], list[tuple[int, int, str]]]:
        found = sorted(
            (value, length, name)
            for name, (value, length, kind) in self.symbols.items()
            if kind == _CODE
        )
        return [start for start, _, _ in found], found

    def _table(self, at: int, size: int, count: int) -> tuple[int, int, int]:
        read = struct.unpack_from
        return (
            read("<Q", self.data, at)[0],
            read("<H", self.data, size)[0],
            read("<H", self.data, count)[0],
        )
