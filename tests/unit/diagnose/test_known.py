"""Findings that are passed over, by a file of reasons or by an older report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.finding import Confidence, Finding
from pynodes.diagnose.known import pass_over, read_baseline, read_suppressions
from pynodes.diagnose.report import Report
from pynodes.errors import BadValueError
from pynodes.model.verdict import Verdict

FOUND = Finding(
    Confidence.CERTAIN, "it waits", Frame("Cache::drop", "/src/a.cpp", 3, "program"), "main",
    "why", "help", (), (), settled=True, stops=True, family="lock-order",
)  # fmt: skip
OTHER = replace(FOUND, place=Frame("main", "/src/main.c", 9, "program"))
NOWHERE = replace(FOUND, place=None)
ENTRY = '[[suppress]]\nfamily = "lock-order"\nfunction = "Cache::*"\nreason = "old"\n'


def a_report(*findings: Finding) -> Report:
    return Report(Verdict.OK, "ended", findings=list(findings))


def test_suppression_passes_over_what_it_fits(tmp_path: Path) -> None:
    path = tmp_path / "known.toml"
    path.write_text(ENTRY + ENTRY.replace("lock-order", "lock-twice"))
    report = a_report(FOUND, OTHER, NOWHERE)

    pass_over(report, read_suppressions(path))

    assert report.findings == [OTHER, NOWHERE]
    assert [(known.finding, known.reason) for known in report.known] == [(FOUND, "old")]
    assert report.unused == ["suppression: lock-twice in Cache::*"]


def test_baseline_passes_over_what_it_had_on_whatever_line(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    old = a_report(FOUND, NOWHERE)
    path.write_text(json.dumps(old.as_dict()))
    moved = replace(FOUND, place=Frame("Cache::drop", "/elsewhere/a.cpp", 300, "program"))
    report = a_report(moved, OTHER)

    pass_over(report, [], read_baseline(path))

    assert report.findings == [OTHER]
    assert report.known[0].finding == moved
    assert report.unused == ["baseline: lock-order in ??"]


def test_what_was_known_before_is_in_the_baseline_too(tmp_path: Path) -> None:
    path = tmp_path / "old.json"
    old = a_report(FOUND)
    (tmp_path / "known.toml").write_text(ENTRY)
    pass_over(old, read_suppressions(tmp_path / "known.toml"))
    path.write_text(json.dumps(old.as_dict()))

    report = a_report(FOUND)
    pass_over(report, [], read_baseline(path))

    assert report.findings == []


@pytest.mark.parametrize(
    ("text", "what", "help"),
    [
        ("x = [", "this is not understood", "write [[suppress]]"),
        ("\udcff", "this is not understood", "write [[suppress]]"),
        ("a = " + "[" * 9000, "this is not understood", "write [[suppress]]"),
        ("suppress = 1", "suppress is 1, not a list", "write [[suppress]]"),
        ("[[suppress]]\nfamily = 1", "[0].family is 1, not a text", "write [[suppress]]"),
        ("[[supress]]", "there is no key 'supress'", "write [[suppress]]"),
        (ENTRY.replace("family", "famly"), "there is no key 'famly'", "did you mean family?"),
        (ENTRY.replace("lock-order", "lock-odrer"), "no family 'lock-odrer'", "lock-order"),
        (ENTRY.replace("old", " "), "it has no reason", "write [[suppress]]"),
        ('[[suppress]]\nreason = "x"\nfunction = "*"', "it has no family", "write [[suppress]]"),
    ],
)
def test_suppressions_that_are_none_are_refused(
    tmp_path: Path, text: str, what: str, help: str
) -> None:
    path = tmp_path / "known.toml"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(BadValueError) as caught:
        read_suppressions(path)

    assert what in caught.value.what
    assert help in caught.value.help
    assert str(path) in caught.value.where


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"findings": [1]}', '{"findings": [{}]}', "[" * 9000]
)
def test_baseline_that_is_no_report_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "old.json"
    path.write_text(text)

    with pytest.raises(BadValueError) as caught:
        read_baseline(path)

    assert caught.value.what.startswith("this is no report: ")


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for read in (read_suppressions, read_baseline):
        with pytest.raises(BadValueError, match="cannot be read"):
            read(tmp_path / "nothing")
