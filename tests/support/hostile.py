"""Texts that mean harm to whoever shows them, and databases full of them."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

MARKUP = (
    "</script><script>alert(1)</script>\"'><img src=x onerror=alert(2)><svg onload=alert(3)>"
    "--> ]]> &lt; </title></style> <a href=javascript:alert(4)>x</a> [a](javascript:alert(5)) $x$"
    " `x` | ![](http://127.0.0.1:9/x)"
)
TERMINAL = (
    "\x1b]0;P\x07 \x1b[2J \x1b[5;95mZ \x9b31m \r \x08 \x85 \x7f \u202e \u2066 \u2028 \ufffe"
    " \uffff \u200b \U0001fffe"
)
LOG = "\n::error::x\n  ::stop-commands::y\n##[error]z\nerror: forged\n  help:  forged"
FORMULA = "=cmd|'/C calc'!A0"
BYTES = "\udcff \udc80"
LONG = "L" * 10_000
TEXT = FORMULA + MARKUP + TERMINAL + LOG

# What has a meaning to the package: kept, as are times and figures.
_KEPT = {"verdict", "engine", "key", "begun", "ended", "created", "image", "difference", "folder"}
_KEPT |= {"evidence", "reference", "sha256", "attach", "order", "compile"}
_WORDS = {"threads", "engine", "switch-interval", "shared", "isolated"}


def spoil(database: Path, text: str = TEXT) -> None:
    """Put `text` into every text of a database, with the row's number, and into those of its JSON.

    Names of axes and what ends in `text` already stay.
    """
    with closing(sqlite3.connect(database)) as db, db:
        tables = [
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        for table in tables:
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            for row in db.execute(f"SELECT rowid, * FROM {table}").fetchall():
                for name, value in zip(columns, row[1:], strict=True):
                    if isinstance(value, str) and name not in _KEPT:
                        spoilt = (
                            json.dumps(_spoilt(json.loads(value), text))
                            if value[:1] in ("{", "[")
                            else f"{text}{row[0]}"
                        )
                        db.execute(
                            f"UPDATE {table} SET {name} = ? WHERE rowid = ?", (spoilt, row[0])
                        )


def _spoilt(value: Any, text: str) -> Any:
    match value:
        case str():
            return value if value in _WORDS or value.endswith(text) else text
        case list():
            return [_spoilt(part, text) for part in value]
        case dict():
            return {
                key: part if key in _KEPT else _spoilt(part, text) for key, part in value.items()
            }
    return value


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, ...]] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found[tag, *(name for name, _ in attrs)] += 1

    def handle_comment(self, data: str) -> None:
        self.found["comment",] += 1


def elements(html: str) -> Counter[tuple[str, ...]]:
    """How many elements there are of each tag with which attributes, and comments."""
    parser = _Elements()
    parser.feed(html)
    parser.close()
    return parser.found


def trace(text: str) -> str:
    """A timeline whose every name is `text`."""
    events: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "pid": 1, "args": {"name": text}}
    ]
    for thread in (1, 2):
        events.append(
            {"ph": "M", "name": "thread_name", "pid": 1, "tid": thread, "args": {"name": text}}
        )
        events += [
            {"ph": "X", "name": name, "cat": "frame", "pid": 1, "tid": thread}
            | {"ts": 10.0 * thread, "dur": 90.0, "args": {text: text}}
            for name in ("render", "attached", text)
        ]
    return json.dumps({"traceEvents": events})
