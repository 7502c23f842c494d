"""Help: its form, its groups and examples, and that both ways to write it say the same."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from pynodes.cli.command import Command, Group, cli_command, option, page_of
from pynodes.cli.commands import COMMANDS, EXAMPLES, NO_CONFIG_NAME, top_page
from pynodes.cli.group import group
from pynodes.cli.page import Page, Section, page_lines
from pynodes.options.table import COMMAND, GROUPS, OUTPUT, rows_of

LONG = "--a-name-that-is-much-longer-than-that N"
PAGE = Page(
    "pynodes grind",
    "[OPTIONS] BEANS",
    ("Grind beans.", "For filters and for cups. " * 4),
    (("pynodes grind arabica", "a cup"), ("pynodes grind robusta --fine", "a strong one")),
    (
        Section(
            "How", (("--fine", "Fine."), ("--a-name-that-is-much-longer-than-that N", "Long. " * 9))
        ),
    ),
    "The end.",
)


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command, and those below it, by its path."""
    for name in COMMANDS:
        found = group.get_command(click.Context(group), name)
        assert found is not None
        yield name, found
        if isinstance(found, click.Group):
            for below, each in found.commands.items():
                yield f"{name} {below}", each


PARTS = dict(commands())


def context(path: str) -> click.Context:
    return context_of(PARTS[path], f"pynodes {path}")


def context_of(command: click.Command, name: str) -> click.Context:
    return click.Context(command, info_name=name, **command.context_settings)


# --- the form ---


def test_page_breaks_many_words_of_an_option_between_them() -> None:
    words = "|".join(f"word{i}" for i in range(40))
    option = ("--metric " + words, "Which.")
    page = PAGE._replace(sections=(Section("How", (option,)),))
    lines = list(page_lines(page, 60))

    at = next(i for i, line in enumerate(lines) if "--metric" in line)
    end = lines.index("      Which.") if "      Which." in lines else len(lines)
    shown = lines[at : next(i for i in range(at, end) if not lines[i].endswith("|")) + 1]
    assert max(map(len, lines)) <= 60
    assert "".join(line.strip() for line in shown) == f"--metric {words}"
    assert {len(line) - len(line.lstrip()) for line in shown[1:]} == {len("  --metric ")}


def test_page_has_examples_before_all_but_the_first_sentence() -> None:
    lines = list(page_lines(PAGE, 60))

    assert lines[:9] == [
        "Usage: pynodes grind [OPTIONS] BEANS",
        "",
        "  Grind beans.",
        "",
        "Examples:",
        "  pynodes grind arabica         a cup",
        "  pynodes grind robusta --fine  a strong one",
        "",
        "  For filters and for cups. For filters and for cups. For",
    ]
    assert lines[-2:] == ["", "  The end."]


def test_page_gives_long_names_a_line_of_their_own() -> None:
    lines = list(page_lines(PAGE, 60))

    assert "  --fine  Fine." in lines
    at = lines.index(f"  {LONG}")
    assert lines[at + 1].startswith("          Long. Long.")


@pytest.mark.parametrize("width", [50, 80, 100])
def test_page_is_as_wide_as_it_may_be(width: int) -> None:
    lines = list(page_lines(PAGE, width))

    assert max(map(len, lines)) <= width


def test_examples_that_do_not_fit_beside_their_meaning_have_it_below() -> None:
    lines = list(page_lines(PAGE, 50))

    assert "  pynodes grind robusta --fine  a strong one" in lines
    narrow = list(page_lines(PAGE._replace(examples=[("pynodes " + "x" * 40, "a cup")]), 50))
    assert narrow[narrow.index("Examples:") + 2] == "      a cup"


# --- one source ---


def test_help_without_click_says_what_click_says() -> None:
    found = page_of(group, context_of(group, "pynodes"))
    own = top_page()
    options = [section.entries for section in found.sections if section.title != "Commands"]

    assert [*own.sections[-1].entries] == [each for entries in options for each in entries]
    assert (found.path, found.usage) == (own.path, own.usage)
    assert group.get_help(click.Context(group)).startswith("Usage: pynodes ")


@pytest.mark.parametrize("name", COMMANDS)
def test_line_of_a_command_is_its_first_sentence(name: str) -> None:
    assert (PARTS[name].help or "").split("\n\n")[0] == COMMANDS[name].help


@pytest.mark.parametrize("path", PARTS)
def test_every_command_is_one_of_ours(path: str) -> None:
    assert isinstance(PARTS[path], Group if isinstance(PARTS[path], click.Group) else Command)


# --- groups ---


def test_groups_of_render_are_those_of_the_rows() -> None:
    sections = {s.title: s.entries for s in page_of(PARTS["render"], context("render")).sections}

    for row in rows_of():
        if "render" in row.commands:
            names = [name for name, _ in sections[GROUPS[row.group]]]
            assert any(f"--{row.name}" in name for name in names), row.name
    own = [title for group, title in GROUPS.items() if group != COMMAND]  # a render has no command
    assert [title for title in sections if title in GROUPS.values()] == own


def test_option_without_a_group_or_of_a_new_one_is_shown() -> None:
    @cli_command("brew")
    @option("--hot", is_flag=True, help="Hot.")
    @option("--milk", is_flag=True, help="Milk.", group="extras")
    def brew() -> None:
        """Brew."""

    sections = page_of(brew, context_of(brew, "brew")).sections

    assert [(s.title, s.entries[0][0]) for s in sections] == [
        ("Options", "--hot"),
        (GROUPS[OUTPUT], NO_CONFIG_NAME),
        ("Extras", "--milk"),
    ]


def test_aliases_of_a_row_are_options() -> None:
    values: dict[str, object] = {}
    render = PARTS["render"]
    ctx = click.Context(render)
    parser = render.make_parser(ctx)
    values, _, _ = parser.parse_args(["-j", "3", "--spp", "5", "scene.py"])

    assert (values["threads"], values["samples"]) == ("3", "5")


# --- examples ---


def examples() -> Iterator[str]:
    yield from (line for line, _ in EXAMPLES)
    for command in PARTS.values():
        yield from (line for line, _ in getattr(command, "examples", ()))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_three_examples_of_its_own(name: str) -> None:
    found = getattr(PARTS[name], "examples", ())

    assert len(found) >= 3
    assert all(f"{line} ".startswith(f"pynodes {name} ") and said for line, said in found)


@pytest.mark.parametrize("line", sorted(set(examples())))
def test_example_parses(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program, name, *arguments = shlex.split(line.partition(" > ")[0])
    for word in arguments:
        if word.endswith((".py", ".toml")):
            Path(word).touch()
    assert program == "pynodes"

    command, ctx = PARTS[name], context(name)
    if isinstance(command, click.Group) and arguments:
        name, *arguments = arguments
        command, ctx = PARTS[f"{ctx.command.name} {name}"], context(f"{ctx.command.name} {name}")
    with suppress(click.exceptions.Exit):
        command.make_context(name, arguments)
