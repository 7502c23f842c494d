"""The `pynodes` command.

This file is all that `pynodes --help` loads: a command's own module is imported when it runs, and
numpy, Pillow and rich later still.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NamedTuple

import click

from pynodes.cli import streams
from pynodes.errors import EXIT_USAGE, PynodesError, did_you_mean, quoted_list
from pynodes.failures import RefusedError, explained

EXIT_INTERRUPTED = 130


class _Entry(NamedTuple):
    module: str
    help: str


# One line a command. The help is the first line of the command's own help (a test compares them).
COMMANDS = {
    "render": _Entry("pynodes.cli.render", "Render a scene script, or a file with a node."),
    "sweep": _Entry("pynodes.cli.sweep", "Measure scenes for every combination of options."),
    "results": _Entry("pynodes.cli.results", "List, show, export and prune stored results."),
    "compare": _Entry(
        "pynodes.cli.compare", "Compare two sweeps, or two parts of one, cell by cell."
    ),
    "report": _Entry("pynodes.cli.report", "Write stored sweeps as one HTML page, with plots."),
    "run": _Entry("pynodes.cli.run", "Run Python scripts inside the host."),
    "replay": _Entry("pynodes.cli.replay", "Play a list of events, also beside a render."),
    "diagnose": _Entry(
        "pynodes.cli.diagnose", "Say what is wrong between a program's threads and Python."
    ),
    "nodes": _Entry("pynodes.cli.nodes", "List the nodes there are, with their sockets."),
    "hosts": _Entry(
        "pynodes.cli.hosts", "List the hosts there are, build one for another Python, remove it."
    ),
    "repro": _Entry("pynodes.cli.repro", "Run known mistakes in embedding Python."),
    "template": _Entry(
        "pynodes.cli.template", "Write a small host of your own to start from, in C and C++."
    ),
    "doctor": _Entry("pynodes.cli.doctor", "Check that everything needed is here and works."),
}

HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class _LazyGroup(click.Group):
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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            hint = did_you_mean(name, COMMANDS) or f"there are {quoted_list(COMMANDS)}"
            raise click.UsageError(f"no command {name!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items()])


def _show_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from pynodes.cli.console import Console
        from pynodes.cli.version import version_lines

        Console().lines(version_lines())
        ctx.exit()


@click.group(
    cls=_LazyGroup,
    context_settings=HELP_NAMES,
    invoke_without_command=True,
    epilog="`pynodes COMMAND --help` explains one. Exit status: 0 as asked, 1 finished but"
    " not well, 2 usage, 3 cannot start, 4 crash, 5 hang, 70 a fault of pynodes, 74 refused by the"
    " system (memory, disk, descriptors, stdout), 130 interrupted, 141 nobody reads stdout.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the versions of package, Python, host and compiler.",
)
@click.pass_context
def group(ctx: click.Context) -> int:
    """Render scenes through Python nodes, on as many threads as you like."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return EXIT_USAGE
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status. Only here are errors turned into words."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    stdout = streams.guard()
    try:
        status = group.main(arguments, prog_name="pynodes", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        status = _print_error(error, arguments)
    except SystemExit as end:  # what click makes of a pipe that nobody reads
        status = _print_error(end.__context__ or end, arguments)
    status = status if isinstance(status, int) else 0
    if stdout is None:
        return status
    sys.stdout.flush()
    return status or _unwritten(stdout.failure)


def _unwritten(failure: OSError | None) -> int:
    """Say that results did not get through to stdout; the status of a command that did all else."""
    if failure is None:
        return 0
    if isinstance(failure, BrokenPipeError):
        return streams.EXIT_NO_READER
    error = RefusedError(
        f"the result cannot be written: {failure.strerror}",
        "stdout",
        "send it somewhere else; whatever else was asked for is done",
    )
    return _print_error(error, [])


def _print_error(error: BaseException, arguments: list[str]) -> int:
    """Show an error in our form; with `render --json` a usage error has its object on stdout too.

    Returns:
        The exit status.
    """
    from pynodes.cli.console import Console

    console = Console()
    match error:
        case click.UsageError():
            path = error.ctx.command_path if error.ctx is not None else "pynodes"
            help = getattr(error, "help", "") or f"`{path} --help` says what is accepted"
            what = error.format_message().rstrip(".")
            what = what[:1].lower() + what[1:]
            console.error(what, path, help)
            if "--json" in arguments and path == "pynodes render":
                from pynodes.model.record import Record

                console.json(Record.refused(PynodesError(what, path, help)).to_json())
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
