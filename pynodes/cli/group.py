"""The `pynodes` command for click, which imports a command when it runs, and how its errors are
shown: only here are they turned into words.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from pynodes.cli.command import Group, option
from pynodes.cli.commands import COMMANDS, VERSION_HELP, VERSION_NAMES, top_page
from pynodes.cli.complete import item
from pynodes.cli.settings import Misconfigured, lines_of
from pynodes.errors import EXIT_INTERRUPTED, EXIT_USAGE, PynodesError, did_you_mean
from pynodes.failures import explained

if TYPE_CHECKING:
    from pynodes.cli.complete import Found
    from pynodes.host.early import EarlyHost


class _LazyGroup(Group):
    """A group that imports a command only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        from importlib import import_module

        command = import_module(entry.module).command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> Found:
        """Commands by the table: none is imported for its one line."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            item(name, said=entry.help)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def get_help(self, ctx: click.Context) -> str:
        from pynodes.cli.page import page_lines, terminal_width

        return "\n".join(page_lines(top_page(), terminal_width()))


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from pynodes.cli.console import Console
        from pynodes.cli.version import version_lines

        Console().lines(version_lines())
        ctx.exit()


@click.group("pynodes", cls=_LazyGroup, no_args_is_help=False)
@option(
    *VERSION_NAMES,
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help=VERSION_HELP,
)
def group() -> None:
    """Whatever stands before the command."""


def complete(shell: str) -> int:
    """Answer a shell that asks what could stand at the cursor; nothing, where that is not known."""
    from pynodes.cli.shells import answer

    with suppress(Exception):
        sys.stdout.writelines(f"{line}\n" for line in answer(group, shell))
    return 0


def run(arguments: list[str], early: EarlyHost | None = None) -> int:
    """Run a command line and return its exit status; a render may use a host that runs already."""
    try:
        status = group.main(arguments, prog_name="pynodes", standalone_mode=False, obj=early)
    except (Exception, KeyboardInterrupt) as error:
        return print_error(error, arguments)
    except SystemExit as end:  # what click makes of a pipe that nobody reads
        return print_error(end.__context__ or end, arguments)
    return status if isinstance(status, int) else 0


def print_error(error: BaseException, arguments: list[str]) -> int:
    """Show an error in our form; with `render --json` a usage error has its object on stdout too.

    Returns:
        The exit status.
    """
    from pynodes.cli.console import Console

    console = Console()
    match error:
        case click.UsageError():
            path = error.ctx.command_path if error.ctx is not None else "pynodes"
            what, help = _usage_words(error)
            help = help or f"`{path} --help` says what is accepted"
            where = getattr(error, "where", "") or path
            if error.ctx is not None and where == path:
                where = "\n".join([path, *(f"with {line}" for line in lines_of(error.ctx))])
            console.error(what, where, help)
            if "--json" in arguments and path == "pynodes render":
                from pynodes.model.record import Record

                console.json(Record.refused(PynodesError(what, where, help)).to_json())
            return EXIT_USAGE
        case click.ClickException():
            console.error(error.format_message())
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            console.note("interrupted")
            return EXIT_INTERRUPTED
    found = explained(error)
    console.error(found.what, found.where, found.help, found.detail)
    return found.exit_code


def _usage_words(error: click.UsageError) -> tuple[str, str]:
    """What is wrong, as errors say it, and what to do, if that is known."""
    if isinstance(error, click.NoSuchOption):
        params = error.ctx.command.get_params(error.ctx) if error.ctx is not None else []
        near = did_you_mean(error.option_name, [name for each in params for name in each.opts])
        return f"no such option {error.option_name}", near
    what = error.format_message().rstrip(".")
    if isinstance(error, Misconfigured):
        return what, error.help
    return what[:1].lower() + what[1:], getattr(error, "help", "")
