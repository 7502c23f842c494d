"""The file in which the witness takes its notes, which the watched program can write."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from damage import odd_bytes

from pynodes.diagnose import witness
from pynodes.diagnose.collect.census import programs_of
from pynodes.diagnose.collect.incidents import Incidents
from pynodes.diagnose.collect.mapped import HEAD, Field, Layout, View
from pynodes.diagnose.collect.notes import Notes
from pynodes.diagnose.evidence.assemble import evidence_of
from pynodes.diagnose.families import judge
from pynodes.diagnose.look.form import from_json, to_json
from pynodes.diagnose.look.look import Collector, Look

_ODD = (0, 1, 2, 7, 9, 48, 64, 1023, 1 << 16, 1 << 31, (1 << 32) - 1, 1 << 63, (1 << 64) - 1)
_MAPS = (
    "1000-2000 r-xp 00000000 08:01 7 /bin/true\n",
    "1000-2000 r-xp 0 0:0 0 /dev/zero\n",
    "ffffffffffffffffffff-0 r-xp 0 0:0 0 /x\n",
    "2000-1000 r-xp ffffffffffffffff 08:01 7 /bin/true",
    "1000-2000 r-xp 00000000 08:01 7 /a\\012b\x1b]0;\udcff",
)


def seeds(folder: Path) -> Sequence[bytes]:
    """What a Python that started and ended leaves; without a witness a layout alone."""
    library = witness.find()
    if library is None:
        raise SystemExit("no witness: PYNODES_WITNESS_LIBRARY names one")
    notes = Notes()
    environ = {**os.environ, **witness.environment(library, notes.path)}
    subprocess.run([sys.executable, "-c", "import threading"], env=environ, check=True)
    page = notes.page()
    assert page is not None
    blank = page.data
    notes.close()
    os.environ["PATH"] = ""  # no addr2line: it is slow, and not ours
    return [blank, _filled(page, Random(1)), _filled(page, Random(2))]


def mutate(data: bytes, dice: Random) -> bytes:
    """Fields by their names, the layout itself, or bytes."""
    layout = Layout.parse(data.split(b"\0")[0].decode())
    changed = bytearray(data)
    for _ in range(dice.choice((1, 3, 10, 40))):
        if dice.random() < 0.05:
            changed[:HEAD] = odd_bytes(bytes(changed[:HEAD]).rstrip(b"\0"), dice)[:HEAD].ljust(
                HEAD, b"\0"
            )
        _odd_field(changed, View(layout, "page", data), dice)
    if dice.random() < 0.02:
        return bytes(changed[: dice.randrange(len(changed))])
    return bytes(changed)


def read(data: bytes, folder: Path) -> None:
    """All that a diagnosis reads there, and what is judged by it."""
    notes = Notes()
    try:
        os.pwrite(notes.file, data, 0)
        crashes = notes.new_crashes()
        noted = notes.read(5)
        if noted is not None:
            noted.addresses()
        json.dumps([program.as_dict() for program in programs_of(notes)])
        seen = Incidents(notes)
        for pid in seen.pids()[:8]:
            look = Look(
                collector=Collector("", ""),
                pid=pid,
                lost=tuple(seen.lost(pid)),
                threads=(),
                python=seen.python_of(pid),
                places={},
                notes=noted,
                incidents=seen.of(pid),
            )
            assert from_json(Look, json.loads(json.dumps(to_json(look)))) == look
            judge(evidence_of(look))
        notes.ask()
        for crash in crashes:
            notes.let_go(crash)
    finally:
        notes.close()


def _filled(page: View, dice: Random) -> bytes:
    """A page with threads, incidents and maps in it, by its own layout."""
    data = bytearray(page.data)
    _put(data, page, "taken", 3)
    _put(data, page, "crashes", 2)
    for i in range(3):
        slot, one, maps = page.part("slots", i), page.part("incidents", i), page.part("maps", i)
        for name, value in (("pid", 5 + i), ("crash", i % 2), ("signal", 11), ("stack_size", 9)):
            _put(data, page.part("processes", i), name, value)
        for name, value in (("tid", 5), ("pid", 5), ("depth", 2), ("notes", 9), ("unmatched", 1)):
            _put(data, slot, name, value)
        for name in ("kind", "pid", "tid", "times", "n_stack", "n_other"):
            _put(data, one, name, 1 + i)
        for place in range(4):
            at = one.at + one.layout.fields["incident"]["stack"].offset + 8 * place
            struct.pack_into("=Q", data, at, dice.choice((0x1234, 0x1FFF, 0)))
        text = _MAPS[dice.randrange(len(_MAPS))].encode(errors="surrogateescape")
        _put(data, maps, "pid", 1 + i)
        _put(data, maps, "size", len(text))
        at = maps.at + maps.layout.fields["maps"]["text"].offset
        data[at : at + len(text)] = text
    return bytes(data)


def _put(data: bytearray, view: View, name: str, value: int) -> None:
    known = view.layout.fields[view.name][name]
    size = view.layout.size_of(known.kind)
    at = view.at + known.offset
    data[at : at + size] = (value & (1 << 8 * size) - 1).to_bytes(size, sys.byteorder)


def _odd_field(data: bytearray, view: View, dice: Random) -> None:
    """Walk down to a plain field and put something odd there."""
    fields: dict[str, Field] = view.layout.fields[view.name]
    name, known = dice.choice(list(fields.items()))
    if known.kind in view.layout.fields:
        index = dice.randrange(min(known.count, 4))
        _odd_field(data, view.part(name, index), dice)
    elif known.kind == "text":
        if name != "head":
            text = dice.choice((*_MAPS, "\x1b]0;\xff", "")).encode(errors="surrogateescape")
            at = view.at + known.offset
            data[at : at + min(len(text), known.count)] = text[: known.count]
    else:
        _put(data, view, name, dice.choice(_ODD))
