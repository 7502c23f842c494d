"""`pynodes help`."""

from __future__ import annotations

import click

from pynodes.cli import complete
from pynodes.cli.command import cli_command, command_below
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
    Console().lines(command_below(ctx, words).get_help().split("\n"))
    return 0
