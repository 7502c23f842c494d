"""The file of results, as results list, show and export, compare and report read it."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests" / "support"))

from damage import ODD_NUMBERS, ODD_TEXTS, odd_bytes, odd_value
from stored_sweeps import races, scales, store_sweep

from pynodes.cli.console import Console
from pynodes.cli.tables import samples_lines, sweep_lines
from pynodes.export import csv, json, markdown
from pynodes.report import page
from pynodes.report.chapter import chapter
from pynodes.store.store import Store
from pynodes.sweep.compare import Side, compare
from pynodes.sweep.warn import cautions_between

_TABLES = ("machine", "sweep", "session", "reference", "cell", "sample")
_NUMBERS = (0, -1, 1e999, -1e999, 2**63 - 1, -(2**63), 1e308, 1e-320, 0.5, 10**9)
_TEXTS = (
    *("", "x", "../../../etc/passwd", "/dev/zero", "2025-13-01", "\x1b[31m", "crash", "ok", "\x00"),
    *("[" * 5000 + "]" * 5000, '{"a":' * 3000 + "1" + "}" * 3000, "x" * 200_000),
)


def seeds(folder: Path) -> Sequence[bytes]:
    """A sweep over threads and engines, and one in which things went wrong."""
    path = folder / "pynodes.db"
    store_sweep(path, {"threads": [1, 2, 4], "engine": ["shared", "isolated"]}, scales, rounds=1)
    store_sweep(path, {"threads": [1, 2], "switch-interval": [0.001, 0.005]}, races, warm_ups=0)
    return (path.read_bytes(),)


def mutate(data: bytes, dice: Random) -> bytes:
    """Values, the schema, or the bytes of the file."""
    if dice.random() < 0.25:
        return odd_bytes(data, dice)
    with closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(data)
        db.execute("PRAGMA foreign_keys = OFF")
        if dice.random() < 0.5:
            _loosen(db)
        # The schema last: nothing may be read of tables without an end.
        kinds = (_value, _value, _value, _json, _json, _rows, _schema)
        chosen = [dice.choice(kinds) for _ in range(dice.choice((1, 1, 2, 5)))]
        for damage in sorted(chosen, key=lambda kind: kind is _schema):
            with suppress(sqlite3.Error, UnicodeError, IndexError):
                damage(db, dice)
        db.commit()
        return bytes(db.serialize())


def _loosen(db: sqlite3.Connection) -> None:
    """Tables that take any value in any column."""
    db.execute("PRAGMA writable_schema = ON")
    db.execute(
        "UPDATE sqlite_master SET sql = replace(replace(sql, ' NOT NULL', ''), ') STRICT', ')')"
    )
    db.execute("PRAGMA writable_schema = RESET")


def _column(db: sqlite3.Connection, dice: Random) -> tuple[str, str]:
    table = dice.choice(_TABLES)
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    return table, dice.choice(names)


def _one(dice: Random, table: str) -> str:
    """All rows, or one."""
    if dice.random() < 0.3:
        return ""
    return f" WHERE id = (SELECT id FROM {table} ORDER BY id LIMIT 1 OFFSET {dice.randrange(6)})"


def _value(db: sqlite3.Connection, dice: Random) -> None:
    table, column = _column(db, dice)
    kinds: tuple[Callable[[], object], ...] = (
        lambda: dice.choice(_NUMBERS),
        lambda: dice.choice(_NUMBERS),
        lambda: dice.choice(_TEXTS),
        lambda: dice.choice(ODD_TEXTS),
        lambda: dice.choice(ODD_NUMBERS),
        lambda: None,
        lambda: dice.randbytes(dice.choice((0, 3, 5000))),
    )
    value = dice.choice(kinds)()
    where = _one(dice, table)
    if isinstance(value, bytes) and dice.random() < 0.5:
        db.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT){where}", (value,))
    else:
        db.execute(f"UPDATE {table} SET {column} = ?{where}", (value,))


def _json(db: sqlite3.Connection, dice: Random) -> None:
    """A value inside a document."""
    table, column = dice.choice(
        (("machine", "facts"), ("sweep", "axes"), ("sweep", "settings"), ("session", "facts"),
         ("reference", "record"), ("cell", "settings"), ("cell", "job"), ("cell", "host"),
         ("sample", "record"), ("sample", "record"))
    )  # fmt: skip
    rows = db.execute(f"SELECT id, {column} FROM {table}").fetchall()
    number, text = dice.choice(rows)
    if isinstance(text, str):
        made = odd_value(text.encode("utf-8", "replace"), dice)
        db.execute(f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE id = ?", (made, number))


def _rows(db: sqlite3.Connection, dice: Random) -> None:
    """Rows that others need are gone, or are there for nobody."""
    table = dice.choice(_TABLES)
    db.execute(f"DELETE FROM {table}{_one(dice, table)}")


def _schema(db: sqlite3.Connection, dice: Random) -> None:
    """Columns and tables that are gone, or are something else."""
    table, column = _column(db, dice)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT"
    match dice.randrange(6):
        case 0:
            db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        case 1:
            db.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
        case 2:
            db.execute(f"DROP TABLE {table}")
        case 3:
            names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            db.execute(f"ALTER TABLE {table} RENAME TO old")
            shown = ", ".join(f"i AS {name}" for name in names)
            db.execute(f"CREATE VIEW {table} AS {endless} {shown} FROM n")
        case 4:
            db.execute(f"PRAGMA user_version = {dice.choice((0, 2, -1, 2**31 - 1))}")
        case _:
            db.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
            made = dice.choice(("randomblob(1e9)", "hex(zeroblob(1e8))", "1e999", "abs(-1)"))
            db.execute(f"ALTER TABLE {table} ADD COLUMN {column} AS ({made})")


def read(data: bytes, folder: Path) -> None:
    """All that the commands make of it."""
    path = folder / "pynodes.db"
    path.write_bytes(data)
    with Store.open(path) as store:
        known = store.summaries()
        sweeps = [store.sweep(each.id) for each in known]
    console = Console("never")
    for sweep in sweeps:
        for line in (*sweep_lines(console, sweep, "render_s"), *samples_lines(console, sweep)):
            line.encode()
        for writer in (json, csv, markdown):
            "".join(writer.export([sweep], "render_s")).encode()
        side = Side("1", sweep, {})
        if sweep.cells:
            compare(side, side, "wall_s")
    if sweeps:
        cautions = [caution.what for caution in cautions_between(sweeps)]
        page.write(
            [chapter(sweep) for sweep in sweeps],
            folder / "report.html",
            made_by="",
            when=datetime.now(UTC),
            cautions=cautions,
            timelines=[],
        )
