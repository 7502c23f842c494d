"""Reports as JUnit, SARIF and GitHub's workflow commands, by the rules of their schemas.

No package brings the schemas; what is checked by hand of SARIF 2.1.0 is which properties an object
may have and must have, and enumerations, of all objects that are written here; of JUnit (the file
of Jenkins' xUnit plug-in) elements, their attributes and which of them are required. Where
`pydantic-sarif` is installed, which was made from the schema, it decides.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hostile import TERMINAL

from pynodes.diagnose.annotations import workflow_commands
from pynodes.diagnose.collect.census import Program
from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.finding import Confidence, Finding
from pynodes.diagnose.junit import junit
from pynodes.diagnose.report import Known, Report
from pynodes.diagnose.sarif import sarif, uri
from pynodes.model.verdict import Verdict

PLACE = Frame("Cache::drop", "/src/a b%.cpp", 3, "program")
FOUND = Finding(
    Confidence.CERTAIN, "it waits", PLACE, "main", "why it\nwaits", "do: this",
    (("holds", "thread 1", "f <- main"),), (), settled=True, stops=True, family="lock-order",
    pids=(12,),
)  # fmt: skip
LIKELY = replace(
    FOUND, confidence=Confidence.LIKELY, family="lost-signal", place=None, pids=(11, 13)
)
ODD = replace(FOUND, text=TERMINAL, place=Frame(TERMINAL, TERMINAL, 0, "program"), pids=())
PROGRAMS = [
    Program(10, ["ctest"], status=8, pids={10}),
    Program(11, ["./a"], "3.13.0", True, 2, 5, status=0, pids={11, 13}),
    Program(12, ["./b"], "3.13.0", True, 2, 5, status=1, pids={12}),
    Program(14, ["./b"], "3.13.0", True, pids={14}),
    Program(15, ["cp", "a", "b"], status=1, pids={15}),
]


def a_report(**changes: Any) -> Report:
    report = Report(
        Verdict.OK, "ended by itself with status 8", ["ctest"], status=8, is_run=True, pid=10
    )
    report.crashes = {14: "SIGSEGV"}
    report.take_programs([replace(program) for program in PROGRAMS])
    return replace(report, **changes)


REPORTS = {
    "failed": a_report(),
    "good": a_report(status=0, crashes={}, programs=[replace(PROGRAMS[1])], pid=11),
    "findings": a_report(findings=[FOUND, LIKELY, ODD]),
    "crash": a_report(verdict=Verdict.CRASH, status=None, signal="SIGSEGV"),
    "limit": a_report(verdict=Verdict.HANG, status=None),
    "no python": a_report(status=0, programs=[]),
    "known": a_report(known=[Known(FOUND, "old"), Known(ODD, TERMINAL)], unused=["x"]),
    "odd": a_report(command=[TERMINAL, "\udcff"], text=TERMINAL, programs=[]),
}

# Of each element: attributes it may have, of these the required ones, and elements inside.
JUNIT = {
    "testsuite": ("name tests failures errors time", "name tests failures errors", "testcase"),
    "testcase": ("name classname time", "name", "failure error system-out"),
    "failure": ("type message", "type", ""),
    "error": ("type message", "type", ""),
    "system-out": ("", "", ""),
}
# Of each object that is written: properties, with `!` the required ones, and what is inside them.
SARIF = {
    "log": "$schema version! runs!:run",
    "run": "tool!:tool invocations:invocation results:result columnKind",
    "tool": "driver!:driver",
    "driver": "name! version rules:rule",
    "rule": "id! shortDescription:text fullDescription:text",
    "text": "text!",
    "invocation": "executionSuccessful! exitCode exitCodeDescription commandLine"
    " toolExecutionNotifications:notification",
    "notification": "message!:text level descriptor:descriptor",
    "descriptor": "id",
    "result": "ruleId ruleIndex level message!:text locations:location partialFingerprints"
    " suppressions:suppression",
    "location": "physicalLocation:physical logicalLocations:logical",
    "physical": "artifactLocation:artifact region:region",
    "artifact": "uri",
    "region": "startLine",
    "logical": "fullyQualifiedName kind",
    "suppression": "kind! justification",
}
WORDS = {"level": {"error", "warning"}, "columnKind": {"unicodeCodePoints"}, "version": {"2.1.0"}}


def check(value: Any, kind: str) -> None:
    properties = {}
    for entry in SARIF[kind].split():
        name, _, inside = entry.partition(":")
        properties[name.rstrip("!")] = (inside, name.endswith("!"))
    assert isinstance(value, dict)
    assert set(value) <= set(properties), kind
    assert {name for name, (_, needed) in properties.items() if needed} <= set(value), kind
    for name, each in value.items():
        inside = properties[name][0]
        for part in each if isinstance(each, list) else [each]:
            if inside:
                check(part, inside)
        if name in WORDS and kind != "driver":
            assert each in WORDS[name]


@pytest.mark.parametrize("name", REPORTS)
def test_sarif_keeps_to_its_schema(name: str) -> None:
    log = sarif(REPORTS[name], "1.0")

    check(log, "log")
    rules = [rule["id"] for rule in log["runs"][0]["tool"]["driver"]["rules"]]
    for result in log["runs"][0]["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        for location in result.get("locations", ()):
            assert location.get("physicalLocation", {}).get("region", {}).get("startLine", 1) > 0


@pytest.mark.parametrize("name", REPORTS)
def test_sarif_is_one_to_who_read_the_schema(name: str) -> None:
    model = pytest.importorskip("pydantic_sarif.model", reason="no pydantic-sarif")

    model.StaticAnalysisResultsFormatSarifVersion210JsonSchema.model_validate(
        sarif(REPORTS[name], "1.0")
    )


def test_sarif_says_what_is_known_and_how_it_ended() -> None:
    known, odd = sarif(REPORTS["known"], "1.0")["runs"][0]["results"]
    assert known["suppressions"] == [{"kind": "external", "justification": "old"}]
    assert known["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "Cache::drop"
    assert "\x1b" not in str(odd)

    (invocation,) = sarif(REPORTS["limit"], "1.0")["runs"][0]["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 5)
    assert invocation["toolExecutionNotifications"][0]["descriptor"] == {"id": "limit"}


def test_uri_of_a_file_below_this_folder_is_relative(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert uri(f"{tmp_path}/src/a b.c") == "src/a%20b.c"
    assert uri("/usr/a:b.c") == "file:///usr/a%3Ab.c"
    assert uri("a\udcff.c") == "a%FF.c"


@pytest.mark.parametrize("name", REPORTS)
def test_junit_keeps_to_its_schema(name: str) -> None:
    suite = Xml.fromstring(junit(REPORTS[name]).split("\n", 1)[1])

    assert suite.tag == "testsuite"
    for element in suite.iter():
        may, must, inside = map(str.split, JUNIT[element.tag])
        assert set(must) <= set(element.attrib) <= set(may), element.tag
        assert {part.tag for part in element} <= set(inside)
    cases = suite.findall("testcase")
    assert len({case.get("name") for case in cases}) == len(cases) == int(suite.get("tests", ""))
    for count, kind in (("failures", "failure"), ("errors", "error")):
        assert int(suite.get(count, "")) == sum(case.find(kind) is not None for case in cases)
        assert all(len(case.findall(kind)) < 2 for case in cases)


def cases_of(name: str) -> dict[str, list[tuple[str, str]]]:
    """By the name of a case: what is wrong with it, and of which type."""
    suite = Xml.fromstring(junit(REPORTS[name]).split("\n", 1)[1])
    return {
        case.get("name", ""): [(e.tag, e.get("type", "")) for e in case if e.tag != "system-out"]
        for case in suite
    }


def test_junit_has_a_case_for_each_program_that_ran_python_or_crashed() -> None:
    assert cases_of("failed") == {
        "ctest": [("error", "failed")],
        "./a": [],
        "./b": [("error", "failed")],
        "./b (2)": [("error", "crash")],
    }
    assert cases_of("good") == {"ctest": []}


def test_junit_finding_fails_the_programs_in_which_it_was_seen() -> None:
    assert cases_of("findings") == {
        "ctest": [("failure", "lock-order"), ("error", "failed")],  # one of no process known
        "./a": [("failure", "lost-signal")],
        "./b": [("failure", "lock-order"), ("error", "failed")],
        "./b (2)": [("error", "crash")],
    }


@pytest.mark.parametrize(
    ("name", "word"), [("crash", "crash"), ("limit", "limit"), ("no python", "no-python")]
)
def test_junit_end_that_is_none_is_an_error_of_what_was_started(name: str, word: str) -> None:
    assert cases_of(name)["ctest"] == [("error", word)]


def test_github_gets_a_line_for_each_finding_and_for_a_bad_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    below = replace(FOUND, place=replace(PLACE, file=f"{tmp_path}/x,y.c"))

    first, second, third = workflow_commands(a_report(findings=[below, LIKELY]))

    assert first == (
        "::error file=x%2Cy.c,line=3,title=lock-order::it waits%0Awhy it%0Awaits%0Ahelp: do: this"
    )
    assert second.startswith("::warning title=lost-signal::it waits%0A")
    assert third.startswith("::error title=pynodes diagnose%3A failed::")


@pytest.mark.parametrize("name", REPORTS)
def test_github_lines_are_one_command_each(name: str) -> None:
    for line in workflow_commands(REPORTS[name]):
        assert line.isprintable()
        assert line.startswith(("::error ", "::warning ", "::notice "))
