"""The help of one command as a value, and as text for a terminal. Standard library only.

`pynodes --help` is written from here without click; the pages of commands are made of their click
commands (command.py), man pages of the same values (tools/make/man_pages.py).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

WIDEST = 100
NARROWEST = 50
_NAMES_MAX = 30  # columns of names; longer ones have a line of their own
_GAP = 2

Pairs = Sequence[tuple[str, str]]  # a name or a command line, and what it means


class Section(NamedTuple):
    """Options or commands of one group."""

    title: str
    entries: Pairs


class Page(NamedTuple):
    """The help of one command.

    Attributes:
        path: the command's name, such as `pynodes render`.
        usage: what may follow that.
        about: paragraphs; the first is one sentence.
        examples: command lines, each with what it does.
        sections: its options and commands.
        epilog: what else there is to say.
    """

    path: str
    usage: str
    about: Sequence[str]
    examples: Pairs
    sections: Sequence[Section]
    epilog: str = ""


def page_lines(page: Page, width: int) -> Iterator[str]:
    """The page for a terminal of so many columns."""
    head = f"Usage: {page.path} "
    yield from _wrapped(page.usage, width, head, " " * len(head))
    for paragraph in page.about[:1]:
        yield ""
        yield from _wrapped(paragraph, width, "  ")
    if page.examples:
        yield from _entries(Section("Examples", page.examples), width, narrow=False)
    for paragraph in page.about[1:]:
        yield ""
        yield from _wrapped(paragraph, width, "  ")
    for section in page.sections:
        yield from _entries(section, width)
    if page.epilog:
        yield ""
        yield from _wrapped(page.epilog, width, "  ")


def terminal_width() -> int:
    """Columns for help: those of stdout's terminal, within reason; COLUMNS counts."""
    try:
        columns = int(os.environ.get("COLUMNS") or os.get_terminal_size(1).columns)
    except (OSError, ValueError):
        columns = 80
    return max(NARROWEST, min(columns or 80, WIDEST))


def _entries(section: Section, width: int, *, narrow: bool = True) -> Iterator[str]:
    """A table with two columns; examples keep their lines whole."""
    yield ""
    yield f"{section.title}:"
    lengths = [len(name) for name, _ in section.entries]
    if narrow:
        lengths = [each for each in lengths if each <= _NAMES_MAX] or [_NAMES_MAX]
    column = 2 + max(lengths) + _GAP
    if not narrow and any(column + len(text) > width for _, text in section.entries):
        column = 0
    for name, text in section.entries:
        if column and 2 + len(name) + _GAP <= column:
            first = f"  {name:<{column - 2}}"
        else:
            yield from _name_lines(name, width)
            first = " " * (column or 6)
        yield from _wrapped(text, width, first, " " * len(first)) if text else [first.rstrip()]


def _name_lines(name: str, width: int) -> list[str]:
    """An option with words that may be many: lines end between them."""
    option, blank, words = name.rpartition(" ")
    first = f"  {option}{blank}"
    lines = _wrapped(words.replace("|", "| "), width, first, " " * len(first))
    return [line.replace("| ", "|") for line in lines]


def _wrapped(text: str, width: int, first: str, rest: str | None = None) -> list[str]:
    rest = first if rest is None else rest
    from textwrap import wrap

    found = wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return found or [first.rstrip()]
