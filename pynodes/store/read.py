"""Reading what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from pynodes import printable
from pynodes.errors import did_you_mean
from pynodes.model.figures import COLUMNS
from pynodes.model.verdict import Verdict
from pynodes.store.database import Database, StoreError
from pynodes.store.model import Cell, Machine, Reference, Run, Start, Summary, Sweep

Found = TypeVar("Found", Machine, Start, Reference, Run, Cell, Sweep)


class StoreReader(Database):
    """An open `pynodes.db` that is read."""

    def rounds_of(self, cell: int) -> dict[int, Verdict]:
        """The measured rounds that are stored of a cell."""
        with self._explained():
            found = self._all(
                "SELECT round, verdict FROM sample WHERE cell = ? AND round > 0", cell
            )
        return {number: Verdict(verdict) for number, verdict in found}

    def summaries(self) -> list[Summary]:
        """All sweeps, the oldest first, without reading their samples."""
        with self._explained():
            verdicts: dict[int, dict[str, int]] = {}
            for sweep, verdict, times in self._all(
                "SELECT cell.sweep, verdict, count(*) FROM sample"
                " JOIN cell ON cell.id = sample.cell GROUP BY 1, 2 ORDER BY 3 DESC"
            ):
                verdicts.setdefault(sweep, {})[verdict] = times
            return [
                Summary(**row, verdicts=verdicts.get(row["id"], {}))
                for row in self._read(
                    "SELECT sweep.id, sweep.name, created, machine.name AS machine, revision, axes,"
                    " (SELECT count(*) FROM cell WHERE cell.sweep = sweep.id) AS cells,"
                    " (SELECT count(*) FROM sample JOIN cell ON cell.id = sample.cell"
                    "  WHERE cell.sweep = sweep.id) AS samples,"
                    " (SELECT max(coalesce(ended, begun)) FROM session"
                    "  WHERE session.sweep = sweep.id) AS last"
                    " FROM sweep JOIN machine ON machine.id = sweep.machine ORDER BY sweep.id"
                )
            ]

    def find(self, wanted: str) -> int:
        """The sweep that a person means: number, name, `latest`, or the newest of a revision.

        Raises:
            StoreError: there is none.
        """
        wanted = printable.encodable(wanted)
        known = self.summaries()
        if not known:
            raise StoreError(
                "no sweep is stored",
                str(self.path),
                "`pynodes sweep SCENE.py -t 1,2` stores one",
            )
        if wanted == "latest":
            return known[-1].id
        for sweep in reversed(known):
            if wanted in (str(sweep.id), sweep.name):
                return sweep.id
        for sweep in reversed(known):
            revision = sweep.revision or ""
            if wanted == sweep.machine or (len(wanted) >= 4 and revision.startswith(wanted)):
                return sweep.id
        names = [sweep.name for sweep in known]
        near = did_you_mean(wanted, names)
        shown = ", ".join(f"{sweep.id} ({sweep.name})" for sweep in known[-8:])
        raise StoreError(
            f"no sweep {wanted!r} is stored", str(self.path), near or f"there are {shown}"
        )

    def newest_of(self, key: str) -> int | None:
        """The newest sweep with that key."""
        with self._explained():
            row = self._one("SELECT max(id) FROM sweep WHERE key = ?", key)
        return None if row is None or row[0] is None else int(row[0])

    def sweep(self, number: int) -> Sweep:
        """One sweep with all its cells and samples.

        Raises:
            StoreError: there is none of that number.
        """
        with self._explained():
            self._db.execute("BEGIN")  # one moment for all tables, while others write on
            try:
                return self._sweep(number)
            finally:
                self._db.execute("ROLLBACK")

    def _sweep(self, number: int) -> Sweep:
        row = next(self._read("SELECT * FROM sweep WHERE id = ?", number), None)
        if row is None:
            raise StoreError(f"no sweep {number} is stored", str(self.path))
        [machine] = self._read("SELECT * FROM machine WHERE id = ?", row["machine"])
        of_sweep = "WHERE sweep = ? ORDER BY"
        sessions = self._read(f"SELECT * FROM session {of_sweep} id", number)
        references = self._read(f"SELECT * FROM reference {of_sweep} id", number)
        samples = self._samples(number)
        cells = self._read(f"SELECT * FROM cell {of_sweep} position, id", number)
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

    def _samples(self, sweep: int) -> dict[int, list[Run]]:
        """The samples of each cell, by round."""
        samples: dict[int, list[Run]] = {}
        for row in self._read(
            "SELECT sample.* FROM sample JOIN cell ON cell.id = sample.cell WHERE cell.sweep = ?"
            " ORDER BY sample.round, sample.id",
            sweep,
        ):
            figures = {each.key: row.get(each.key) for each in COLUMNS}
            sample = _made(Run, row, figures=figures, records=row["record"])
            samples.setdefault(row["cell"], []).append(sample)
        return samples


def _made(kind: type[Found], row: Mapping[str, Any], **more: Any) -> Found:
    """What a row holds; `more` are the fields that are not columns, or not as they are."""
    names = [each.name for each in fields(kind) if each.name in row]
    return kind(**{**{name: row[name] for name in names}, **more})
