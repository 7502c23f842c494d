"""The tables of `pynodes.db`, and what distinguishes such a file from any other.

`PRAGMA user_version` is the version of the schema, `PRAGMA application_id` says whose file it is.
Every value that is looked for in SQL is a column; the record as the render gave it is kept beside
as JSON, so nothing that was measured is lost. The columns of figures follow from
`pynodes.model.figures`; a file of before a figure was there gets its column when it is gone on
with, and the figure is then not known of what was stored before. Times of day are ISO 8601 in UTC,
durations seconds, paths relative to the folder of the file.

The journal is SQLite's rollback journal and not its write-ahead log. There is one short write per
run of the host, so the log would win nothing; without it the results are one file that can be
copied at any moment between two writes, also from and to a network folder, and read where nothing
may be written. `synchronous` stays FULL: what was reported as stored is still there after the power
fails.
"""

from __future__ import annotations

from pynodes.model.figures import COLUMNS, Figure, Fold

SCHEMA = 1
DATABASE = "pynodes.db"
APPLICATION_ID = 0x506E4462  # "PnDb"


def column_type(row: Figure) -> str:
    return "INTEGER" if row.unit == "" else "REAL"


def _column(row: Figure) -> str:
    always = row.required or row.fold is Fold.NONE
    return f"{row.key} {column_type(row)}{' NOT NULL' if always else ''}"


_FIGURES = ",\n        ".join(map(_column, COLUMNS))

TABLES = (
    """
    CREATE TABLE machine (
        id        INTEGER PRIMARY KEY,
        key       TEXT NOT NULL UNIQUE,  -- hash of what makes figures comparable
        name      TEXT NOT NULL,         -- host name
        facts     TEXT NOT NULL          -- JSON: processor, cores, memory, system
    ) STRICT
    """,
    """
    CREATE TABLE sweep (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        key       TEXT NOT NULL,         -- hash of all that a later start must share to go on
        name      TEXT NOT NULL UNIQUE,
        created   TEXT NOT NULL,
        machine   INTEGER NOT NULL REFERENCES machine(id),
        version   TEXT NOT NULL,         -- of the package
        revision  TEXT,                  -- of the project the scene lies in: git describe
        axes      TEXT NOT NULL,         -- JSON: names of the axes, in order
        settings  TEXT NOT NULL,         -- JSON: what is the same in all cells
        folder    TEXT NOT NULL          -- pictures and evidence
    ) STRICT
    """,
    """
    CREATE TABLE session (               -- one start of `pynodes sweep`
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        sweep     INTEGER NOT NULL REFERENCES sweep(id) ON DELETE CASCADE,
        begun     TEXT NOT NULL,
        ended     TEXT,                  -- NULL: still at work, or killed
        ending    TEXT,                  -- done, interrupted, or the error that ended it
        command   TEXT NOT NULL,         -- the command line, to paste
        facts     TEXT NOT NULL          -- JSON: load, governor, kernel and so on at its begin
    ) STRICT
    """,
    """
    CREATE TABLE reference (             -- one-thread pictures that cells are held against
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        sweep     INTEGER NOT NULL REFERENCES sweep(id) ON DELETE CASCADE,
        key       TEXT NOT NULL,         -- hash of all that decides the picture, and of the host
        verdict   TEXT NOT NULL,
        sha256    TEXT,
        image     TEXT,
        record    TEXT NOT NULL,         -- JSON: list of records, one a frame
        UNIQUE (sweep, key)
    ) STRICT
    """,
    """
    CREATE TABLE cell (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        sweep     INTEGER NOT NULL REFERENCES sweep(id) ON DELETE CASCADE,
        key       TEXT NOT NULL,         -- hash of the job and the host
        position  INTEGER NOT NULL,      -- in the order of the plan
        settings  TEXT NOT NULL,         -- JSON: value of each axis
        job       TEXT NOT NULL,         -- JSON: the whole job
        host      TEXT NOT NULL,         -- JSON: path, version, checksum of the host program
        reference TEXT NOT NULL,         -- key of its reference
        UNIQUE (sweep, key)
    ) STRICT
    """,
    f"""
    CREATE TABLE sample (                -- one run of the host
        id              INTEGER PRIMARY KEY AUTOINCREMENT,
        cell            INTEGER NOT NULL REFERENCES cell(id) ON DELETE CASCADE,
        round           INTEGER NOT NULL,  -- 1, 2, ...; 0 is a warm-up
        session         INTEGER NOT NULL REFERENCES session(id) ON DELETE CASCADE,
        begun           TEXT NOT NULL,
        verdict         TEXT NOT NULL,
        verdict_text    TEXT NOT NULL,
        {_FIGURES},
        sha256          TEXT,
        wrong_pixels    INTEGER,           -- NULL: not compared
        max_difference  REAL,              -- NULL: not compared
        difference      TEXT,              -- a picture of it
        image           TEXT,              -- the picture, kept when it is wrong
        evidence        TEXT,
        command         TEXT NOT NULL,     -- of the host, to paste
        record          TEXT NOT NULL      -- JSON: list of records, one a frame
    ) STRICT
    """,
    # What makes it impossible to store one run of a plan twice, whoever tries.
    "CREATE UNIQUE INDEX sample_once ON sample (cell, round) WHERE round > 0",
    "CREATE INDEX sample_by_cell ON sample (cell)",
    "CREATE INDEX sweep_by_key ON sweep (key)",
)

# What a row of each table is, for the docs.
ROWS = {
    "machine": "a machine that sweeps ran on",
    "sweep": "a plan on one machine",
    "session": "one start of `pynodes sweep`",
    "reference": "a one-thread picture that cells are held against",
    "cell": "one combination of the axes",
    "sample": "one run of the host; round 0 is a warm-up",
}
