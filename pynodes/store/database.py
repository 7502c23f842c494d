"""The file of results: opening it, its version, transactions, and what SQLite's errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pynodes.errors import PynodesError
from pynodes.model.figures import COLUMNS
from pynodes.process.evidence_folder import RUNS
from pynodes.store.schema import APPLICATION_ID, SCHEMA, TABLES, column_type

_BUSY_S = 60.0  # a writer's turn takes milliseconds; a stopped one (Ctrl-Z) may take long
_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables


class StoreError(PynodesError):
    """The results cannot be read or written."""


class Database:
    """An open `pynodes.db`; a context manager."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path.absolute()
        self._db = connection

    @classmethod
    def create(cls, path: Path) -> Self:
        """Open for writing; a new file gets its tables.

        Raises:
            StoreError: it is of a newer schema, not ours, not writable, or the disk is full.
        """
        _check_sqlite(path)
        if not path.parent.is_dir():
            raise StoreError(
                f"there is no folder {path.parent}", str(path), f"`mkdir -p {path.parent}`"
            )
        with _explained(path):
            store = cls(path, _connect(path, "rwc"))
            try:
                with store._writing():
                    if _version(store._db, path) == 0:
                        for statement in TABLES:
                            store._db.execute(statement)
                        store._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                        store._db.execute(f"PRAGMA user_version = {SCHEMA}")
                    store._add_columns()
            except BaseException:
                store.close()
                raise
        return store

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Self:
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
        with _explained(path):
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

    def __enter__(self) -> Self:
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
        return self.root / RUNS / f"sweep-{sweep}"

    def _stored(self, path: Path | None) -> str | None:
        """A path as it is kept: from the folder of the file, so that both can be moved."""
        return None if path is None else os.path.relpath(path.absolute(), self.root)

    def _path(self, text: str | None) -> Path | None:
        return None if text is None else Path(os.path.normpath(self.root / text))

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        with _explained(self.path):
            yield

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._db.execute(sql, values).fetchone()
        return row

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._db.execute(sql, values).fetchall()

    def _columns_of_samples(self) -> set[str]:
        return {row[1] for row in self._all("PRAGMA table_info(sample)")}

    def _add_columns(self) -> None:
        """Room for figures that were not measured yet when the file was made."""
        there = self._columns_of_samples()
        for row in COLUMNS:
            if row.key not in there:
                self._db.execute(f"ALTER TABLE sample ADD COLUMN {row.key} {column_type(row)}")

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
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explain(error, path) from None


def _explain(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    what, help = _WORDS.get(code, (f"the results cannot be used: {error}", ""))
    if code == sqlite3.SQLITE_CANTOPEN and path.is_dir():
        what, help = "this is a folder", "name a file, such as pynodes.db"
    return StoreError(what, str(path.absolute()), help)


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
