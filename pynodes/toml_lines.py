"""Where in a TOML file things stand: the parser of the standard library does not say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_HEADER = re.compile(r"^\s*\[{1,2}\s*([^\[\]]+?)\s*\]{1,2}\s*(#.*)?$")
_PART = r"(?:\"[^\"]*\"|'[^']*'|[A-Za-z0-9_-]+)"
_KEY = re.compile(rf"^\s*({_PART}(?:\s*\.\s*{_PART})*)\s*=")


@dataclass(slots=True)
class Table:
    """One table as it stands in the file: the line of its header and those of its keys."""

    name: str
    line: int
    keys: dict[str, int] = field(default_factory=dict)

    def line_of(self, key: str) -> int:
        return self.keys.get(key, self.line)


def tables(text: str) -> list[Table]:
    """Every table of a valid TOML text in order; the first is the part before any header."""
    found = [Table("", 1)]
    current = found[0]
    name = ""
    for number, line in _outside_strings(text):
        header = _HEADER.match(line)
        key = _KEY.match(line)
        if header is not None:
            current = Table(header[1], number)
            found.append(current)
        elif key is not None:
            name = ".".join(parts(key[1]))
            current.keys[name] = number
        elif line.lstrip().startswith("{"):  # `event = [`, and a table a line
            found.append(Table(name, number))
    return found


def parts(name: str) -> list[str]:
    """The parts of a name with dots, without their quotes."""
    return [part.strip("\"'") for part in re.findall(_PART, name)]


_PIECE = re.compile(
    r'"""|\'\'\'|"(?:[^"\\]|\\.)*"|\'[^\']*\'|#.*'
)  # what begins or is a string, or is a comment


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Lines with their numbers, but not those that begin inside a string of several lines."""
    inside = ""
    for number, line in enumerate(text.split("\n"), 1):
        if not inside:
            yield number, line
        at = 0
        while at < len(line):
            if inside:
                end = line.find(inside, at)
                if end < 0:
                    break
                at = end + 3
                inside = ""
                continue
            piece = _PIECE.search(line, at)
            if piece is None:
                break
            at = piece.end()
            inside = piece[0] if piece[0] in ('"""', "'''") else ""
