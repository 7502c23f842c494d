"""The one place where rows become values: each column by the type that the model gives its field.

Nothing of a file is trusted, for others may have written it, and disks fail. What is decoded here
is finite, of its type and of bounded size.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

from pynodes import decode, files
from pynodes.decode import DecodeError, Decoder
from pynodes.model.figures import COLUMNS
from pynodes.model.record import stored_record
from pynodes.store.model import Cell, Machine, Reference, Run, Start, Sweep
from pynodes.store.schema import TABLES

MAX_VALUE = files.DOCUMENT  # bytes of one value: the records of a run of many frames

# Each table, and what its rows are.
KINDS: dict[str, Any] = {
    "machine": Machine,
    "sweep": Sweep,
    "session": Start,
    "reference": Reference,
    "cell": Cell,
    "sample": Run,
}
JSON = frozenset(("facts", "axes", "settings", "job", "host", "record"))
"""Columns that hold documents."""

id_of = decode.whole(1)


class Rows:
    """Decodes the rows of a table, or of a query that gives fields of `kind`.

    A column that is no field of it is the number of a row.

    Args:
        columns: those that are read, in order.
        root: the folder that paths start from.
    """

    def __init__(self, kind: Any, columns: Iterable[str], root: Path) -> None:
        self.columns = tuple(columns)
        known = {**_decoders(kind), **_paths(kind, root)}
        self._decoders = tuple((name, known.get(name, id_of)) for name in self.columns)

    def decoded(self, row: Iterable[Any]) -> dict[str, Any]:
        """A row by the names of its columns. Raises `DecodeError`, the column is its place."""
        found: dict[str, Any] = {}
        try:
            for (name, of), value in zip(self._decoders, row, strict=True):
                found[name] = of(value)
        except DecodeError as error:
            raise error.within(self.columns[len(found)]) from None
        return found


@cache
def _decoders(kind: Any) -> dict[str, Decoder[Any]]:
    found: dict[str, Decoder[Any]] = decode.of_fields(kind, {Path: decode.text(), Machine: id_of})
    found["record"] = decode.list_of(stored_record())
    for name in JSON & found.keys():
        found[name] = decode.document(found[name], MAX_VALUE)
    return found | {row.key: row.decoder for row in COLUMNS}


def _paths(kind: Any, root: Path) -> dict[str, Decoder[Any]]:
    """Columns with paths, which start from the folder of the file."""

    def path(value: Any) -> Path:
        said = _path_text(value)
        if "\0" in said:
            raise DecodeError(value, "a path")
        return Path(os.path.normpath(root / said))

    hints = decode.hints(kind)
    usual = {Path: path, Path | None: decode.optional(path)}
    return {name: usual[hint] for name, hint in hints.items() if hint in usual}


_path_text = decode.text(4096)


@cache
def columns() -> dict[str, tuple[str, ...]]:
    """The columns of each table, as `schema` has them."""
    with closing(sqlite3.connect(":memory:")) as db:
        for statement in TABLES:
            db.execute(statement)
        return {table: tuple(row[1] for row in _info(db, table)) for table in KINDS}


def columns_of(db: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Those of a file that can be read; an older one lacks figures.

    Raises:
        DecodeError: one is missing, or it is no table, or its values are computed.
    """
    kinds = [row[2] for row in db.execute("PRAGMA table_list") if row[1] == table]
    if kinds != ["table"]:
        raise DecodeError(kinds[0] if kinds else None, "a table", table)
    hidden = {row[1]: row[6] for row in _info(db, table)}
    later = {row.key for row in COLUMNS}
    for name in columns()[table]:
        if hidden.get(name, 0 if name in later else 1):
            raise DecodeError(None, "a stored column", f"{table}.{name}")
    return tuple(name for name in columns()[table] if name in hidden)


def _info(db: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    return db.execute(f"PRAGMA table_xinfo({table})").fetchall()
