"""A report as a JUnit file: one test case, failed by each finding."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from pynodes import printable
from pynodes.diagnose.report import Report


def junit(report: Report) -> str:
    """The file's text. Nothing seen is an error, a finding a failure."""
    name = printable.command(report.command) or "process"
    blind = not report.findings and not report.collected
    suite = Xml.Element(
        "testsuite",
        name="pynodes diagnose",
        tests="1",
        failures=str(int(bool(report.findings))),
        errors=str(int(blind)),
        time=f"{report.wall_s:.3f}",
    )
    case = Xml.SubElement(
        suite, "testcase", classname="pynodes.diagnose", name=name, time=f"{report.wall_s:.3f}"
    )
    for finding in report.findings:
        failure = Xml.SubElement(
            case, "failure", type=finding.family, message=f"{finding.text} [{finding.confidence}]"
        )
        place = finding.place
        lines = [f"{place.function} ({place.file}:{place.line})"] if place else []
        lines += [f"{label} {who}: {stack}" for label, who, stack in finding.facts]
        failure.text = "\n".join([*lines, finding.why, f"help: {finding.help}"])
    if blind:
        Xml.SubElement(case, "error", type="not-seen", message=report.text)
    Xml.SubElement(case, "system-out").text = "\n".join([report.text, *report.observations])
    for element in suite.iter():
        element.text = printable.text(element.text or "")
        element.attrib = {name: printable.line(value) for name, value in element.items()}
    return Xml.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"
