"""A report in SARIF 2.1.0, which code hosts show beside the lines."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pynodes import printable
from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.families import FAMILIES
from pynodes.diagnose.finding import Confidence, Finding
from pynodes.diagnose.report import Report
from pynodes.diagnose.result import ending_of, result_of

VERSION = "2.1.0"
SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {Confidence.CERTAIN: "error", Confidence.LIKELY: "warning"}


def sarif(report: Report, version: str) -> dict[str, Any]:
    """The log. How the program ended, where it did not end well, is a notification of its run."""
    found = [
        *((finding, None) for finding in report.findings),
        *((known.finding, known.reason) for known in report.known),
    ]
    names = list(dict.fromkeys(finding.family for finding, _ in found))
    run = {
        "tool": {
            "driver": {"name": report.subject.tool, "version": version, "rules": _rules(names)}
        },
        "invocations": [_invocation(report)],
        "results": [_result(finding, names, reason) for finding, reason in found],
        "columnKind": "unicodeCodePoints",
    }
    return {"$schema": SCHEMA, "version": VERSION, "runs": [run]}


def _rules(names: list[str]) -> list[dict[str, Any]]:
    known = {family.name: family for family in FAMILIES}
    return [
        {
            "id": name,
            "shortDescription": {"text": known[name].title},
            "fullDescription": {"text": known[name].sentence.replace("`", "")},
        }
        for name in names
    ]


def _invocation(report: Report) -> dict[str, Any]:
    result, ending = result_of(report), ending_of(report)
    bad = ending if report.status else result
    made: dict[str, Any] = {
        "executionSuccessful": bad.word in ("good", "finding"),
        "exitCode": result.status,
        "exitCodeDescription": printable.text(result.text),
    }
    if report.command:
        made["commandLine"] = printable.command(report.command)
    if not made["executionSuccessful"]:
        text = printable.text(bad.text)
        made["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": text}, "descriptor": {"id": bad.word}}
        ]
    return made


def _result(finding: Finding, names: list[str], reason: str | None) -> dict[str, Any]:
    said = f"{finding.text}\n{finding.why}\nhelp: {finding.help}"
    made: dict[str, Any] = {
        "ruleId": finding.family,
        "ruleIndex": names.index(finding.family),
        "level": _LEVELS[finding.confidence],
        "message": {"text": printable.text(said)},
    }
    place = finding.place
    if place is not None:
        made["partialFingerprints"] = {"familyAndFunction/v1": f"{finding.family}:{place.function}"}
        if location := _location(place):
            made["locations"] = [location]
    if finding.path:
        steps = [
            {"location": {**_location(at), "message": {"text": printable.text(text)}}}
            for at, text in finding.path
        ]
        made["codeFlows"] = [{"threadFlows": [{"locations": steps}]}]
    if reason is not None:
        made["suppressions"] = [{"kind": "external", "justification": printable.text(reason)}]
    return made


def _location(place: Frame) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if place.file:
        physical = location["physicalLocation"] = {"artifactLocation": {"uri": uri(place.file)}}
        if place.line > 0:
            physical["region"] = {"startLine": place.line}
    if place.function:
        name = printable.line(place.function)
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "function"}]
    return location


def below_here(file: str) -> str:
    """A path as from the folder that we are in, where it lies below it."""
    here = Path.cwd()
    return os.fspath(Path(file).relative_to(here)) if Path(file).is_relative_to(here) else file


def uri(file: str) -> str:
    """Of a file: relative where it lies below this folder, which code hosts need."""
    path = below_here(file)
    escaped = quote(os.fsencode(path), safe="/")
    return f"file://{escaped}" if path.startswith("/") else escaped
