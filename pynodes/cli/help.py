"""`pynodes help`."""

from __future__ import annotations

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command, unknown_command
from pynodes.cli.console import Console


@cli_command(
    "help",
    ("pynodes help", "all commands"),
    ("pynodes help render", "one of them"),
    ("pynodes help results export", "one below another"),
)
@click.argument(
    "words", metavar="[COMMAND [SUBCOMMAND]]", nargs=-1, shell_complete=complete.commands
)
@click.pass_context
def command(ctx: click.Context, words: tuple[str, ...]) -> int:
    """Show the help of a command.

    The same as COMMAND --help.
    """
    found = ctx.find_root()
    for word in words:
        group = found.command
        if not isinstance(group, click.Group):
            raise click.UsageError(f"{found.command_path} has no commands below it", found)
        known = group.list_commands(found)
        below = group.get_command(found, word)
        if below is None:
            raise unknown_command(ctx, word, known)
        found = click.Context(below, parent=found, info_name=word)
    Console().lines(found.get_help().split("\n"))
    return 0
