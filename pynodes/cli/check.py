"""`pynodes check`."""

from __future__ import annotations

from pathlib import Path

from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.diagnosed import (
    findings_options,
    format_of,
    hand_over,
    passing_over,
    watched_line,
)
from pynodes.cli.header_option import print_cflags_option
from pynodes.cli.options import command_argument, output_options, value_option
from pynodes.diagnose.program import Options, diagnose_command
from pynodes.diagnose.report import Report
from pynodes.errors import BadValueError
from pynodes.options.kinds import LIMIT, Number
from pynodes.options.places import File
from pynodes.repro.check import interval

_MOST_RUNS = 1000


@cli_command(
    "check",
    ("pynodes check -- ./my_program its arguments", "run it, and name what it does wrong"),
    ("pynodes check --times 20 --until-seen -- ./run_tests", "until something is found"),
    ("pynodes check --format sarif -- python3 -m pytest > check.sarif", "for code scanning"),
    context_settings={"allow_interspersed_args": False},
)
@command_argument
@value_option(LIMIT, "--limit", help="End a run after this long, and look at what it was doing.")
@value_option(Number("a number of runs", 1, _MOST_RUNS, "N"), "--times", help="Runs.  [default: 1]")
@option("--until-seen", is_flag=True, help="No further run once there is a finding.")
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
    times: int | None,
    until_seen: bool,
    keep_going: bool,
    form: str | None,
    junit_file: Path | None,
    suppress: Path | None,
    baseline: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Watch all calls of Python, and name what does no harm yet.

    Runs CMD as `pynodes diagnose` does, and asks at each function of Python's C API whether its
    thread is attached. The exit statuses are those of `pynodes diagnose`: 0 nothing to say and it
    ended well, 1 with a finding, else the program's own; 2 to 6 as there. The last line says which.
    """
    if not command_line:
        raise BadValueError("there is no command", help="pynodes check -- ./my_program arguments")
    form = format_of(form, as_json)
    pass_over = passing_over(suppress, baseline)
    options = Options(limit, False, form not in ("text", "github"), keep_going, check=True)
    runs: list[Report] = []
    for _ in range(times or 1):
        runs.append(diagnose_command(list(command_line), options))
        pass_over(runs[-1])
        if until_seen and runs[-1].findings:
            break
    shown = next((run for run in runs if run.findings), runs[-1])
    lines = [watched_line(shown)]
    if times is not None:
        seen = sum(bool(run.findings) for run in runs)
        low, high = interval(seen, len(runs))
        lines.append(
            f"runs: {len(runs)}, with a finding: {seen} ({seen / len(runs):.0%},"
            f" 95 % interval {low:.0%} to {high:.0%})"
        )
    return hand_over(Console(color), shown, form, junit_file, lines)
