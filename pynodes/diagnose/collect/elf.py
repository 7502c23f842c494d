"""Names and addresses out of ELF files (64 bit, little end), used where there is no gdb.

A mapped file may be damaged, packed, huge, replaced by something that is no file, or changed while
it is read. All that is used of it is read and checked when it is opened, as copies; a file that
does not fit together has no symbols.
"""

from __future__ import annotations

import bisect
import os
import struct
from collections.abc import Iterator
from functools import cached_property

from pynodes import files

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_MAGIC = b"\x7fELF\x02\x01"
_LOAD, _SYMTAB, _STRTAB, _DYNSYM = 1, 2, 3, 11
_CODE = 2
_MOST_LOADS = 256
_MOST_SYMBOLS = 1 << 20
_MOST_NAMES = 1 << 28  # bytes of a table of names
_MOST_NAME = 4096


class ElfError(ValueError):
    """A file is no ELF file of this kind, or does not fit together."""


class NoElfError(ElfError):
    """It is some other file: nothing is lost with it."""


class Elf:
    """The symbols of one file, from the symbol table or, when stripped, what it exports.

    Attributes:
        loads: file offset, address and size of each segment that is mapped.
        symbols: name -> address, size, type.
        problem: why there are no symbols, where they are damaged.

    Raises:
        ElfError: where its parts are mapped cannot be had of it; the text says why.
        OSError: it cannot be read.
    """

    loads: list[tuple[int, int, int]]
    symbols: dict[str, tuple[int, int, int]]
    problem: str

    def __init__(self, path: str) -> None:
        with _File(path) as file:
            header = _HEADER.unpack(file.read(0, _HEADER.size, "the header"))
            if header[0][: len(_MAGIC)] != _MAGIC:
                raise NoElfError("it is not a 64 bit ELF file")
            segments, sections, segment_size, n_segments, size, count = (
                header[i] for i in (5, 6, 9, 10, 11, 12)
            )
            self.loads = [
                (offset, address, filled)
                for kind, _, offset, address, _, filled, _, _ in file.table(
                    segments, segment_size, n_segments, _SEGMENT, "the segments"
                )
                if kind == _LOAD
            ]
            if len(self.loads) > _MOST_LOADS:
                raise ElfError(f"it has {len(self.loads)} segments")
            self.symbols, self._words, self.problem = {}, {}, ""
            try:
                table = list(file.table(sections, size, count, _SECTION, "the sections"))
                for kind in (_SYMTAB, _DYNSYM):
                    self._take_symbols(file, kind, table)
                self._words = self._constants(file)
            except ElfError as error:
                self.symbols, self.problem = {}, str(error)

    def _take_symbols(self, file: _File, kind: int, sections: list[tuple[int, ...]]) -> None:
        found = next((section for section in sections if section[1] == kind), None)
        if found is None:
            return
        _, _, _, _, at, size, names, _, _, _ = found
        if names >= len(sections) or sections[names][1] != _STRTAB:
            raise ElfError("its symbols have no names")
        if sections[names][5] > _MOST_NAMES or size > _MOST_SYMBOLS * _SYMBOL.size:
            raise ElfError("its symbols are too many")
        text = file.read(sections[names][4], sections[names][5], "the names")
        size -= size % _SYMBOL.size
        for name, info, _, index, value, length in _SYMBOL.iter_unpack(
            file.read(at, size, "the symbols")
        ):
            if index and 0 < name < len(text):
                word = text[name : name + _MOST_NAME].split(b"\0", 1)[0]
                known = word.decode(errors="replace").split("@")[0]
                self.symbols.setdefault(known, (value, length, info & 15))

    def _constants(self, file: _File) -> dict[str, int]:
        """What of the file's constants is asked for: its Python's version."""
        found = {}
        for name in ("Py_Version",):
            address = self.symbols[name][0] if name in self.symbols else -1
            for offset, start, size in self.loads:
                if start <= address < start + size:
                    word = file.read(address - start + offset, 8, name)
                    found[name] = int.from_bytes(word, "little")
        return found

    def address_of_offset(self, offset: int) -> int | None:
        for start, address, size in self.loads:
            if start <= offset < start + size:
                return offset - start + address
        return None

    def word_of(self, name: str) -> int | None:
        """What a constant of 8 bytes is in the file."""
        return self._words.get(name)

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


class _File:
    """A regular file, of which copies are read; nothing beyond its end."""

    def __init__(self, path: str) -> None:
        self._file = files.opened(path)
        self.size = os.fstat(self._file.fileno()).st_size

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def read(self, at: int, size: int, what: str) -> bytes:
        if at + size > self.size:
            raise ElfError(f"it is damaged: {what} would be past its end")
        data = os.pread(self._file.fileno(), size, at)
        if len(data) != size:
            raise ElfError("it was cut while it was read")
        return data

    def table(
        self, at: int, size: int, count: int, form: struct.Struct, what: str
    ) -> Iterator[tuple[int, ...]]:
        if count and size != form.size:
            raise ElfError(f"it is damaged: {what} are of {size} bytes")
        return form.iter_unpack(self.read(at, size * count, what) if count else b"")
