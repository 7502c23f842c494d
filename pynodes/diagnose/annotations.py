"""A report as commands of GitHub's workflows, which show it beside the lines of a change."""

from __future__ import annotations

from collections.abc import Iterator

from pynodes import printable
from pynodes.diagnose.finding import Confidence
from pynodes.diagnose.report import Report
from pynodes.diagnose.result import ending_of
from pynodes.diagnose.sarif import below_here


def workflow_commands(report: Report) -> Iterator[str]:
    """A line for each finding; without one, for what else is wrong."""
    for finding in report.findings:
        place = finding.place
        where = {}
        if place is not None and place.file:
            where["file"] = below_here(place.file)
            if place.line > 0:
                where["line"] = str(place.line)
        level = "error" if finding.confidence is Confidence.CERTAIN else "warning"
        text = f"{finding.text}\n{finding.why}\nhelp: {finding.help}"
        yield _command(level, {**where, "title": finding.family}, text)
    ending = ending_of(report)
    if ending.status and (report.status or not report.findings):
        yield _command("error", {"title": f"{report.subject.tool}: {ending.word}"}, ending.text)
    for name in report.unused:
        yield _command("notice", {"title": f"{report.subject.tool}: unused"}, name)


def _command(level: str, properties: dict[str, str], text: str) -> str:
    said = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{level} {said}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    """The signs that end a line or a property, as GitHub reads them."""
    for sign in "%\r\n" + more:
        text = text.replace(sign, f"%{ord(sign):02X}")
    return printable.line(text)
