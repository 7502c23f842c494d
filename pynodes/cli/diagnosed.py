"""A report of a diagnosis, as people read it."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from pynodes import outputs
from pynodes.cli.console import Console
from pynodes.cli.options import value_option
from pynodes.cli.page import terminal_width
from pynodes.diagnose.annotations import workflow_commands
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.junit import junit
from pynodes.diagnose.known import pass_over, read_baseline, read_suppressions
from pynodes.diagnose.report import Report
from pynodes.diagnose.result import result_of
from pynodes.diagnose.sarif import sarif
from pynodes.errors import BadValueError
from pynodes.host.find import package_version
from pynodes.options.kinds import Words
from pynodes.options.places import File
from pynodes.process.evidence_folder import NOT_KEPT
from pynodes.words import plural

_NEVER = 1 << 20  # columns: what is not on a terminal has long lines


FORMATS = ("text", "json", "junit", "sarif", "github")


def findings_options(command: Any) -> Any:
    """The options on what findings are shown, and how: those of all that finds mistakes."""
    options = (
        value_option(
            Words(FORMATS),
            "--format",
            "form",
            help="What goes to stdout; github: lines beside the change, sarif: for code scanning."
            "  [default: text]",
        ),
        value_option(
            File(),
            "--suppress",
            help="Pass over the findings that this TOML file gives a reason for.",
        ),
        value_option(
            File(), "--baseline", help="Pass over the findings of an older report, of --json."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def passing_over(suppress: Path | None, baseline: Path | None) -> Callable[[Report], None]:
    """What sets known findings apart in a report; the files are read now.

    Raises:
        BadValueError: one of them cannot be read.
    """
    suppressions = read_suppressions(suppress) if suppress is not None else []
    old = read_baseline(baseline) if baseline is not None else frozenset()

    def pass_over_in(report: Report) -> None:
        before = report.unused
        pass_over(report, suppressions, old)
        report.unused = before + report.unused

    return pass_over_in


def format_of(form: str | None, as_json: bool) -> str:
    """The format that was asked for. Raises BadValueError where two contradict."""
    if as_json and form not in (None, "json"):
        raise BadValueError(f"--json and --format {form} contradict", help="leave one of them out")
    return "json" if as_json else form or "text"


def hand_over(
    console: Console, report: Report, form: str, junit_file: Path | None, more: Sequence[str]
) -> int:
    """Write and show a report; the exit status."""
    if junit_file is not None:
        outputs.write(junit_file, [junit(report)], "the JUnit file cannot be written")
    if report.evidence_lost:
        console.warning(NOT_KEPT, report.evidence_lost)
    show(console, report, form, more)
    return result_of(report).status


def show(console: Console, report: Report, form: str, more: Sequence[str] = ()) -> None:
    """A report in its format; `more` comes before the line with the result."""
    if form in ("text", "github"):
        if form == "github":
            console.texts(f"{line}\n" for line in workflow_commands(report))
        console.lines([*report_lines(console, report), *more, *result_lines(console, report)])
        return
    result = result_of(report)
    if form == "json":
        last = {"exit_status": result.status, "result": result.word, "result_text": result.text}
        console.json({**report.as_dict(), **last})
    elif form == "sarif":
        console.json(sarif(report, package_version() or "0"))
    else:
        console.texts([junit(report)])
    for line in (*more, *result_lines(console, report, sys.stderr)):
        console.note(line)


def report_lines(console: Console, report: Report) -> Iterator[str]:
    """The findings, or what the program was doing; then what could not be seen."""
    style = "bad" if report.findings else "good"
    yield f"{console.style('program:', 'label')} {report.text}"
    for finding in report.findings:
        yield ""
        yield from finding_lines(console, finding)
    if not report.findings:
        new = "no new finding" if report.known else "no finding"
        yield console.style(new, style)
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
    for known in report.known:
        yield f"known: {known.finding.family}, {known.finding.at or 'no place'}: {known.reason}"
    for name in report.unused:
        yield f"not met: {name}"


def watched_line(report: Report) -> str:
    """What was seen at all: a gate that sees nothing must not look like one that found nothing."""
    with_python = [program for program in report.programs if program.saw_python]
    is_there = report.saw_python or report.has_unwatched_python
    parts = [f"Python {', '.join(report.pythons)}".rstrip() if is_there else "no Python"]
    if report.programs:
        share = f"{len(with_python)} of " if is_there else ""
        parts[0] += f" in {share}{plural(len(report.programs), 'program')}"
    if with_python:
        threads = sum(program.threads for program in with_python)
        times = sum(program.attachments for program in with_python)
        attached = f"{plural(threads, 'thread')} attached {plural(times, 'time')}"
        parts.append(attached if threads or times else "no calls from C")
        if blind := sum(not program.is_seen for program in with_python):
            parts.append(f"not all calls seen in {blind}")
    elif not report.is_watched:
        parts.append("no witness")
    return f"watched: {'; '.join([*parts, plural(report.looks, 'look')])}"


def result_lines(console: Console, report: Report, stream: TextIO | None = None) -> Iterator[str]:
    """The last line is the exit status, and why; above it, what to do where that helps."""
    result = result_of(report)
    if result.help:
        yield f"help: {result.help}"
    style = "bad" if result.status else "good"
    status = console.style(str(result.status), style, stream)
    yield f"{console.style('result:', 'label', stream)} {status}, {result.text}"


def finding_lines(console: Console, finding: Finding) -> Iterator[str]:
    sure = f"[{finding.confidence}]"
    head = f"finding: {finding.text}"
    yield f"{console.style(head, 'bad')}{' ' * max(2, 80 - len(head))}{sure}"
    width = max(map(len, ("why it hangs:", *(fact[0] for fact in finding.facts))))
    who = max((len(fact[1]) for fact in finding.facts), default=0)
    for label, name, stack in finding.facts:
        yield from _chain(f"  {label:<{width}}  {name:<{who}}  ", stack)
    if finding.at:
        yield f"  {'place:':<{width}}  {finding.at}"
        for line, text in finding.source:
            mark = ">" if finding.place and line == finding.place.line else " "
            yield f"  {'':<{width}}  {mark} {line:>{len(str(finding.source[-1][0]))}}  {text}"
    for label, text in (
        ("why:", finding.why),
        ("help:", finding.help),
        *(("or else:", other) for other in finding.alternatives),
    ):
        head = f"  {label:<{width}}  "
        wrapper = textwrap.TextWrapper(min(100, _columns()))
        wrapper.initial_indent, wrapper.subsequent_indent = head, " " * len(head)
        wrapper.break_long_words = wrapper.break_on_hyphens = False
        yield from wrapper.wrap(text)


def _chain(head: str, stack: str) -> Iterator[str]:
    """A chain of calls; on a terminal it goes on in a new line between two of them."""
    indent = min(len(head), _columns() // 2)
    line = head
    for i, call in enumerate(stack.split(" <- ")):
        word = f"<- {call}" if i else call
        if i and len(line) + len(word) > _columns():
            yield line.rstrip()
            line = " " * indent
        line += word + " "
    yield line.rstrip()


def _columns() -> int:
    return terminal_width() if sys.stdout.isatty() else _NEVER


def stack_lines(report: Report) -> Iterator[str]:
    for title, frames in report.python_stacks:
        yield f"{title}, innermost first:"
        for frame in frames:
            yield f"  {frame.function} ({frame.file}:{frame.line})"
