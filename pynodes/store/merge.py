"""Sweeps of one file taken into another, with their pictures and evidence.

A sweep is the same in both when its key and its first moment are: then what is missing of it is
added, and nothing is stored twice.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import NamedTuple

from pynodes.process.evidence_folder import RUNS, own_folder
from pynodes.store.model import Cell, CellDraft, Run, Sweep
from pynodes.store.rows import id_of
from pynodes.store.store import Store

_DRAFT = tuple(field.name for field in fields(CellDraft))
_FILES = ("difference", "image", "evidence")
_OTHERWISE = {"id", "session", "figures", "records", *_FILES}
_PLAIN = tuple(field.name for field in fields(Run) if field.name not in _OTHERWISE)


class Merged(NamedTuple):
    """A sweep where it was taken to: its number and name there, runs that were new, and known."""

    number: int
    name: str
    added: int
    known: int


class MergingStore(Store):
    """An open `pynodes.db` that takes sweeps of others."""

    def take(self, sweep: Sweep) -> Merged:
        """Take a sweep of another file, in one transaction.

        Raises:
            StoreError: it cannot be stored; then nothing of it is.
            OSError: its files cannot be copied; the same.
        """
        with self._explained(), self._writing():
            found = self._one(
                "SELECT id, name FROM sweep WHERE key = ? AND created = ?", sweep.key, sweep.created
            )
            number = self._begun(sweep) if found is None else id_of(found[0])
            name = self._one("SELECT name FROM sweep WHERE id = ?", number)
            place, runs = self.folder_of(number), sweep.database.parent / RUNS
            starts = self._starts(sweep, number)
            for key, reference in sweep.references.items():
                self._insert(
                    "reference",
                    "ON CONFLICT (sweep, key) DO NOTHING",
                    sweep=number,
                    key=key,
                    verdict=reference.verdict,
                    sha256=reference.sha256,
                    image=_copied(reference.image, runs, place),
                    record=reference.records,
                )
            counts = [self._cell(number, cell, starts, runs) for cell in sweep.cells]
        added, known = (sum(count) for count in zip(*counts, strict=True)) if counts else (0, 0)
        return Merged(number, str(name[0]) if name else "", added, known)

    def _begun(self, sweep: Sweep) -> int:
        """A sweep without cells, of its own machine; its name, or one like it that is free."""
        machine = "ON CONFLICT (key) DO NOTHING"
        self._insert("machine", machine, **asdict(sweep.machine))
        of = self._one("SELECT id FROM machine WHERE key = ?", sweep.machine.key)
        assert of is not None
        done = self._insert(
            "sweep",
            key=sweep.key,
            name=self._free_name(sweep.name),
            created=sweep.created,
            machine=of[0],
            version=sweep.version,
            revision=sweep.revision,
            axes=sweep.axes,
            settings=sweep.settings,
            folder="",
        )
        number = int(done.lastrowid or 0)
        folder = self._stored(self.folder_of(number))
        self._execute("UPDATE sweep SET folder = ? WHERE id = ?", folder, number)
        return number

    def _starts(self, sweep: Sweep, place: int) -> Mapping[int, int]:
        """The numbers of its starts here, by those that they have there."""
        rows = self._all("SELECT id, begun, command FROM session WHERE sweep = ?", place)
        known = {(begun, command): number for number, begun, command in rows}
        found = {}
        for start in sweep.sessions:
            here = known.get((start.begun, start.command))
            if here is None:
                row = asdict(start)
                del row["id"]
                here = int(self._insert("session", sweep=place, **row).lastrowid or 0)
            found[start.id] = here
        return found

    def _cell(
        self, sweep: int, cell: Cell, starts: Mapping[int, int], runs: Path
    ) -> tuple[int, int]:
        """One cell with its runs: how many are new, and how many were here."""
        place = self.folder_of(sweep)
        draft = {name: getattr(cell, name) for name in _DRAFT}
        self._insert("cell", "ON CONFLICT (sweep, key) DO NOTHING", sweep=sweep, **draft)
        found = self._one("SELECT id FROM cell WHERE sweep = ? AND key = ?", sweep, cell.key)
        assert found is not None
        known = set(self._all("SELECT round, begun FROM sample WHERE cell = ?", found[0]))
        added = 0
        for run in cell.samples:
            if (run.round, run.begun) in known or run.session not in starts:
                continue
            row = {name: getattr(run, name) for name in _PLAIN} | dict(run.figures)
            row |= {name: _copied(getattr(run, name), runs, place) for name in _FILES}
            row |= {"cell": found[0], "session": starts[run.session], "record": run.records}
            once = "ON CONFLICT (cell, round) WHERE round > 0 DO NOTHING"
            added += self._insert("sample", once, **row).rowcount
        return added, len(cell.samples) - added


def _copied(path: Path | None, runs: Path, place: Path) -> Path | None:
    """A picture, or a folder of evidence, copied to its place; None for what is not there.

    Only what lies below `runs` is taken, the folder beside its file: a row may name anything.
    Raises `OSError`.
    """
    if path is None or not path.resolve().is_relative_to(runs.resolve()):
        return None
    to = place / path.name
    if path.is_file():
        found = {to: path}
    elif path.is_dir():
        inside = [each for each in path.iterdir() if each.is_file() and not each.is_symlink()]
        found = {to / each.name: each for each in inside}
    else:
        return None
    for folder in dict.fromkeys((place.parent, place, *(each.parent for each in found))):
        own_folder(folder)
    for target, source in found.items():
        shutil.copyfile(source, target)
    return to
