"""The `pynodes` command.

What `pynodes --help` shows is written here, from standard modules alone. For all else click is
loaded (group.py), then the module of the command, and numpy, Pillow and rich later still.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from pynodes.cli import streams
from pynodes.cli.commands import HELP_NAMES, top_page
from pynodes.cli.later import load_later
from pynodes.errors import EXIT_USAGE

COMPLETE = "_PYNODES_COMPLETE"  # set by a shell that asks for completions


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    load_later()
    stdout = streams.guard()
    if shell := os.environ.get(COMPLETE):
        from pynodes.cli.group import complete

        status = complete(shell)
    elif arguments in ([], ["help"], *([name] for name in HELP_NAMES)):
        from pynodes.cli.page import page_lines, terminal_width

        shown = sys.stdout if arguments else sys.stderr
        shown.writelines(f"{line}\n" for line in page_lines(top_page(), terminal_width()))
        status = 0 if arguments else EXIT_USAGE
    else:
        status = _run(arguments)
    if stdout is None:
        return status
    sys.stdout.flush()
    return status or _unwritten(stdout.failure)


def _run(arguments: list[str]) -> int:
    """Run a command; for a render the host starts now, and click is loaded meanwhile."""
    if arguments[0] != "render" or {*HELP_NAMES} & {*arguments}:
        from pynodes.cli.group import run

        return run(arguments)
    from pynodes.host.early import early_host

    with early_host() as early:
        from pynodes.cli.group import run

        return run(arguments, early)


def _unwritten(failure: OSError | None) -> int:
    """Say that results did not get through to stdout; the status of a command that did all else."""
    if failure is None:
        return 0
    if isinstance(failure, BrokenPipeError):
        return streams.EXIT_NO_READER
    from pynodes.cli.group import print_error
    from pynodes.failures import RefusedError

    error = RefusedError(
        f"the result cannot be written: {failure.strerror}",
        "stdout",
        "send it somewhere else; whatever else was asked for is done",
    )
    return print_error(error, [])
