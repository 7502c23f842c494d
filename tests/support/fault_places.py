"""Where the lines of fault cases are that the diagnosis may name, in sources as they are now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from expected import Expected, Line

from pynodes.repro.catalog import WRONG, marked_lines


@dataclass(frozen=True)
class Place:
    file: str
    function: str
    line: int


def places_to_change(sources: dict[str, str], expected: Expected) -> set[Place]:
    """The right lines of a program, given as file names and texts."""
    wrong = {
        (file, number)
        for file, source in sources.items()
        for number, _, _ in marked_lines(source, WRONG)
    }
    marked = {place for place, _ in _lines(sources) if (place.file, place.line) in wrong}
    return marked | set(_found(sources, expected.lines))


def places_that_show(sources: dict[str, str], expected: Expected) -> set[Place]:
    return set(_found(sources, expected.shows))


def _found(sources: dict[str, str], wanted: tuple[Line, ...]) -> Iterator[Place]:
    for place, text in _lines(sources):
        if any(function == place.function and words in text for function, words in wanted):
            yield place


_DEFINITION = re.compile(r"^(?!typedef|struct|enum|extern)[A-Za-z_][\w *]*?(\w+)\([^;]*$")


def _lines(sources: dict[str, str]) -> Iterator[tuple[Place, str]]:
    """Each line with the function around it; functions begin and end in the first column."""
    for file, source in sources.items():
        function = ""
        for number, text in enumerate(source.splitlines(), 1):
            begins = _DEFINITION.match(text)
            if begins is not None:
                function = begins[1]
            yield Place(file, function, number), text
            if text == "}":
                function = ""
