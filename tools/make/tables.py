#!/usr/bin/env python3
"""Tables in docs/ that are made of the package's own rows.

    python3 tools/make/tables.py            write them
    python3 tools/make/tables.py --check    say which ones are stale

A table stands between `<!-- MARK:begin -->` and `<!-- MARK:end -->`. To add one, write a function
that yields its lines and put it into TABLES.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pynodes.model.figures import COLUMNS, FIGURES, Shown  # noqa: E402
from pynodes.store import schema  # noqa: E402
from pynodes.sweep.stats import DEFINITIONS  # noqa: E402


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def figures() -> Iterator[str]:
    """All that is measured, and where it is shown."""
    yield row("figure", "event", "unit", "of", "in", "what it is")
    yield "|---|---|---|---|---|---|"
    for figure in FIGURES:
        of = "threads" if figure.shown & Shown.THREAD else "frame" if figure.wire else "run"
        yield row(
            f"`{figure.key}`",
            f"`{figure.wire}`" if figure.wire else "",
            figure.unit,
            of,
            ", ".join(name for name, where in PLACES.items() if figure.shown & where),
            f"{figure.definition}. {figure.more}" if figure.more else figure.definition,
        )


PLACES = {
    "record": Shown.RECORD,
    "`per_thread`": Shown.THREAD,
    "`sample`": Shown.COLUMN | Shown.METRIC,
    "statistics": Shown.METRIC,
}


def definitions() -> Iterator[str]:
    """The words of statistics."""
    return (f"- **{name}**: {text}." for name, text in DEFINITIONS.items())


def database() -> Iterator[str]:
    """The tables of stored results, with the columns that SQLite finds."""
    measured = {figure.key for figure in COLUMNS}
    yield row("table", "a row", "columns")
    yield "|---|---|---|"
    with closing(sqlite3.connect(":memory:")) as db:
        for statement in schema.TABLES:
            db.execute(statement)
        for table, meaning in schema.ROWS.items():
            names = [str(each[1]) for each in db.execute(f"PRAGMA table_info({table})")]
            columns = [f"`{name}`" for name in names if name not in measured]
            more = [", and [figures](figures.md)"] if measured & set(names) else []
            yield row(f"`{table}`", meaning, " ".join(columns) + "".join(more))


TABLES: Mapping[tuple[str, str], Callable[[], Iterable[str]]] = {
    ("docs/figures.md", "figures"): figures,
    ("docs/results.md", "definitions"): definitions,
    ("docs/results.md", "tables"): database,
}


def written(text: str, mark: str, lines: Iterable[str]) -> str:
    """The text with these lines at the mark.

    Raises:
        ValueError: the text has no such mark, or several.
    """
    table = "".join(f"{line}\n" for line in lines)
    begin, end = f"<!-- {mark}:begin -->\n", f"<!-- {mark}:end -->"
    found = re.findall(f"{begin}.*?{end}", text, re.DOTALL)
    if len(found) != 1:
        raise ValueError(f"{len(found)} places with {begin.strip()}")
    return text.replace(found[0], begin + table + end)


def stale(write: bool) -> list[str]:
    """`FILE: MARK` of each table that is not as it should be; with `write`, was not."""
    found = []
    for (name, mark), table in TABLES.items():
        path = ROOT / name
        text = path.read_text(encoding="utf-8")
        new = written(text, mark, table())
        if new != text:
            found.append(f"{name}: {mark}")
            if write:
                path.write_text(new, encoding="utf-8")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write tables in docs/ from the package's rows.")
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    options = parser.parse_args(argv)
    found = stale(write=not options.check)
    for name in found:
        print(f"{name} {'is stale' if options.check else 'written'}")
    return 1 if found and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
