"""Options as a call from Python has them: `width` and `height` for `--size`, `params` for `-D`.

Errors name the options of the command; a caller of `pynodes.render` reads names of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from textwrap import fill

from pynodes.errors import did_you_mean
from pynodes.options.table import Row, rows_of

# By the field; others have its name. Nothing: only the command has it.
_OTHERWISE = {"defines": "params", "pixel": "pynodes.look(scene, x, y)", "debug": ""}
# Of the command, in no row of the table.
_BESIDES = {"limit": "limit_s", "python": "python", "out": "out"}
_OPTION = r"(?<![\w-])--?([A-Za-z][a-z-]*)(?: ([a-z]+|[0-9]+)(?![\w-]))?"


def called(row: Row) -> str:
    """What a call says for an option; empty where it cannot."""
    return " and ".join(filter(None, (_OTHERWISE.get(name, name) for name in row.fields)))


def meant(name: str, known: Iterable[str]) -> str:
    """What to write for a name that a call does not know: as the command has it, or a near miss."""
    names = list(known)
    for row in rows_of():
        if name in (row.parameter, *(each.lstrip("-") for each in row.spellings)):
            here = called(row)
            return f"here that is {here}" if here else f"`pynodes render --{row.name}` has it"
    return did_you_mean(name, names) or fill(f"they are {', '.join(names)}", 88)


def as_called(said: str) -> str:
    """A message with options as a call has them; command lines, in backquotes, stay."""
    parts = said.split("`")
    parts[::2] = (re.sub(_OPTION, _called, part) for part in parts[::2])
    return "`".join(parts)


def place_called(where: str) -> str:
    """The place of an error, when that is an option; else as it is."""
    return _names().get(where.lstrip("-")) or where


def _names() -> dict[str, str]:
    """What a call says, by all that the command has for it."""
    spelled = {each.lstrip("-"): called(row) for row in rows_of() for each in row.spellings}
    return _BESIDES | spelled


def _called(found: re.Match[str]) -> str:
    name, value = found.groups()
    here = _names().get(name)
    if not here:
        return f"`pynodes render {found[0]}`" if found[0].startswith("--") else found[0]
    row = next((row for row in rows_of() if f"--{name}" in row.spellings), None)
    if value is not None and value.isdigit():
        return f"{here}={value}"
    if value is not None and row is not None and value in row.kind.choices:
        return f'{here}="{value}"'
    return f"{here} {value}" if value is not None else here
