"""A report as a JUnit file: a test case for each program that ran Python.

A finding is a failure of the programs in which it was seen. A crash, an end that was no end and a
status that is not 0 are errors.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as Xml

from pynodes import printable
from pynodes.diagnose.collect.census import Program
from pynodes.diagnose.finding import Finding
from pynodes.diagnose.report import Report
from pynodes.diagnose.result import ending_of, result_of


def junit(report: Report) -> str:
    """The file's text."""
    result = result_of(report)
    ending = ending_of(report)
    first, *others = list(_cases(report))
    suite = Xml.Element("testsuite", name=report.subject.tool)
    left = list(report.findings)
    names: dict[str, int] = {}
    for program in others:
        case = _case(suite, program.name, names)
        found = [finding for finding in left if program.pids.intersection(finding.pids)]
        _add_findings(case, found)
        if program.signal:
            _add(case, "error", "crash", f"died of {program.signal}")
        elif ending.status and program.status:
            _add(case, "error", "failed", f"ended with status {program.status}")
    elsewhere = {pid for program in others for pid in program.pids}
    case = _case(suite, first.name, names, at=0)
    _add_findings(case, [f for f in left if not elsewhere.issuperset(f.pids) or not f.pids])
    if ending.status and (report.status or not report.findings):
        _add(case, "error", ending.word, ending.text)
    said = [report.text, *report.observations, f"result: {result.status}, {result.text}"]
    said += [f"known: {k.finding.family} in {k.finding.at}: {k.reason}" for k in report.known]
    Xml.SubElement(case, "system-out").text = "\n".join(said)
    case.set("time", f"{report.wall_s:.3f}")
    cases = suite.findall("testcase")
    suite.attrib |= {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{report.wall_s:.3f}",
    }
    for element in suite.iter():
        element.text = printable.text(element.text or "")
        element.attrib = {name: printable.line(value) for name, value in element.items()}
    return Xml.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _cases(report: Report) -> Iterator[Program]:
    """What was started, or looked at; then each other program that ran Python, or crashed."""
    root = report.root
    yield root
    seen = {pid for finding in report.findings for pid in finding.pids} | set(report.crashes)
    for program in report.programs:
        if program.pid != root.pid and (program.saw_python or program.pids & seen):
            yield program


def _case(
    suite: Xml.Element, name: str, names: dict[str, int], at: int | None = None
) -> Xml.Element:
    """A case; readers take two of one name for one, so the second says that it is."""
    times = names[name] = names.get(name, 0) + 1
    shown = name if times == 1 else f"{name} ({times})"
    case = Xml.Element("testcase", classname="pynodes.diagnose", name=shown or "process", time="0")
    suite.insert(len(suite) if at is None else at, case)
    return case


def _add_findings(case: Xml.Element, findings: list[Finding]) -> None:
    """One failure, for many readers take the first of a case only."""
    if not findings:
        return
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if findings[1:] else ""
    text = "\n\n".join(_words_of(finding) for finding in findings)
    _add(case, "failure", first.family, f"{first.text} [{first.confidence}]{more}", text)


def _words_of(finding: Finding) -> str:
    lines = [f"{finding.text} [{finding.confidence}]", *filter(None, [finding.at])]
    lines += [f"{label} {who}: {stack}" for label, who, stack in finding.facts]
    return "\n".join([*lines, finding.why, f"help: {finding.help}"])


def _add(case: Xml.Element, kind: str, of: str, message: str, text: str = "") -> None:
    Xml.SubElement(case, kind, type=of, message=message).text = text
