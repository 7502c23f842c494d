"""Mapped files that are damaged, or no files: they have no symbols, and nothing else happens."""

from __future__ import annotations

import os
import random
import struct
from pathlib import Path

import pytest

from pynodes.diagnose.collect.elf import Elf, ElfError
from pynodes.diagnose.collect.maps import Maps

SOME = Path("/bin/true")
SECTIONS_AT, SEGMENTS_AT = 40, 32
SIZE_OF_SECTION, SECTIONS = 58, 60

pytestmark = pytest.mark.skipif(
    not SOME.is_file() or SOME.read_bytes()[:6] != b"\x7fELF\x02\x01",
    reason="no such ELF file here",
)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    made = tmp_path / "copy"
    made.write_bytes(SOME.read_bytes())
    return made


def put(path: Path, at: int, form: str, value: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(struct.pack(form, value))


def test_whole_file_has_symbols_and_no_problem() -> None:
    elf = Elf(str(SOME))
    assert elf.loads
    assert not elf.problem
    assert Elf(os.path.realpath("/proc/self/exe")).symbols


@pytest.mark.parametrize(
    ("at", "form", "value"),
    [
        (SECTIONS_AT, "<Q", 1 << 40),
        (SECTIONS_AT, "<Q", (1 << 64) - 1),
        (SIZE_OF_SECTION, "<H", 1),
        (SIZE_OF_SECTION, "<H", 0xFFFF),
        (SECTIONS, "<H", 0xFFFF),
    ],
)
def test_damaged_sections_cost_the_symbols_alone(
    copy: Path, at: int, form: str, value: int
) -> None:
    put(copy, at, form, value)
    elf = Elf(str(copy))
    assert "damaged" in elf.problem
    assert (elf.symbols, elf.loads) == ({}, Elf(str(SOME)).loads)


def test_file_whose_sections_were_taken_away_has_no_problem(copy: Path) -> None:
    put(copy, SECTIONS_AT, "<Q", 0)
    put(copy, SECTIONS, "<H", 0)
    elf = Elf(str(copy))
    assert (elf.symbols, elf.problem) == ({}, "")


def test_damaged_segments_are_refused(copy: Path) -> None:
    put(copy, SEGMENTS_AT, "<Q", 1 << 63)
    with pytest.raises(ElfError, match="the segments"):
        Elf(str(copy))


def test_every_way_to_cut_or_change_it_is_an_elf_error_or_fewer_symbols(copy: Path) -> None:
    whole, dice = SOME.read_bytes(), random.Random(1)
    sections = struct.unpack_from("<Q", whole, SECTIONS_AT)[0]
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(dice.randint(1, 8)):
            near = dice.choice((0, 64, sections, dice.randrange(len(data))))
            at = min(near + dice.randrange(256), len(data) - 8)
            value = dice.choice((0, 1, 1 << 31, (1 << 64) - 1, dice.getrandbits(64)))
            size = dice.choice((1, 2, 4, 8))
            data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        copy.write_bytes(data[: dice.choice((len(data), dice.randrange(len(data))))])
        try:
            elf = Elf(str(copy))
        except ElfError:
            continue
        elf.function_at(dice.getrandbits(64))
        elf.address_of_offset(dice.getrandbits(64))


@pytest.mark.parametrize("kind", ["folder", "fifo", "device"])
def test_what_is_no_file_is_left_alone(kind: str, tmp_path: Path) -> None:
    place = tmp_path / kind
    if kind == "folder":
        place.mkdir()
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place = Path("/dev/zero")
    with pytest.raises(OSError, match="not a regular file"):
        Elf(str(place))


def test_damage_is_a_line_of_what_is_not_seen(copy: Path) -> None:
    put(copy, SECTIONS_AT, "<Q", 1 << 40)
    maps = Maps(f"1000-2000 r-xp 00000000 08:01 7 {copy}")
    maps.places({0x1800})
    why = "it is damaged: the sections would be past its end"
    assert maps.lost == [(f"functions in {copy}", why, "")]


@pytest.mark.parametrize(
    ("shown", "path"),
    [
        ("/a b", "/a b"),
        ("/a\\012b", "/a\nb"),
        ("/a\x0bb\x85c\u2028d", "/a\x0bb\x85c\u2028d"),
        ("/a\udcffb", "/a\udcffb"),
        ("/a (deleted)", "/a (deleted)"),
    ],
)
def test_odd_names_are_read_as_they_are(shown: str, path: str) -> None:
    maps = Maps(f"1000-2000 r-xp 00000000 08:01 7    {shown}\n")
    assert maps.spans == [(0x1000, 0x2000, 0, path)]
    maps.places({0x1800})
    maps.lost[0][0].encode()
    assert maps.lost[0][1] == "No such file or directory"
