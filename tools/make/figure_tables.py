#!/usr/bin/env python3
"""Write what docs/ has of figures, statistics and stored results from the package's own rows.

    python3 tools/make/figure_tables.py [--check]

With --check nothing is written, and what is stale is an error.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing

from tables import ROOT, main, page_with, table

sys.path.insert(0, str(ROOT))

from pynodes.model.figures import COLUMNS, FIGURES, Shown
from pynodes.store import schema
from pynodes.sweep.stats import DEFINITIONS

PLACES = {
    "record": Shown.RECORD,
    "`per_thread`": Shown.THREAD,
    "`sample`": Shown.COLUMN | Shown.METRIC,
    "statistics": Shown.METRIC,
}


def figures() -> Iterator[Sequence[str]]:
    """All that is measured, and where it is shown."""
    for figure in FIGURES:
        yield (
            f"`{figure.key}`",
            f"`{figure.wire}`" if figure.wire else "",
            figure.unit,
            "threads" if figure.shown & Shown.THREAD else "frame" if figure.wire else "run",
            ", ".join(name for name, where in PLACES.items() if figure.shown & where),
            f"{figure.definition}. {figure.more}" if figure.more else figure.definition,
        )


def database() -> Iterator[Sequence[str]]:
    """The tables of stored results, with the columns that SQLite finds."""
    measured = {figure.key for figure in COLUMNS}
    with closing(sqlite3.connect(":memory:")) as db:
        for statement in schema.TABLES:
            db.execute(statement)
        for name, meaning in schema.ROWS.items():
            columns = [str(each[1]) for each in db.execute(f"PRAGMA table_info({name})")]
            shown = " ".join(f"`{column}`" for column in columns if column not in measured)
            more = ", and [figures](figures.md)" if measured & set(columns) else ""
            yield f"`{name}`", meaning, shown + more


PAGES = {
    "docs/figures.md": {
        "figures": table(("figure", "event", "unit", "of", "in", "what it is"), figures())
    },
    "docs/results.md": {
        "definitions": "".join(f"- **{name}**: {text}.\n" for name, text in DEFINITIONS.items()),
        "tables": table(("table", "a row", "columns"), database()),
    },
}

if __name__ == "__main__":
    sys.exit(main(dict(page_with(name, texts) for name, texts in PAGES.items())))
