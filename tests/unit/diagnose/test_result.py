"""One status for each way a diagnosis may go, decided in one order."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pynodes.diagnose.collect.census import Program
from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.finding import Confidence, Finding
from pynodes.diagnose.report import Known, Report
from pynodes.diagnose.result import MEANINGS, Status, result_of
from pynodes.model.verdict import Verdict

FOUND = Finding(
    Confidence.CERTAIN, "it waits", Frame("f", "/src/a.c", 3, "program"), "main", "why", "help",
    (), (), settled=True, stops=True, family="lock-order", pids=(7,),
)  # fmt: skip
GOOD = Report(Verdict.OK, "ended by itself with status 0", python="3.13.0", is_run=True, status=0)

UNWANTED = replace(GOOD, python="", is_watched=False, wants_witness=False)
SHELL = Program(7, ["sh"])
IDLE = Program(7, ["x"], "3.13.0")  # Python is loaded, and never started


@pytest.mark.parametrize(
    ("report", "status", "word"),
    [
        (GOOD, 0, "good"),
        (replace(GOOD, findings=[FOUND]), 1, "finding"),
        (replace(GOOD, findings=[FOUND], status=9), 1, "finding"),
        (replace(GOOD, findings=[FOUND], verdict=Verdict.CRASH), 1, "finding"),
        (replace(GOOD, status=9), 9, "failed"),
        (replace(GOOD, verdict=Verdict.CRASH), 4, "crash"),
        (replace(GOOD, verdict=Verdict.CRASH, status=9), 4, "crash"),
        (replace(GOOD, verdict=Verdict.CRASH, collected=False), 4, "crash"),
        (replace(GOOD, verdict=Verdict.HANG, collected=False), 5, "limit"),
        (replace(GOOD, verdict=Verdict.INTERRUPTED, signal="SIGTERM", status=None), 143, "failed"),
        (replace(GOOD, is_run=False, status=None, collected=False), 3, "not-seen"),
        (replace(GOOD, python=""), 6, "no-python"),
        (replace(GOOD, python="", status=2), 2, "failed"),
        (replace(GOOD, python="", is_watched=False), 3, "not-seen"),
        (replace(GOOD, python="", is_watched=False, is_mapped=True), 3, "not-seen"),
        (replace(GOOD, python="", is_mapped=True, programs=[SHELL]), 3, "not-seen"),
        (replace(GOOD, python="", is_mapped=True, programs=[IDLE]), 6, "no-python"),
        (replace(UNWANTED, is_mapped=True), 0, "good"),
        (UNWANTED, 3, "not-seen"),
        (replace(GOOD, python="", programs=[Program(7, ["x"], saw_python=True)]), 0, "good"),
        (replace(GOOD, python="", programs=[IDLE]), 6, "no-python"),
        (replace(GOOD, known=[Known(FOUND, "old")]), 0, "good"),
        (replace(GOOD, known=[Known(FOUND, "old")], verdict=Verdict.HANG), 5, "limit"),
    ],
)
def test_first_that_holds_is_the_status(report: Report, status: int, word: str) -> None:
    result = result_of(report)

    assert (result.status, result.word) == (status, word)
    assert result.text
    assert ("known finding" in result.text) == bool(report.known)


def test_finding_does_not_hide_that_the_program_failed() -> None:
    text = result_of(replace(GOOD, findings=[FOUND], status=9)).text

    assert text == "1 finding; the program's own status is 9"


@pytest.mark.parametrize("page", ["docs/diagnose.md"])
def test_statuses_in_docs_are_these(page: str) -> None:
    text = (Path(__file__).resolve().parents[3] / page).read_text(encoding="utf-8")
    table = text.split("| exit status | when |\n|---|---|\n")[1].split("\n\n")[0]

    assert re.findall(r"^\| (.+?) \| (.+?) \|$", table, re.MULTILINE) == list(MEANINGS)
    assert {str(int(status)) for status in Status} <= {status for status, _ in MEANINGS}
