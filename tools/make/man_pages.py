"""Write man pages, pynodes(1) and one for each command, of the help that the commands have.

    python3 tools/make/man_pages.py VERSION FOLDER     write them there
    python3 tools/make/man_pages.py --names            print their names

meson runs it in each build; it takes click, and nothing else that is installed.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pynodes.cli.command import page_of
from pynodes.cli.commands import COMMANDS, top_page
from pynodes.cli.group import group
from pynodes.cli.page import Page, Pairs


def names() -> list[str]:
    return ["pynodes.1", *(f"pynodes-{command}.1" for command in COMMANDS)]


def pages() -> Iterator[tuple[str, list[Page]]]:
    """The pages of help for each man page; the first is the command, then those below it."""
    root = click.Context(group, info_name="pynodes")
    yield "pynodes", [top_page()]
    for name in COMMANDS:
        command = group.get_command(root, name)
        assert command is not None
        ctx = click.Context(command, parent=root, info_name=name, **command.context_settings)
        found = [page_of(command, ctx)]
        for below, each in getattr(command, "commands", {}).items():
            inside = click.Context(each, parent=ctx, info_name=below, **each.context_settings)
            found.append(page_of(each, inside))
        yield f"pynodes-{name}", found


def man_lines(name: str, shown: list[Page], version: str) -> Iterator[str]:
    """One man page, in the macros of man(7)."""
    page, *below = shown
    yield f'.TH {name.upper()} 1 "" "pynodes {version}" "pynodes"'
    yield from (".nh", ".ad l")  # names are not hyphenated, lines not filled
    yield from (".SH NAME", f"{_text(name)} \\- {_text(page.about[0].rstrip('.'))}")
    yield ".SH SYNOPSIS"
    for each in shown:
        yield from (".HP", f"\\fB{_text(each.path)}\\fR {_marked(each.usage)}")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(page.about)
    yield from _examples(page.examples, ".SH EXAMPLES")
    options = [section for section in page.sections if section.title != "Commands"]
    shared = {entry for section in options for entry in section.entries}
    if name == "pynodes":
        yield ".SH COMMANDS"
        commands, options = options[:-1], options[-1:]
        for section in commands:
            yield from (f".SS {_text(section.title)}", *_entries(section.entries, "pynodes-"))
    yield ".SH OPTIONS"
    for section in options:
        if len(options) > 1:
            yield f".SS {_text(section.title)}"
        yield from _entries(section.entries)
    for each in below:
        yield f".SH {_text(each.path.upper())}"
        yield from _paragraphs(each.about)
        for section in each.sections:
            yield from _entries([entry for entry in section.entries if entry not in shared])
        yield from _examples(each.examples, ".PP")
    if page.epilog:
        yield from (".SH NOTES", *_paragraphs([page.epilog]))
    if name != "pynodes":
        yield from (".SH SEE ALSO", "\\fBpynodes\\fR(1)")


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from (".PP", _text(text))


def _examples(found: Pairs, head: str) -> Iterator[str]:
    if found:
        yield head
    for line, said in found:
        yield from (".TP", f"\\fB{_text(line)}\\fR", _text(said))


def _entries(found: Pairs, before: str = "") -> Iterator[str]:
    for name, said in found:
        shown = f"\\fB{_text(before + name)}\\fR(1)" if before else _option(name)
        yield from (".TP", shown, _text(said))


def _option(name: str) -> str:
    """`-t, --threads N`: what is typed is bold, what stands for something slanted."""
    *others, last = name.split(", ")
    flag, blank, value = last.partition(" ")
    typed = ", ".join(f"\\fB{_text(each)}\\fR" for each in [*others, flag])
    value = _marked(value).replace("|", "|\\:")  # lines may end between words
    return typed + (f" {value}" if blank else "")


def _marked(usage: str) -> str:
    """Words in capitals stand for something."""
    return re.sub(r"[A-Z][A-Z_.a-z]*", lambda word: f"\\fI{word[0]}\\fR", _text(usage))


def _text(said: str) -> str:
    """Text that troff takes for nothing else."""
    plain = (
        said.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga")
    )
    return "\\&" + plain if plain.startswith(".") else plain


def main() -> int:
    if sys.argv[1:] == ["--names"]:
        print("\n".join(names()))
        return 0
    version, folder = sys.argv[1:]
    for name, shown in pages():
        text = "\n".join(man_lines(name, shown, version)) + "\n"
        (Path(folder) / f"{name}.1").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
