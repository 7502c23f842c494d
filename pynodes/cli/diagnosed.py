"""A report of a diagnosis, as people read it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TextIO

from pynodes.cli.console import Console
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.report import Report
from pynodes.diagnose.result import result_of
from pynodes.words import plural


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
    parts = [f"Python {', '.join(report.pythons)}".rstrip() if report.saw_python else "no Python"]
    if report.programs:
        parts[0] += f" in {len(with_python)} of {plural(len(report.programs), 'program')}"
    if with_python:
        threads = sum(program.threads for program in with_python)
        times = sum(program.attachments for program in with_python)
        parts.append(f"{plural(threads, 'thread')} attached {plural(times, 'time')}")
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
        yield f"  {label:<{width}}  {name:<{who}}  {stack}"
    if finding.at:
        yield f"  {'place:':<{width}}  {finding.at}"
    for label, text in (
        ("why:", finding.why),
        ("help:", finding.help),
        *(("or else:", other) for other in finding.alternatives),
    ):
        head = f"  {label:<{width}}  "
        wrapper = textwrap.TextWrapper(100, initial_indent=head, subsequent_indent=" " * len(head))
        wrapper.break_long_words = wrapper.break_on_hyphens = False
        yield from wrapper.wrap(text)


def stack_lines(report: Report) -> Iterator[str]:
    for title, frames in report.python_stacks:
        yield f"{title}, innermost first:"
        for frame in frames:
            yield f"  {frame.function} ({frame.file}:{frame.line})"
