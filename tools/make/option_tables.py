"""Write the tables of options in the docs from the rows (pynodes/options/table.py), and the host's
flags from its own `--describe`; each between <!-- mark:begin --> and <!-- mark:end -->.

    .venv/bin/python tools/make/option_tables.py [--check]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tables import main, page_with, table

from pynodes.host.answers import describe
from pynodes.host.find import find_host
from pynodes.options.kinds import Kind
from pynodes.options.table import PICTURE, SHOW, SPREAD, Row, rows_of
from pynodes.sweep.axes import axes_of


def option_texts(rows: Sequence[Row]) -> dict[str, str]:
    """What follows from the rows, by mark."""
    texts = {}
    for group in (PICTURE, SPREAD, SHOW):
        of_group = [row for row in rows if row.group == group and "render" in row.commands]
        cells = (
            (_spelt(row.spellings, row.kind.metavar), _code(row.default_shown), _meaning(row))
            for row in of_group
        )
        texts[f"options-{group}"] = table(("option", "default", "meaning"), cells)
    axes = ((_spelt(row.spellings, row.kind.several), _ticked(row.kind)) for row in axes_of(rows))
    texts["axes"] = table(("axis", "values"), axes)
    for command in ("run", "replay"):
        of_command = [row for row in rows if command in row.commands]
        names = ", ".join(_spelt(row.spellings, row.kind.metavar) for row in of_command)
        texts[f"options-{command}"] = f"Of the scene, as for `render`: {names}.\n"
    kept = ", ".join(f"`{field}`" for row in rows if row.recorded for field in row.fields)
    texts["recorded"] = f"Of the options a record keeps {kept}.\n"
    return texts


def flag_text(described: Mapping[str, Any]) -> str:
    """The table of the host's flags, from what it describes."""
    rows = (
        (
            _spelt(
                [*([f"-{option['short']}"] if option["short"] else []), f"--{option['name']}"],
                option["arg"] or "",
            ),
            _code(option["default"] or ""),
            option["doc"] + ("; repeatable" if option["repeat"] else ""),
        )
        for option in described["options"]
    )
    return table(("flag", "default", "meaning"), rows)


def pages() -> dict[Path, str]:
    """The file with what it must hold."""
    texts = {**option_texts(rows_of()), "flags": flag_text(describe(find_host()))}
    return dict((page_with("docs/command-line.md", texts),))


def _spelt(spellings: Sequence[str], value: str) -> str:
    *others, name = spellings
    return "".join(f"`{other}`, " for other in others) + f"`{name}{' ' if value else ''}{value}`"


def _meaning(row: Row) -> str:
    return f"{row.help}; {row.more}" if row.more else row.help


def _ticked(kind: Kind) -> str:
    words = (*kind.choices, "all", "default", "auto")
    return re.sub(
        r"[\w-]+", lambda found: f"`{found[0]}`" if found[0] in words else found[0], kind.note
    )


def _code(text: str) -> str:
    return f"`{text}`" if text and " " not in text else text


if __name__ == "__main__":
    sys.exit(main(pages()))
