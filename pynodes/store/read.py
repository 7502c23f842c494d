"""Reading what is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from pynodes.errors import did_you_mean
from pynodes.model.figures import COLUMNS
from pynodes.model.verdict import Verdict
from pynodes.store.database import Database, StoreError
from pynodes.store.model import Cell, Machine, Reference, Sample, Session, Summary, Sweep

_SAMPLE = (
    "sample.id",
    "round",
    "session",
    "begun",
    "verdict",
    "verdict_text",
    "sha256",
    "wrong_pixels",
    "max_difference",
    "difference",
    "image",
    "evidence",
    "command",
    "record",
)


class Reader(Database):
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
                Summary(
                    id=row[0],
                    name=row[1],
                    created=row[2],
                    machine=row[3],
                    revision=row[4],
                    axes=tuple(json.loads(row[5])),
                    cells=row[6],
                    samples=sum(verdicts.get(row[0], {}).values()),
                    verdicts=verdicts.get(row[0], {}),
                    last=row[7],
                )
                for row in self._all(
                    "SELECT sweep.id, sweep.name, created, machine.name, revision, axes,"
                    " (SELECT count(*) FROM cell WHERE cell.sweep = sweep.id),"
                    " (SELECT max(coalesce(ended, begun)) FROM session"
                    "  WHERE session.sweep = sweep.id)"
                    " FROM sweep JOIN machine ON machine.id = sweep.machine ORDER BY sweep.id"
                )
            ]

    def find(self, wanted: str) -> int:
        """The sweep that a person means: number, name, `latest`, or the newest of a revision.

        Raises:
            StoreError: there is none.
        """
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
        row = self._one(
            "SELECT sweep.id, sweep.key, sweep.name, created, machine.key, machine.name,"
            " machine.facts, version, revision, axes, settings, folder"
            " FROM sweep JOIN machine ON machine.id = sweep.machine WHERE sweep.id = ?",
            number,
        )
        if row is None:
            raise StoreError(f"no sweep {number} is stored", str(self.path))
        return Sweep(
            id=row[0],
            key=row[1],
            name=row[2],
            created=row[3],
            machine=Machine(row[4], row[5], json.loads(row[6])),
            version=row[7],
            revision=row[8],
            axes=tuple(json.loads(row[9])),
            settings=json.loads(row[10]),
            folder=self.root / row[11],
            database=self.path,
            sessions=tuple(self._sessions(number)),
            references={reference.key: reference for reference in self._references(number)},
            cells=tuple(self._cells(number)),
        )

    def _sessions(self, sweep: int) -> Iterator[Session]:
        for number, begun, ended, ending, command, facts in self._all(
            "SELECT id, begun, ended, ending, command, facts FROM session"
            " WHERE sweep = ? ORDER BY id",
            sweep,
        ):
            yield Session(number, begun, ended, ending, command, json.loads(facts))

    def _references(self, sweep: int) -> Iterator[Reference]:
        for key, verdict, sha256, image, record in self._all(
            "SELECT key, verdict, sha256, image, record FROM reference WHERE sweep = ?", sweep
        ):
            records = tuple(json.loads(record))
            yield Reference(key, Verdict(verdict), sha256, self._path(image), records)

    def _cells(self, sweep: int) -> Iterator[Cell]:
        samples = self._samples(sweep)
        for number, key, position, settings, job, host, reference in self._all(
            "SELECT id, key, position, settings, job, host, reference FROM cell"
            " WHERE sweep = ? ORDER BY position, id",
            sweep,
        ):
            yield Cell(
                id=number,
                key=key,
                position=position,
                settings=json.loads(settings),
                job=json.loads(job),
                host=json.loads(host),
                reference=reference,
                samples=tuple(samples.get(number, ())),
            )

    def _samples(self, sweep: int) -> dict[int, list[Sample]]:
        """The samples of each cell, by round."""
        samples: dict[int, list[Sample]] = {}
        there = self._columns_of_samples()
        figures = [row.key if row.key in there else "NULL" for row in COLUMNS]
        for found in self._all(
            f"SELECT sample.cell, {', '.join((*_SAMPLE, *figures))} FROM sample"
            " JOIN cell ON cell.id = sample.cell WHERE cell.sweep = ?"
            " ORDER BY sample.round, sample.id",
            sweep,
        ):
            samples.setdefault(found[0], []).append(self._sample(found[1:]))
        return samples

    def _sample(self, row: Sequence[Any]) -> Sample:
        values = dict(zip(_SAMPLE, row, strict=False))
        keys = (figure.key for figure in COLUMNS)
        values["figures"] = dict(zip(keys, row[len(_SAMPLE) :], strict=True))
        values["id"] = values.pop("sample.id")
        values["verdict"] = Verdict(values["verdict"])
        for name in ("difference", "image", "evidence"):
            values[name] = self._path(values[name])
        values["records"] = tuple(json.loads(values.pop("record")))
        return Sample(**values)
