"""`pynodes diagnose`."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from pynodes import outputs
from pynodes.cli import complete
from pynodes.cli.command import cli_command, option
from pynodes.cli.console import Console
from pynodes.cli.options import output_options, value_option
from pynodes.diagnose.attach import diagnose_process
from pynodes.diagnose.core import diagnose_core
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.junit import junit
from pynodes.diagnose.program import Options, diagnose_command
from pynodes.diagnose.report import Report
from pynodes.errors import BadValueError, CannotStartError
from pynodes.options.kinds import LIMIT, Number
from pynodes.options.places import File
from pynodes.process.evidence_folder import NOT_KEPT

EXIT_FINDING = 1


@cli_command(
    "diagnose",
    ("pynodes diagnose -- ./my_program its arguments", "run it, and look when it stops"),
    ("pynodes diagnose --limit 60 -- ./run_tests", "with an end, for CI"),
    ("pynodes diagnose --pid 4711", "a program that hangs already"),
    context_settings={"allow_interspersed_args": False},
)
@click.argument(
    "command_line",
    metavar="[--] CMD...",
    nargs=-1,
    type=click.UNPROCESSED,
    shell_complete=complete.files,
)
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
@value_option(File(), "--junit", "junit_file", help="Write a JUnit file for CI.")
@output_options
def command(
    command_line: tuple[str, ...],
    limit: float | None,
    pid: int | None,
    core: Path | None,
    python_stacks: bool,
    no_witness: bool,
    junit_file: Path | None,
    as_json: bool,
    color: str,
) -> int:
    """Say what is wrong between a program's threads and Python.

    Runs CMD, any program that embeds or extends Python, and looks at it when it crashes, aborts or
    stops moving. Exit status 0 without a finding, 1 with one, 2 usage, 3 nothing could be seen.
    """
    console = Console(color)
    if (pid is not None) + (core is not None) + (bool(command_line) and core is None) != 1:
        raise BadValueError(
            "give one of CMD, --pid and --core",
            help="pynodes diagnose -- ./my_program its arguments",
        )
    if pid is not None:
        report = diagnose_process(pid)
    elif core is not None:
        program = Path(command_line[0]) if command_line else None
        report = diagnose_core(core, program)
    else:
        options = Options(limit, no_witness, out_to_stderr=as_json)
        report = diagnose_command(list(command_line), options)
    if junit_file is not None:
        outputs.write(junit_file, [junit(report)], "the JUnit file cannot be written")
    if as_json:
        console.json(report.as_dict())
    else:
        console.lines(report_lines(console, report))
    if report.evidence_lost:
        console.warning(NOT_KEPT, report.evidence_lost)
    if python_stacks:
        for line in _python_stacks(report):
            console.out(line) if not as_json else console.note(line)
    if report.findings:
        return EXIT_FINDING
    return 0 if report.collected else CannotStartError.exit_code


def report_lines(console: Console, report: Report) -> Iterator[str]:
    """The findings, or what the program was doing; then what could not be seen."""
    style = "bad" if report.findings else "good"
    yield f"{console.style('program:', 'label')} {report.text}"
    for finding in report.findings:
        yield ""
        yield from finding_lines(console, finding)
    if not report.findings:
        yield console.style("no finding", style)
        for line in report.observations:
            yield f"  {line}"
    if report.findings or report.observations or not report.collected:
        yield ""
        for loss in report.losses:
            why = f" ({loss.why})" if loss.why else ""
            yield f"not seen: {loss.what}{why}"
            if loss.help:
                yield f"          {loss.help}"
        if report.collector:
            python = f", Python {report.python}" if report.python else ""
            yield f"seen with {report.collector}{python}"
        if report.evidence:
            yield f"evidence: {report.evidence}"


def finding_lines(console: Console, finding: Finding) -> Iterator[str]:
    sure = f"[{finding.confidence}]"
    head = f"finding: {finding.text}"
    yield f"{console.style(head, 'bad')}{' ' * max(2, 80 - len(head))}{sure}"
    width = max(map(len, ("why it hangs:", *(fact[0] for fact in finding.facts))))
    who = max((len(fact[1]) for fact in finding.facts), default=0)
    for label, name, stack in finding.facts:
        yield f"  {label:<{width}}  {name:<{who}}  {stack}"
    place = finding.place
    if place is not None and (place.function or place.line):
        file = f" ({place.file}:{place.line})" if place.line else ""
        yield f"  {'place:':<{width}}  {place.function or '??'}{file}"
    for label, text in (
        ("why:", finding.why),
        ("help:", finding.help),
        *(("or else:", other) for other in finding.alternatives),
    ):
        head = f"  {label:<{width}}  "
        wrapper = textwrap.TextWrapper(100, initial_indent=head, subsequent_indent=" " * len(head))
        wrapper.break_long_words = wrapper.break_on_hyphens = False
        yield from wrapper.wrap(text)


def _python_stacks(report: Report) -> Iterator[str]:
    for title, frames in report.python_stacks:
        yield f"{title}, innermost first:"
        for frame in frames:
            yield f"  {frame.function} ({frame.file}:{frame.line})"
