"""`pynodes config`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_group, command_below
from pynodes.cli.console import Console
from pynodes.cli.options import color_option, output_options
from pynodes.cli.settings import configurable, settings_of
from pynodes.cli.tables import columns
from pynodes.configuration import nearest_file, user_file


class Row(NamedTuple):
    """One option of one command, as it stands."""

    command: str
    option: str
    value: Any
    origin: str


@cli_group(
    "config",
    ("pynodes config show", "all that is configured, and where"),
    ("pynodes config show render", "every option of render, and where its value is from"),
    ("pynodes config path", "the files that are looked for"),
    bare="show",
)
def command() -> None:
    """Show what is configured, and where.

    Options of a command can be set in pynodes.toml, in [tool.pynodes] of pyproject.toml, in the
    user's own file, and in variables such as PYNODES_RENDER_THREADS. Nearer ones win, the command
    line wins over all. Without a command all that is configured is shown.
    """


@command.command(
    "show",
    examples=(
        ("pynodes config show", "all that is configured"),
        ("pynodes config show results export", "the options of one command"),
    ),
)
@click.argument(
    "words", metavar="[COMMAND [SUBCOMMAND]]", nargs=-1, shell_complete=complete.commands
)
@output_options
@click.pass_context
def show(ctx: click.Context, words: tuple[str, ...], as_json: bool, color: str) -> int:
    """Show what is configured, with the place of each value.

    With COMMAND: every option of it that can be configured, those at their default too.
    """
    console = Console(color)
    rows = list(_rows(ctx, words))
    if as_json:
        console.json([row._asdict() for row in rows])
    elif rows:
        table = [["command", "option", "value", "from"]]
        table += [[row.command, row.option, _shown(row.value), row.origin] for row in rows]
        console.lines(columns(console, table, texts=[0, 1, 2, 3]))
    else:
        console.note("nothing is configured; `pynodes config path` says where it could be")
    return 0


@command.command("path")
@color_option
def path(color: str) -> int:
    """Print the files that are read for the current folder, the nearest first."""
    console = Console(color)
    nearest, user = nearest_file(), user_file()
    rows = [[path, said] for path, said in ((nearest, "the nearest"), (user, "the user's")) if path]
    for row in rows:
        if not os.path.lexists(row[0]):
            row[1] += ", not there"
    console.lines(columns(console, rows, texts=[0, 1]))
    return 0


def _rows(here: click.Context, words: tuple[str, ...]) -> Iterator[Row]:
    for ctx in _below(command_below(here, words)):
        found = settings_of(ctx)
        path = ctx.command_path.partition(" ")[2]
        for name, param in configurable(ctx.command).items():
            each = found.get(param.name or "")
            if each is not None:
                yield Row(path, name, each.value, each.setting.origin)
            elif words:
                yield Row(path, name, _default(param), "default")


def _default(param: click.Option) -> Any:
    """The default as help has it; None where it has no default."""
    if param.is_flag:
        return False
    said = re.search(r"\[default: (.*)\]$", param.help or "")
    return said[1] if said is not None else param.default if param.show_default else None


def _shown(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case list():
            return ", ".join(value)
    return str(value)


def _below(ctx: click.Context) -> Iterator[click.Context]:
    """The context of each command that is no group."""
    if not isinstance(ctx.command, click.Group):
        yield ctx
        return
    for name in ctx.command.list_commands(ctx):
        command = ctx.command.get_command(ctx, name)
        if command is not None:
            yield from _below(click.Context(command, parent=ctx, info_name=name))
