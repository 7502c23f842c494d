"""Open `pynodes.db`, write what a sweep finds, read it back.

Every change is one transaction of its own, so whatever kills this process leaves all of it or none.
Several processes may write at once: SQLite lets them take turns, and an index makes it impossible
to store one run twice.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from pynodes.model.figures import of_run
from pynodes.model.verdict import Verdict
from pynodes.store.database import StoreError
from pynodes.store.model import CellDraft, RunDraft, SweepDraft, now
from pynodes.store.read import StoreReader
from pynodes.store.rows import id_of


class Store(StoreReader):
    """An open `pynodes.db`; use it as a context manager."""

    def begin_sweep(self, draft: SweepDraft, *, fresh: bool = False) -> int:
        """The newest sweep of this key, or (there is none, or `fresh`) a new one.

        Raises:
            StoreError: the name asked for belongs to another sweep.
        """
        with self._explained(), self._writing():
            wanted = draft.name
            row = self._one(
                "SELECT id, name FROM sweep WHERE key = ? AND (?2 IS NULL OR name = ?2)"
                " ORDER BY id DESC LIMIT 1",
                draft.key,
                wanted,
            )
            if row is not None and not fresh:
                return id_of(row[0])
            if wanted is not None and self._one("SELECT 1 FROM sweep WHERE name = ?", wanted):
                raise StoreError(
                    f"there is a sweep {wanted!r} already"
                    + ("" if fresh else ", and it is of something else"),
                    str(self.path),
                    f"choose another --name, or `pynodes results prune {wanted}` first",
                )
            self._insert(
                "machine",
                "ON CONFLICT (key) DO UPDATE SET facts = excluded.facts, name = excluded.name",
                **asdict(draft.machine),
            )
            found = self._one("SELECT id FROM machine WHERE key = ?", draft.machine.key)
            assert found is not None
            done = self._insert(
                "sweep",
                key=draft.key,
                name="",
                created=now(),
                machine=found[0],
                version=draft.version,
                revision=draft.revision,
                axes=draft.axes,
                settings=draft.settings,
                folder="",
            )
            sweep = int(done.lastrowid or 0)
            name = wanted or self._free_name(f"{draft.stem}-{sweep}")
            self._execute(
                "UPDATE sweep SET name = ?, folder = ? WHERE id = ?",
                name,
                self._stored(self.folder_of(sweep)),
                sweep,
            )
            return sweep

    def begin_session(self, sweep: int, command: str, facts: Mapping[str, Any]) -> int:
        with self._explained(), self._writing():
            done = self._insert("session", sweep=sweep, begun=now(), command=command, facts=facts)
            return int(done.lastrowid or 0)

    def end_session(self, session: int, ending: str) -> None:
        with self._explained(), self._writing():
            self._execute(
                "UPDATE session SET ended = ?, ending = ? WHERE id = ?",
                now(),
                self._stored(ending),
                session,
            )

    def put_cells(self, sweep: int, cells: Iterable[CellDraft]) -> dict[str, int]:
        """Add the cells that are not there; the numbers of all, by key."""
        with self._explained(), self._writing():
            again = "ON CONFLICT (sweep, key) DO UPDATE SET position = excluded.position"
            for cell in cells:
                self._insert("cell", again, sweep=sweep, **asdict(cell))
            return dict(self._all("SELECT key, id FROM cell WHERE sweep = ?", sweep))

    def put_reference(
        self,
        sweep: int,
        key: str,
        verdict: Verdict,
        sha256: str | None,
        image: Path | None,
        records: Sequence[Mapping[str, Any]],
    ) -> None:
        """Keep the reference of a picture; a later one takes its place."""
        with self._explained(), self._writing():
            self._insert(
                "reference",
                "ON CONFLICT (sweep, key) DO UPDATE SET verdict = excluded.verdict,"
                " sha256 = excluded.sha256, image = excluded.image, record = excluded.record",
                sweep=sweep,
                key=key,
                verdict=verdict,
                sha256=sha256,
                image=image,
                record=records,
            )

    def put_sample(self, cell: int, session: int, sample: RunDraft) -> bool:
        """Add one run; False when that round of that cell is stored already, and stays."""
        sums = [record.get("sha256") for record in sample.records]
        row = {each.name: getattr(sample, each.name) for each in fields(sample)}
        row |= of_run(sample.records) | {"wall_s": sample.wall_s}
        row["sha256"] = ",".join(map(str, sums)) if sums and all(sums) else None
        row["record"] = row.pop("records")
        with self._explained(), self._writing():
            once = "ON CONFLICT (cell, round) WHERE round > 0 DO NOTHING"
            return self._insert("sample", once, cell=cell, session=session, **row).rowcount == 1

    def prune(self, sweeps: Sequence[int]) -> None:
        """Delete sweeps with all that belongs to them, and give the room back."""
        with self._explained():
            with self._writing():
                for sweep in sweeps:
                    self._execute("DELETE FROM sweep WHERE id = ?", sweep)
                self._execute("DELETE FROM machine WHERE id NOT IN (SELECT machine FROM sweep)")
            with suppress(sqlite3.OperationalError):  # others are reading, or the disk is full
                self._execute("VACUUM")

    def _free_name(self, name: str) -> str:
        tail = 1
        found = name
        while self._one("SELECT 1 FROM sweep WHERE name = ?", found):
            tail += 1
            found = f"{name}-{tail}"
        return found
