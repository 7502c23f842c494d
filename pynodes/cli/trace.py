"""`pynodes trace`."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from pynodes.cli.command import cli_command
from pynodes.cli.console import Console
from pynodes.cli.options import command_argument, output_options, value_option
from pynodes.cli.traced import json_of, keep, lines, live_lines
from pynodes.errors import BadValueError
from pynodes.holders.follow import Options, Outcome, Traced, trace_command, trace_process
from pynodes.holders.sampler import DEFAULT_RATE
from pynodes.options.kinds import LIMIT, Number, Seconds
from pynodes.options.places import File
from pynodes.trace.keep import check_place

_HELP = "pynodes trace -- ./my_program its arguments"
_NOT_COLLECTED, _NO_PYTHON, _INTERRUPTED = 3, 6, 130


@cli_command(
    "trace",
    ("pynodes trace -- python3 server.py", "who had Python, who waited, and why"),
    ("pynodes trace -o timeline.svg -- ./my_program", "and draw it; .json is for Perfetto"),
    ("pynodes trace --pid 4711 --every 2 --limit 60", "a process that runs, live"),
    context_settings={"allow_interspersed_args": False},
)
@command_argument
@value_option(
    Number("the number of a process", 1, 2**31 - 1, "P"),
    "--pid",
    help="Look at a process that runs, until Ctrl-C, --limit or its end; it goes on.",
)
@value_option(
    Number("samples a second", 1, 10000, "HZ"),
    "--rate",
    help=f"How often to look, as long as that takes less than 4 % of a core."
    f"  [default: {DEFAULT_RATE}]",
)
@value_option(
    Seconds("a time between", 0.1, 1e6, "write seconds above 0.1, such as 2"),
    "--every",
    help="Meanwhile print who has Python most, this often.",
)
@value_option(LIMIT, "--limit", help="Trace for this long. A program that was started is ended.")
@value_option(
    File(), "-o", "--output", help="Write the timeline: .svg a drawing, .json for ui.perfetto.dev."
)
@output_options
def command(
    command_line: tuple[str, ...],
    pid: int | None,
    rate: int | None,
    every: float | None,
    limit: float | None,
    output: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Show who has Python in a program, who waits for it, and why.

    Runs CMD, any program that runs or embeds Python, and looks at it from outside, many times a
    second; nothing is put into it or stopped. Exit status: the program's own; 2 usage, 3 nothing
    could be seen, 6 no Python was seen, 130 interrupted.
    """
    console = Console(color)
    if (pid is not None) == bool(command_line):
        raise BadValueError("give CMD or --pid", help=_HELP)
    if output is not None:
        check_place(output, option="-o")
    options = Options(
        rate=rate or DEFAULT_RATE,
        limit_s=limit,
        out_to_stderr=as_json,
        every_s=every,
        live=partial(_tell, console),
    )
    if pid is not None:
        outcome = trace_process(pid, options)
    else:
        outcome = trace_command(command_line, options)
    if output is not None and any(each.account.stretches for each in outcome.processes):
        keep(outcome, output)
    if as_json:
        console.json(json_of(outcome))
    else:
        console.lines(lines(console, outcome))
    return _status(outcome)


def _tell(console: Console, processes: list[Traced]) -> None:
    for line in live_lines(processes):
        console.note(line)


def _status(outcome: Outcome) -> int:
    """The program's own, unless nothing was seen of it."""
    if outcome.status is not None and outcome.status != 0 and not outcome.limit_hit:
        if outcome.was_interrupted:
            return _INTERRUPTED
        return outcome.status if outcome.status > 0 else 128 - outcome.status
    if not outcome.processes:
        return _NO_PYTHON
    if not any(each.account.tick.samples for each in outcome.processes):
        return _NOT_COLLECTED
    return os.EX_OK
