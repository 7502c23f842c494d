"""`pynodes diagnose`."""

from __future__ import annotations

from pathlib import Path

from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.diagnosed import (
    findings_options,
    format_of,
    hand_over,
    passing_over,
    stack_lines,
    watched_line,
)
from pynodes.cli.header_option import print_cflags_option
from pynodes.cli.options import command_argument, output_options, value_option
from pynodes.diagnose.attach import diagnose_process
from pynodes.diagnose.core import diagnose_core
from pynodes.diagnose.program import Options, diagnose_command
from pynodes.errors import BadValueError
from pynodes.options.kinds import LIMIT, Number
from pynodes.options.places import File


@cli_command(
    "diagnose",
    ("pynodes diagnose -- ./my_program its arguments", "run it, and look when it stops"),
    ("pynodes diagnose --limit 60 -- ./run_tests", "with an end, for CI"),
    ("pynodes diagnose --pid 4711", "a program that hangs already"),
    context_settings={"allow_interspersed_args": False},
)
@command_argument
@value_option(LIMIT, "--limit", help="End it after this long, and look at what it was doing.")
@value_option(
    Number("the number of a process", 1, 2**31 - 1, "P"),
    "--pid",
    help="Look at a process that runs; it goes on.",
)
@value_option(File(), "--core", help="Look at a core file; CMD names its program.")
@option("--python-stacks", is_flag=True, help="Also print the Python stacks of all threads.")
@option(
    "--no-witness",
    is_flag=True,
    help="Do not preload the library that notes who attaches where (the witness): crashes are then"
    " seen from outside only.",
)
@option(
    "--check",
    is_flag=True,
    help="Also watch each call of Python's C API, and name what does no harm yet: what `pynodes"
    " check` does.",
)
@option(
    "--keep-going",
    is_flag=True,
    help="When a child stops moving, end it alone and go on: one run names all that hang.",
)
@value_option(File(), "--junit", "junit_file", help="Also write a JUnit file, a case a program.")
@findings_options
@print_cflags_option
@output_options
def command(
    command_line: tuple[str, ...],
    limit: float | None,
    pid: int | None,
    core: Path | None,
    python_stacks: bool,
    no_witness: bool,
    check: bool,
    keep_going: bool,
    form: str | None,
    junit_file: Path | None,
    suppress: Path | None,
    baseline: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Say what is wrong between a program's threads and Python.

    Runs CMD, any program that embeds or extends Python, and looks at it when it crashes, aborts or
    stops moving. Exit status 0 when there is nothing to say and it ended well, 1 with a finding,
    else the program's own; 2 usage, 3 nothing could be seen, 4 it crashed, 5 it did not end, 6 no
    Python was seen. The last line says which.
    """
    if (pid is not None) + (core is not None) + (bool(command_line) and core is None) != 1:
        raise BadValueError(
            "give one of CMD, --pid and --core",
            help="pynodes diagnose -- ./my_program its arguments",
        )
    form = format_of(form, as_json)
    pass_over = passing_over(suppress, baseline)
    if pid is not None:
        report = diagnose_process(pid)
    elif core is not None:
        program = Path(command_line[0]) if command_line else None
        report = diagnose_core(core, program)
    else:
        out_to_stderr = form not in ("text", "github")
        options = Options(limit, no_witness, out_to_stderr, keep_going, check)
        report = diagnose_command(list(command_line), options)
    pass_over(report)
    stacks = stack_lines(report) if python_stacks else ()
    return hand_over(Console(color), report, form, junit_file, (*stacks, watched_line(report)))
