"""Open `pynodes.db`, write what a sweep finds, read it back.

Every change is one transaction of its own, so whatever kills this process leaves all of it or none.
Several processes may write at once: SQLite lets them take turns, and an index makes it impossible
to store one run twice.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from pynodes.errors import PynodesError, did_you_mean
from pynodes.model.verdict import Verdict
from pynodes.store.model import Cell, Machine, Reference, Sample, Session, Sweep
from pynodes.store.schema import APPLICATION_ID, DATABASE, SCHEMA, TABLES

__all__ = ["DATABASE", "Store", "StoreError", "Summary"]

_BUSY_S = 60.0  # a writer's turn takes milliseconds; a stopped one (Ctrl-Z) may take long
_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables


class StoreError(PynodesError):
    """The results cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of `pynodes results list`."""

    id: int
    name: str
    created: str
    machine: str
    revision: str | None
    axes: tuple[str, ...]
    cells: int
    samples: int
    verdicts: Mapping[str, int]
    last: str | None


@dataclass(frozen=True, slots=True)
class SweepDraft:
    """A sweep that is about to begin, or to be gone on with."""

    key: str
    stem: str
    name: str | None
    machine: Machine
    version: str
    revision: str | None
    axes: tuple[str, ...]
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CellDraft:
    key: str
    position: int
    settings: Mapping[str, Any]
    job: Mapping[str, Any]
    host: Mapping[str, Any]
    reference: str


@dataclass(frozen=True, slots=True)
class SampleDraft:
    """One run, as `Sample` has it; `records` holds one record a frame. Paths may be absolute."""

    round: int
    begun: str
    verdict: Verdict
    verdict_text: str
    wall_s: float
    command: str
    records: Sequence[Mapping[str, Any]]
    wrong_pixels: int | None = None
    max_difference: float | None = None
    difference: Path | None = None
    image: Path | None = None
    evidence: Path | None = None


def now() -> str:
    """This moment as it is stored: `2025-01-31T12:00:00.000Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Store:
    """An open `pynodes.db`; use it as a context manager."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path.absolute()
        self._db = connection

    # Opening.

    @classmethod
    def create(cls, path: Path) -> Store:
        """Open for writing; a new file gets its tables.

        Raises:
            StoreError: it is of a newer schema, not ours, not writable, or the disk is full.
        """
        _check_sqlite(path)
        if not path.parent.is_dir():
            raise StoreError(
                f"there is no folder {path.parent}", str(path), f"`mkdir -p {path.parent}`"
            )
        with _told(path):
            store = cls(path, _connect(path, "rwc"))
            try:
                with store._writing():
                    if _version(store._db, path) == 0:
                        for statement in TABLES:
                            store._db.execute(statement)
                        store._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                        store._db.execute(f"PRAGMA user_version = {SCHEMA}")
            except BaseException:
                store.close()
                raise
        return store

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Store:
        """Open what is there.

        Raises:
            StoreError: there is no such file, it is of a newer schema, or not ours.
        """
        _check_sqlite(path)
        if not path.exists():
            raise StoreError(
                "there are no stored results",
                str(path.absolute()),
                "`pynodes sweep SCENE.py -t 1,2` makes some; --db names another file",
            )
        with _told(path):
            db = _connect(path, "rw" if write else "ro")
            try:
                if _version(db, path) == 0:
                    raise StoreError(
                        "nothing is stored in this file yet",
                        str(path.absolute()),
                        "`pynodes sweep SCENE.py -t 1,2` stores something",
                    )
            except BaseException:
                db.close()
                raise
        return cls(path, db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def root(self) -> Path:
        """The folder that paths in the file start from."""
        return self.path.parent

    def folder_of(self, sweep: int) -> Path:
        """Where the pictures and the evidence of a sweep are."""
        return self.root / "pynodes-runs" / f"sweep-{sweep}"

    # Writing.

    def begin_sweep(self, draft: SweepDraft, *, fresh: bool = False) -> int:
        """The newest sweep of this key, or (there is none, or `fresh`) a new one.

        Raises:
            StoreError: the name asked for belongs to another sweep.
        """
        with _told(self.path), self._writing():
            wanted = draft.name
            row = self._one(
                "SELECT id, name FROM sweep WHERE key = ? AND (?2 IS NULL OR name = ?2)"
                " ORDER BY id DESC LIMIT 1",
                draft.key,
                wanted,
            )
            if row is not None and not fresh:
                return int(row[0])
            if wanted is not None and self._one("SELECT 1 FROM sweep WHERE name = ?", wanted):
                raise StoreError(
                    f"there is a sweep {wanted!r} already"
                    + ("" if fresh else ", and it is of something else"),
                    str(self.path),
                    f"choose another --name, or `pynodes results prune {wanted}` first",
                )
            self._db.execute(
                "INSERT INTO machine (key, name, facts) VALUES (?, ?, ?)"
                " ON CONFLICT (key) DO UPDATE SET facts = excluded.facts, name = excluded.name",
                (draft.machine.key, draft.machine.name, _dump(draft.machine.facts)),
            )
            found = self._one("SELECT id FROM machine WHERE key = ?", draft.machine.key)
            assert found is not None
            done = self._db.execute(
                "INSERT INTO sweep (key, name, created, machine, version, revision, axes, settings,"
                " folder) VALUES (?, '', ?, ?, ?, ?, ?, ?, '')",
                (
                    draft.key,
                    now(),
                    found[0],
                    draft.version,
                    draft.revision,
                    _dump(draft.axes),
                    _dump(draft.settings),
                ),
            )
            sweep = int(done.lastrowid or 0)
            name = wanted or self._free_name(f"{draft.stem}-{sweep}")
            self._db.execute(
                "UPDATE sweep SET name = ?, folder = ? WHERE id = ?",
                (name, self._stored(self.folder_of(sweep)), sweep),
            )
            return sweep

    def begin_session(self, sweep: int, command: str, facts: Mapping[str, Any]) -> int:
        with _told(self.path), self._writing():
            done = self._db.execute(
                "INSERT INTO session (sweep, begun, command, facts) VALUES (?, ?, ?, ?)",
                (sweep, now(), command, _dump(facts)),
            )
            return int(done.lastrowid or 0)

    def end_session(self, session: int, ending: str) -> None:
        with _told(self.path), self._writing():
            self._db.execute(
                "UPDATE session SET ended = ?, ending = ? WHERE id = ?", (now(), ending, session)
            )

    def put_cells(self, sweep: int, cells: Iterable[CellDraft]) -> dict[str, int]:
        """Add the cells that are not there; the numbers of all, by key."""
        with _told(self.path), self._writing():
            self._db.executemany(
                "INSERT INTO cell (sweep, key, position, settings, job, host, reference)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (sweep, key) DO UPDATE SET position = excluded.position",
                [
                    (
                        sweep,
                        cell.key,
                        cell.position,
                        _dump(cell.settings),
                        _dump(cell.job),
                        _dump(cell.host),
                        cell.reference,
                    )
                    for cell in cells
                ],
            )
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
        with _told(self.path), self._writing():
            self._db.execute(
                "INSERT INTO reference (sweep, key, verdict, sha256, image, record)"
                " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sweep, key) DO UPDATE SET"
                " verdict = excluded.verdict, sha256 = excluded.sha256, image = excluded.image,"
                " record = excluded.record",
                (sweep, key, str(verdict), sha256, self._stored(image), _dump(records)),
            )

    def put_sample(self, cell: int, session: int, sample: SampleDraft) -> bool:
        """Add one run; False when that round of that cell is stored already, and stays."""
        figures = _figures(sample.records)
        row = {
            "cell": cell,
            "session": session,
            "round": sample.round,
            "begun": sample.begun,
            "verdict": str(sample.verdict),
            "verdict_text": sample.verdict_text,
            "wall_s": sample.wall_s,
            **figures,
            "wrong_pixels": sample.wrong_pixels,
            "max_difference": sample.max_difference,
            "difference": self._stored(sample.difference),
            "image": self._stored(sample.image),
            "evidence": self._stored(sample.evidence),
            "command": sample.command,
            "record": _dump(sample.records),
        }
        names = ", ".join(row)
        marks = ", ".join(f":{name}" for name in row)
        with _told(self.path), self._writing():
            done = self._db.execute(
                f"INSERT INTO sample ({names}) VALUES ({marks})"
                " ON CONFLICT (cell, round) WHERE round > 0 DO NOTHING",
                row,
            )
            return done.rowcount == 1

    def prune(self, sweeps: Sequence[int]) -> None:
        """Delete sweeps with all that belongs to them, and give the room back."""
        with _told(self.path):
            with self._writing():
                for sweep in sweeps:
                    self._db.execute("DELETE FROM sweep WHERE id = ?", (sweep,))
                self._db.execute("DELETE FROM machine WHERE id NOT IN (SELECT machine FROM sweep)")
            with suppress(sqlite3.OperationalError):  # others are reading, or the disk is full
                self._db.execute("VACUUM")

    # Reading.

    def rounds_of(self, cell: int) -> dict[int, Verdict]:
        """The measured rounds that are stored of a cell."""
        with _told(self.path):
            found = self._all(
                "SELECT round, verdict FROM sample WHERE cell = ? AND round > 0", cell
            )
        return {number: Verdict(verdict) for number, verdict in found}

    def summaries(self) -> list[Summary]:
        """All sweeps, the oldest first, without reading their samples."""
        with _told(self.path):
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
        with _told(self.path):
            row = self._one("SELECT max(id) FROM sweep WHERE key = ?", key)
        return None if row is None or row[0] is None else int(row[0])

    def sweep(self, number: int) -> Sweep:
        """One sweep with all its cells and samples.

        Raises:
            StoreError: there is none of that number.
        """
        with _told(self.path):
            self._db.execute("BEGIN")  # one moment for all tables, while others write on
            try:
                return self._sweep(number)
            finally:
                self._db.execute("ROLLBACK")

    # Inside.

    def _sweep(self, number: int) -> Sweep:
        row = self._one(
            "SELECT sweep.id, sweep.key, sweep.name, created, machine.key, machine.name,"
            " machine.facts, version, revision, axes, settings, folder"
            " FROM sweep JOIN machine ON machine.id = sweep.machine WHERE sweep.id = ?",
            number,
        )
        if row is None:
            raise StoreError(f"no sweep {number} is stored", str(self.path))
        samples: dict[int, list[Sample]] = {}
        for found in self._all(
            f"SELECT sample.cell, {', '.join(_SAMPLE)} FROM sample"
            " JOIN cell ON cell.id = sample.cell WHERE cell.sweep = ?"
            " ORDER BY sample.round, sample.id",
            number,
        ):
            samples.setdefault(found[0], []).append(self._sample(found[1:]))
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
            sessions=tuple(
                _session(found)
                for found in self._all(
                    "SELECT id, begun, ended, ending, command, facts FROM session"
                    " WHERE sweep = ? ORDER BY id",
                    number,
                )
            ),
            references={
                found[0]: Reference(
                    found[0],
                    Verdict(found[1]),
                    found[2],
                    self._path(found[3]),
                    tuple(json.loads(found[4])),
                )
                for found in self._all(
                    "SELECT key, verdict, sha256, image, record FROM reference WHERE sweep = ?",
                    number,
                )
            },
            cells=tuple(
                Cell(
                    id=found[0],
                    key=found[1],
                    position=found[2],
                    settings=json.loads(found[3]),
                    job=json.loads(found[4]),
                    host=json.loads(found[5]),
                    reference=found[6],
                    samples=tuple(samples.get(found[0], ())),
                )
                for found in self._all(
                    "SELECT id, key, position, settings, job, host, reference FROM cell"
                    " WHERE sweep = ? ORDER BY position, id",
                    number,
                )
            ),
        )

    def _sample(self, row: Sequence[Any]) -> Sample:
        values = dict(zip(_SAMPLE, row, strict=True))
        values["id"] = values.pop("sample.id")
        values["verdict"] = Verdict(values["verdict"])
        for name in ("difference", "image", "evidence"):
            values[name] = self._path(values[name])
        values["records"] = tuple(json.loads(values.pop("record")))
        return Sample(**values)

    def _free_name(self, name: str) -> str:
        tail = 1
        found = name
        while self._one("SELECT 1 FROM sweep WHERE name = ?", found):
            tail += 1
            found = f"{name}-{tail}"
        return found

    def _stored(self, path: Path | None) -> str | None:
        """A path as it is kept: from the folder of the file, so that both can be moved."""
        return None if path is None else os.path.relpath(path.absolute(), self.root)

    def _path(self, text: str | None) -> Path | None:
        return None if text is None else Path(os.path.normpath(self.root / text))

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        return row

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all of it is stored, or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk has rolled it back already.
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise


def _session(row: Sequence[Any]) -> Session:
    number, begun, ended, ending, command, facts = row
    return Session(number, begun, ended, ending, command, json.loads(facts))


_SAMPLE = (
    "sample.id",
    "round",
    "session",
    "begun",
    "verdict",
    "verdict_text",
    "wall_s",
    "start_s",
    "ready_s",
    "load_s",
    "render_s",
    "native_s",
    "python_s",
    "wait_s",
    "wait_p99_s",
    "wait_max_s",
    "cpu_s",
    "handovers",
    "vcsw",
    "ivcsw",
    "stop_s",
    "peak_mib",
    "node_calls",
    "sha256",
    "wrong_pixels",
    "max_difference",
    "difference",
    "image",
    "evidence",
    "command",
    "record",
)
_SUMMED = (
    "load_s",
    "render_s",
    "native_s",
    "python_s",
    "wait_s",
    "cpu_s",
    "handovers",
    "vcsw",
    "ivcsw",
)
_OF_THE_RUN = ("start_s", "ready_s", "stop_s", "peak_mib", "wait_p99_s", "wait_max_s")


def _figures(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of a sample that its records hold: sums over frames, else the largest of them."""
    found: dict[str, Any] = {}
    for name in _SUMMED:
        values = [record.get(name) for record in records]
        known = [value for value in values if value is not None]
        found[name] = sum(known) if known and len(known) == len(values) else None
    for name in _OF_THE_RUN:
        known = [value for record in records if (value := record.get(name)) is not None]
        found[name] = max(known, default=None)
    found["node_calls"] = sum(record.get("node_calls") or 0 for record in records)
    sums = [record.get("sha256") for record in records]
    found["sha256"] = ",".join(map(str, sums)) if sums and all(sums) else None
    return found


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # As a URI, since only that can open without creating. `?`, `#` and `%` in a name are quoted.
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    db = sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None)
    try:
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the schema; 0 for an empty file.

    Raises:
        StoreError: it is newer than this package, or the file is someone else's.
    """
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    owner = int(db.execute("PRAGMA application_id").fetchone()[0])
    if owner != APPLICATION_ID:
        if version == 0 and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return 0
        raise StoreError(
            "this is a database of another program",
            str(path.absolute()),
            "name another file with --db",
        )
    if version > SCHEMA:
        raise StoreError(
            f"these results are of schema {version}, this pynodes knows up to {SCHEMA}",
            str(path.absolute()),
            "use the newer pynodes that wrote them, or name another file with --db;"
            " nothing was changed",
        )
    return version


def _check_sqlite(path: Path) -> None:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        raise StoreError(
            f"this Python has SQLite {sqlite3.sqlite_version}, results need {oldest}",
            str(path),
            "take a Python with a newer SQLite",
        )


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(error, path) from None


def _explain(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    what, mend = _WORDS.get(code, (f"the results cannot be used: {error}", ""))
    if code == sqlite3.SQLITE_CANTOPEN and path.is_dir():
        what, mend = "this is a folder", "name a file, such as pynodes.db"
    return StoreError(what, str(path.absolute()), mend)


_WORDS = {
    sqlite3.SQLITE_FULL: (
        "the disk is full: nothing more can be stored, what was stored before is kept",
        "make room and give the same command again, it goes on from there",
    ),
    sqlite3.SQLITE_IOERR: (
        "the disk failed while results were read or written; what was stored before is kept",
        "look at the disk (is it full?), then give the same command again",
    ),
    sqlite3.SQLITE_BUSY: (
        f"another process has been writing for {_BUSY_S:.0f} s and does not end",
        "look for a stopped `pynodes sweep` (`fg`, or end it), then try again",
    ),
    sqlite3.SQLITE_READONLY: (
        "the results may not be written here",
        "change to a folder of yours, or name another file with --db",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened",
        "look at its permissions, or name another file with --db",
    ),
    sqlite3.SQLITE_NOTADB: ("this is not a file of results", "name another file with --db"),
    sqlite3.SQLITE_CORRUPT: (
        "the file of results is damaged",
        "`sqlite3 pynodes.db .recover` may save what is in it",
    ),
}
