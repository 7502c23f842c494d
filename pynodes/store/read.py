"""Reading what is stored."""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

from pynodes import printable
from pynodes.decode import DecodeError, hints, shown
from pynodes.errors import did_you_mean, quoted_list
from pynodes.model.figures import COLUMNS
from pynodes.model.verdict import Verdict
from pynodes.store.database import Database, StoreError
from pynodes.store.model import Cell, Machine, Reference, Run, Start, Summary, Sweep
from pynodes.store.rows import Rows
from pynodes.words import plural

Found = TypeVar("Found", Machine, Start, Reference, Run, Cell, Sweep)


_FEW = 5
_FIGURES = tuple(each.key for each in COLUMNS)
_SUMMARY = tuple(each.name for each in fields(Summary) if each.name not in ("last", "verdicts"))


class StoreReader(Database):
    """An open `pynodes.db` that is read."""

    def rounds_of(self, cell: int) -> dict[int, Verdict]:
        """The measured rounds that are stored of a cell."""
        of = Rows(Run, ("id", "round", "verdict"), self.root)
        with self._explained():
            found = self._execute(
                f"SELECT {', '.join(of.columns)} FROM sample WHERE cell = ? AND round > 0", cell
            )
            kept = self._decoded(of, "sample", found)
            return {each["round"]: each["verdict"] for each in kept}

    def summaries(self) -> list[Summary]:
        """All sweeps, the oldest first, without reading their samples.

        Rows that belong to nothing that is there are noted as left out.
        """
        with self._explained():
            for table, row, parent, _ in self._all("PRAGMA foreign_key_check"):
                self._leave_out(
                    f"row {shown(row)} of table {table} is left out:"
                    f" its row of table {shown(parent)} is missing"
                )
            verdicts, last = self._verdicts(), self._last()
            of = Rows(Summary, _SUMMARY, self.root)
            found = self._execute(
                "SELECT sweep.id, sweep.name, created,"
                " machine.name, revision, axes,"
                " (SELECT count(*) FROM cell WHERE cell.sweep = sweep.id),"
                " (SELECT count(*) FROM sample JOIN cell ON cell.id = sample.cell"
                "  WHERE cell.sweep = sweep.id)"
                " FROM sweep JOIN machine ON machine.id = sweep.machine ORDER BY sweep.id"
            )
            return [
                Summary(**row, last=last.get(row["id"]), verdicts=verdicts.get(row["id"], {}))
                for row in self._decoded(of, "sweep", found)
            ]

    def _last(self) -> dict[int, str]:
        """When something was done last, by sweep."""
        of = Rows(Start, ("id", "sweep", "begun", "ended"), self.root)
        last: dict[int, str] = {}
        found = self._execute(f"SELECT {', '.join(of.columns)} FROM session")
        for row in self._decoded(of, "session", found):
            last[row["sweep"]] = max(last.get(row["sweep"], ""), row["ended"] or row["begun"])
        return last

    def _verdicts(self) -> dict[int, dict[str, int]]:
        """How often each verdict came, by sweep, the most frequent first."""
        of = Rows(Run, ("id", "sweep", "verdict", "times"), self.root)
        verdicts: dict[int, dict[str, int]] = {}
        found = self._execute(
            "SELECT min(sample.id), cell.sweep, verdict, count(*) FROM sample"
            " JOIN cell ON cell.id = sample.cell GROUP BY 2, 3 ORDER BY 4 DESC"
        )
        for row in self._decoded(of, "sample", found):
            verdicts.setdefault(row["sweep"], {})[row["verdict"]] = row["times"]
        return verdicts

    def find(self, wanted: str) -> int:
        """The sweep that a person means: number, name, `latest`, or the newest of a revision.

        Raises:
            StoreError: there is none.
        """
        wanted = printable.encodable(wanted)
        known = self.summaries()
        if wanted == "latest" and known:
            return known[-1].id
        # Also one that cannot be read: what reads it says why.
        such = "WHERE ?1 IN ('latest', CAST(id AS TEXT), name)"
        if (number := self._newest(such, wanted)) is not None:
            return number
        if not known:
            raise self._nothing()
        for sweep in reversed(known):
            revision = sweep.revision or ""
            if wanted == sweep.machine or (len(wanted) >= 4 and revision.startswith(wanted)):
                return sweep.id
        names = ["latest", *(sweep.name for sweep in known)]
        near = did_you_mean(wanted, names)
        last = ", ".join(f"{sweep.id} ({sweep.name})" for sweep in known[-8:])
        raise StoreError(
            f"no sweep {wanted!r} is stored",
            str(self.path),
            near or f"there are {last}",
            self._missing(),
        )

    def _nothing(self) -> StoreError:
        """The error of a file from which no sweep can be had."""
        if lost := self._missing():
            return self._damaged("no sweep can be read", "these rows are left out:", lost)
        help = "`pynodes sweep SCENE.py -t 1,2` stores one"
        return StoreError("no sweep is stored", str(self.path), help)

    def machines(self) -> list[Machine]:
        """All machines that sweeps ran on."""
        with self._explained():
            return [_made(Machine, row) for row in self._read("machine", "ORDER BY id")]

    def newest_of(self, key: str) -> int | None:
        """The newest sweep with that key."""
        return self._newest("WHERE key = ?1", key)

    def _newest(self, such: str, wanted: str) -> int | None:
        with self._explained():
            row = self._one(f"SELECT max(id) FROM sweep {such}", wanted)
        return row[0] if row and type(row[0]) is int else None

    def sweep(self, number: int) -> Sweep:
        """One sweep with all its cells and samples.

        Raises:
            StoreError: no sweep has that number, or its own row or its machine's cannot be
                read.
        """
        with self._explained(), _uncollected():
            self._execute("BEGIN")  # one moment for all tables, while others write on
            try:
                return self._sweep(number)
            finally:
                self._execute("ROLLBACK")

    def sweeps(self) -> list[Sweep]:
        """All sweeps that can be read."""
        found = []
        for each in self.summaries():
            try:
                found.append(self.sweep(each.id))
            except StoreError as error:
                self._leave_out(error.what)
        return found

    def _sweep(self, number: int) -> Sweep:
        if self._one("SELECT 1 FROM sweep WHERE id = ?", number) is None:
            raise StoreError(f"no sweep {number} is stored", str(self.path))
        row = self._needed(number, "sweep", number)
        machine = self._needed(number, "machine", row["machine"])
        of_sweep = "WHERE sweep = ? ORDER BY"
        sessions = self._read("session", f"{of_sweep} id", number)
        references = self._read("reference", f"{of_sweep} id", number)
        samples = self._samples(number)
        cells = [*self._cells(number, row["axes"])]
        if lost := samples.keys() - {each["id"] for each in cells}:
            runs = plural(sum(len(samples[cell]) for cell in lost), "run")
            self._leave_out(f"{runs} of sweep {number}: their cells are left out")
        return _made(
            Sweep,
            row,
            machine=_made(Machine, machine),
            database=self.path,
            sessions=tuple(_made(Start, each) for each in sessions),
            references={
                each["key"]: _made(Reference, each, records=each["record"]) for each in references
            },
            cells=tuple(
                _made(Cell, each, samples=tuple(samples.get(each["id"], ()))) for each in cells
            ),
        )

    def _needed(self, sweep: int, table: str, number: int) -> dict[str, Any]:
        """A row without which there is no sweep."""
        of = self._rows[table]
        found = self._one(f"SELECT {', '.join(of.columns)} FROM {table} WHERE id = ?", number)
        why = "is missing"
        try:
            if found is not None:
                return of.decoded(found)
        except DecodeError as error:
            why = f"is damaged: {error.what}"
        raise self._damaged(
            f"sweep {sweep} cannot be read: row {number} of table {table} {why}",
            "`pynodes results list` has the sweeps that can be read",
        )

    def _cells(self, sweep: int, axes: Collection[str]) -> Iterator[dict[str, Any]]:
        for row in self._read("cell", "WHERE sweep = ? ORDER BY position, id", sweep):
            if lacking := [axis for axis in axes if axis not in row["settings"]]:
                what = f"its settings have no {quoted_list(lacking)}"
                self._leave_out(f"row {row['id']} of table cell is left out: {what}")
            else:
                yield row

    def _missing(self) -> str:
        """What was left out, for the detail of an error."""
        return "\n".join(each.what for each in self.left_out[:_FEW])

    def _samples(self, sweep: int) -> dict[int, list[Run]]:
        """The samples of each cell, by round."""
        samples: dict[int, list[Run]] = {}
        # Sorted here: SQLite would copy the records about for that.
        of_sweep = "JOIN cell ON cell.id = sample.cell WHERE cell.sweep = ?"
        for row in self._read("sample", of_sweep, sweep):
            figures = {key: row.get(key) for key in _FIGURES}
            sample = _made(Run, row, figures=figures, records=row["record"])
            samples.setdefault(row["cell"], []).append(sample)
        for of_cell in samples.values():
            of_cell.sort(key=attrgetter("round", "id"))
        return samples


@contextmanager
def _uncollected() -> Iterator[None]:
    """Many values are made and none is in a cycle: the collector would look at all in vain."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _made(kind: Callable[..., Found], row: Mapping[str, Any], **more: Any) -> Found:
    """What a row holds; `more` are the fields that are not columns, or not as they are."""
    return kind(**{name: row[name] for name in hints(kind) if name in row} | more)
