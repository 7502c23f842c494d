"""The file of results: opening it, its version, transactions, and what SQLite's errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from pynodes import decode, files, printable
from pynodes.decode import DecodeError, shown
from pynodes.errors import PynodesError, needed
from pynodes.model.figures import COLUMNS
from pynodes.process.evidence_folder import RUNS
from pynodes.store import rows
from pynodes.store.schema import APPLICATION_ID, SCHEMA, TABLES, column_type

_BUSY_S = 60.0  # a writer's turn takes milliseconds; a stopped one (Ctrl-Z) may take long
_OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
_OPENED = ("", "-journal", "-wal", "-shm")  # what SQLite opens beside a file
# `trusted_schema`: nothing in the schema of a file may call a function with effects.
_PRAGMAS = ("foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON")
# Steps of SQLite's machine from one row to the next: some seconds of work.
_STEPS, _MOST_STEPS = 1_000_000, 1_000_000_000


class StoreError(PynodesError):
    """The results cannot be read or written."""


class Database:
    """An open `pynodes.db`; a context manager.

    Rows that cannot be read are left out, and `left_out` has an error for each; the rest is given
    all the same. What goes on with a file (`create`) stops at the first instead.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, *, strict: bool = False) -> None:
        self.path = path.absolute()
        self._left_out: dict[str, StoreError] = {}
        self._db = connection
        self._is_strict = strict
        self._steps = 0
        connection.text_factory = _text
        connection.set_progress_handler(self._is_endless, _STEPS)
        with self._explained():
            self._rows = {table: self._rows_of(table) for table in rows.KINDS}

    @classmethod
    def create(cls, path: Path) -> Self:
        """Open for writing; a new file gets its tables.

        Raises:
            StoreError: it is of a newer schema, not ours, not writable, or the disk is full.
        """
        if _kind_of(path.parent) != files.FOLDER:
            raise StoreError(
                f"there is no folder {path.parent}", str(path), f"`mkdir -p {path.parent}`"
            )
        with _opening(path, "rwc") as db:
            with _transaction(db):
                if _version(db, path) == 0:
                    for statement in TABLES:
                        db.execute(statement)
                    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                    db.execute(f"PRAGMA user_version = {SCHEMA}")
                _add_columns(db)
            return cls(path, db, strict=True)

    @classmethod
    def open(cls, path: Path, *, write: bool = False) -> Self:
        """Open what is there.

        Raises:
            StoreError: there is no such file, it is of a newer schema, or not ours.
        """
        if not _kind_of(path):
            raise StoreError(
                "there are no stored results",
                str(path.absolute()),
                "`pynodes sweep SCENE.py -t 1,2` makes some; --db names another file",
            )
        with _opening(path, "rw" if write else "ro") as db:
            if _version(db, path) == 0:
                raise StoreError(
                    "nothing is stored in this file yet",
                    str(path.absolute()),
                    "`pynodes sweep SCENE.py -t 1,2` stores something",
                )
            return cls(path, db)

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def left_out(self) -> tuple[StoreError, ...]:
        """What could not be read so far, each row once."""
        return tuple(self._left_out.values())

    @property
    def root(self) -> Path:
        """The folder that paths in the file start from."""
        return self.path.parent

    def folder_of(self, sweep: int) -> Path:
        """Where the pictures and the evidence of a sweep are."""
        return self.root / RUNS / f"sweep-{sweep}"

    def _stored(self, value: Any) -> Any:
        """A value as it is kept: what has parts as JSON, a path from the folder of the file.

        So both can be moved. Bytes of names that are not UTF-8 become escapes, but in JSON.
        """
        if isinstance(value, Path):
            value = os.path.relpath(value.absolute(), self.root)
        if isinstance(value, Mapping | list | tuple):
            return decode.json_text(value)
        return printable.encodable(value) if isinstance(value, str) else value

    def _explained(self) -> AbstractContextManager[None]:
        """Turn SQLite's errors into ours."""
        return _explained(self.path)

    def _insert(self, table: str, tail: str = "", **row: Any) -> sqlite3.Cursor:
        marks = ", ".join(f":{name}" for name in row)
        self._steps = 0
        return self._db.execute(
            f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks}) {tail}",
            {name: self._stored(value) for name, value in row.items()},
        )

    def _execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        self._steps = 0
        return self._db.execute(sql, values)

    def _read(self, table: str, tail: str = "", *values: Any) -> Iterator[dict[str, Any]]:
        """The rows of a table by the names of its columns, without those that are left out."""
        names = ", ".join(f"{table}.{name}" for name in self._rows[table].columns)
        found = self._execute(f"SELECT {names} FROM {table} {tail}", *values)
        yield from self._decoded(self._rows[table], table, found)

    def _decoded(
        self, of: rows.Rows, table: str, found: Iterable[tuple[Any, ...]]
    ) -> Iterator[dict[str, Any]]:
        """The rows that can be read; the first column is the number of a row."""
        for row in found:
            try:
                yield of.decoded(row)
            except DecodeError as error:
                self._leave_out(f"row {shown(row[0])} of table {table} is left out: {error.what}")
            self._steps = 0

    def _leave_out(self, what: str) -> None:
        """Note what cannot be read. Raises `StoreError` where nothing may be missing."""
        error = self._damaged(what, "what can be read is shown without it")
        if self._is_strict:
            raise error
        self._left_out[what] = error

    def _damaged(self, what: str, rest: str, detail: str = "") -> StoreError:
        """The error of a row that cannot be read. `rest` says what else one who reads can do."""
        if self._is_strict:
            rest = "--fresh with another --db begins anew"
        help = f"`sqlite3 pynodes.db` can put it right; {rest}"
        return StoreError(what, str(self.path), help, detail)

    def _one(self, sql: str, *values: Any) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._execute(sql, *values).fetchone()
        return row

    def _all(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return self._execute(sql, *values).fetchall()

    def _rows_of(self, table: str) -> rows.Rows:
        try:
            return rows.Rows(rows.KINDS[table], rows.columns_of(self._db, table), self.root)
        except DecodeError as error:
            what = f"this is not the schema of pynodes: {error.what}"
            raise StoreError(what, str(self.path), "name another file with --db") from None

    def _is_endless(self) -> bool:
        """Whether a statement does more work than any of ours; asked after so many steps."""
        self._steps += _STEPS
        return self._steps > _MOST_STEPS

    def _writing(self) -> AbstractContextManager[None]:
        """One transaction: all of it is stored, or nothing."""
        self._steps = 0
        return _transaction(self._db)


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All of it is stored, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        # A full disk has rolled it back already.
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        raise


def _add_columns(db: sqlite3.Connection) -> None:
    """Room for figures that were not measured yet when the file was made."""
    there = {row[1] for row in db.execute("PRAGMA table_info(sample)")}
    for row in COLUMNS:
        if row.key not in there:
            db.execute(f"ALTER TABLE sample ADD COLUMN {row.key} {column_type(row)}")


def _text(value: bytes) -> str | bytes:
    """A text of the file; bytes that are none are left for the decoder of the column to refuse."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value


@contextmanager
def _opening(path: Path, mode: str) -> Iterator[sqlite3.Connection]:
    """A connection, which is closed when what is done with it fails."""
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        oldest = ".".join(map(str, _OLDEST_SQLITE))
        raise StoreError(
            f"this Python has SQLite {sqlite3.sqlite_version}, results need {oldest}",
            str(path),
            "take a Python with a newer SQLite",
        )
    # As a URI, since only that can open without creating. `?`, `#` and `%` in a name are quoted.
    for suffix in _OPENED:
        if (kind := _kind_of(Path(f"{path}{suffix}"))) not in ("", files.FILE):
            help = "name a file, such as pynodes.db"
            raise StoreError(f"this is {kind}", f"{path.absolute()}{suffix}", help)
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    with _explained(path), ExitStack() as undo:
        db = sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None)
        undo.callback(db.close)
        db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, rows.MAX_VALUE)
        for pragma in _PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        if mode == "ro":
            db.execute("PRAGMA query_only = ON")
        elif db.execute("SELECT 1 FROM sqlite_master WHERE type = 'trigger'").fetchone():
            raise StoreError(
                "the file has triggers, which pynodes did not make",
                str(path.absolute()),
                "drop them, or name another file with --db",
            )
        yield db
        undo.pop_all()


def _kind_of(path: Path) -> str:
    """`files.kind_of`, in the words of this module."""
    with needed("the results cannot be used", path, "name another file with --db", StoreError):
        return files.kind_of(path)


def _version(db: sqlite3.Connection, path: Path) -> int:
    """The version of the schema; 0 for an empty file.

    Raises:
        StoreError: it is newer than this package, or the file is someone else's.
    """
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    owner: int = db.execute("PRAGMA application_id").fetchone()[0]
    if owner != APPLICATION_ID:
        if version == 0 and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return 0
        raise StoreError(
            "this is a database of another program",
            str(path.absolute()),
            "name another file with --db",
        )
    if not 1 <= version <= SCHEMA:
        raise StoreError(
            f"these results are of schema {version}, this pynodes knows up to {SCHEMA}",
            str(path.absolute()),
            "use the newer pynodes that wrote them, or name another file with --db;"
            " nothing was changed",
        )
    return version


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except (sqlite3.Error, UnicodeError, MemoryError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        what, help = _WORDS.get(code, (f"the results cannot be used: {error}", ""))
        raise StoreError(what, str(path.absolute()), help) from None


_WORDS = {
    sqlite3.SQLITE_INTERRUPT: (
        "the results take too long to read: this is not the work of pynodes",
        "name another file with --db",
    ),
    sqlite3.SQLITE_TOOBIG: (
        f"a value is larger than {rows.MAX_VALUE >> 20} MiB",
        "name another file with --db",
    ),
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
