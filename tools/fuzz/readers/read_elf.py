"""ELF files that a program has mapped, as the collector without gdb reads them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from random import Random

from damage import odd_bytes

from pynodes.diagnose.collect.maps import Maps

_FIELDS = ((24, 8), (32, 8), (40, 8), (54, 2), (56, 2), (58, 2), (60, 2), (62, 2))
_ODD = (0, 1, 2, 3, 11, 0x38, 0x40, 0xFFFF, 1 << 20, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1)
_SEGMENT, _SECTION, _SYMBOL = 56, 64, 24
_VERSION = 0x030D00F0


def seeds(folder: Path) -> Sequence[bytes]:
    """A small file made here, with all that is read; and one of this machine's, if it is small."""
    whole = [_small()]
    for path in map(Path, ("/bin/true", "/usr/bin/true")):
        if path.is_file() and path.stat().st_size < 1 << 17:
            whole.append(path.read_bytes())
            break
    return whole


def mutate(data: bytes, dice: Random) -> bytes:
    """Fields of the head and of the tables get odd values; sometimes bytes, or the end."""
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 2, 6))):
        if dice.random() < 0.15:
            changed = bytearray(odd_bytes(bytes(changed), dice))
            continue
        at, size = _place(changed, dice)
        value = dice.choice(_ODD) if dice.random() < 0.8 else dice.getrandbits(64)
        if dice.random() < 0.2:
            value = max(0, len(changed) + dice.randint(-64, 64))
        if 0 <= at <= len(changed) - size:
            changed[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    return bytes(changed)


def read(data: bytes, folder: Path) -> None:
    """Names of functions, where symbols lie, the version of Python: all that is asked for."""
    path = folder / "libpython3.13.so"
    path.write_bytes(data)
    maps = Maps(f"1000-9000 r-xp 00000000 08:01 7 {path}\n9000-f000 r-xp 00002000 08:01 7 {path}")
    found = maps.symbol("_PyRuntime")
    if found is not None:
        maps.constant(found[1], "Py_Version")
    elf = maps.elf(str(path))
    for address in (0, 0x1234, 0x2345, (1 << 64) - 1):
        if elf is not None:
            elf.function_at(address)
            elf.address_of_offset(address)
    for what, why, _ in maps.lost:
        (what + why).encode()


def _place(data: bytearray, dice: Random) -> tuple[int, int]:
    """A field of the head, of a segment, a section or a symbol."""
    kind = dice.randrange(4)
    if kind == 0 or len(data) < 64:
        return dice.choice(_FIELDS)
    segments, sections = struct.unpack_from("<QQ", data, 32)
    if kind == 1:
        return segments + dice.randrange(4) * _SEGMENT + dice.choice((0, 8, 16, 40)), 8
    if kind == 2:
        return sections + dice.randrange(8) * _SECTION + dice.choice((4, 24, 32, 40, 56)), 8
    return dice.randrange(len(data) // 8) * 8, dice.choice((1, 2, 4, 8))


def _small() -> bytes:
    """A shared library with two symbols: where Python's state lies, and its version."""
    names = b"\0_PyRuntime\0Py_Version\0main@@V1\0"
    symbols = bytes(_SYMBOL)
    for name, kind, value in ((1, 1, 0x2000), (12, 1, 0x1F0), (23, 2, 0x234)):
        symbols += struct.pack("<IBBHQQ", name, kind, 0, 1, value, 16)
    at_names = 0x200
    at_symbols = at_names + len(names) + -len(names) % 8
    at_sections = at_symbols + len(symbols)
    head = struct.pack(
        "<16sHHIQQQIHHHHHH",
        *(b"\x7fELF\x02\x01\x01", 3, 62, 1, 0, 64, at_sections, 0, 64, _SEGMENT, 2, _SECTION, 3, 0),
    )
    loads = struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 0x1000, 0x1000, 4096)
    loads += struct.pack("<IIQQQQQQ", 1, 6, 0x1000, 0x2000, 0, 0x1000, 0x1000, 4096)
    sections = bytes(_SECTION)
    for kind, at, size, names_in in (
        (3, at_names, len(names), 0),
        (2, at_symbols, len(symbols), 1),
    ):
        sections += struct.pack("<IIQQQQIIQQ", 0, kind, 0, 0, at, size, names_in, 0, 8, _SYMBOL)
    whole = bytearray(at_sections)
    whole[: len(head)] = head
    whole[64 : 64 + len(loads)] = loads
    whole[0x1F0:0x1F8] = struct.pack("<Q", _VERSION)
    whole[at_names : at_names + len(names)] = names
    whole[at_symbols:] = symbols
    return bytes(whole + sections)
