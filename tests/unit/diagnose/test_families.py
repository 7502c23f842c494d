"""Families of findings: one file, one row and one name each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from expected import EXPECTED, of_recordings
from judging import findings
from recordings import recorded

from pynodes.diagnose import rules
from pynodes.diagnose.families import FAMILIES, Family, table
from pynodes.diagnose.finding import Confidence

ROOT = Path(__file__).resolve().parents[3]
BY_NAME = {family.name: family for family in FAMILIES}
# what no rule finds: the diagnosis says nothing of these cases
ONLY_CHECKED = {"exception-pending"}  # by tests/diagnose/test_check.py
NOT_FOUND = {"interpreter-in-use", "lands-in-main", "locals-lost", "object-kept", "stale-data"}


@pytest.mark.parametrize("family", FAMILIES, ids=BY_NAME)
def test_rule_has_the_name_of_its_file(family: Family) -> None:
    assert Path(str(family.rule.__file__)).stem == family.name.replace("-", "_")


def test_every_rule_has_its_row() -> None:
    files = {path.stem for path in Path(rules.__path__[0]).glob("[a-z]*.py")}

    assert files == {name.replace("-", "_") for name in BY_NAME}


def test_titles_are_short_and_each_is_of_one_family() -> None:
    titles = [family.title for family in FAMILIES]

    assert len({*titles}) == len(titles)
    assert all(len(title) <= 72 and not title.endswith(".") for title in titles)


def test_every_incident_belongs_to_a_family() -> None:
    text = (ROOT / "witness" / "layout.h").read_text(encoding="utf-8")
    words = set(re.findall(r'X\(incident, \w+, "([\w-]+)"\)', text))

    assert len(words) > 5
    assert words <= {*BY_NAME, *(word for family in FAMILIES for word in family.incidents)}


def test_families_that_are_expected_are_there() -> None:
    expected = {name for row in EXPECTED.values() for name in row.families}

    assert (expected - NOT_FOUND) | ONLY_CHECKED == set(BY_NAME)


@pytest.mark.parametrize("name", of_recordings())
def test_no_finding_is_surer_than_its_family(name: str) -> None:
    for finding in findings(recorded(name)):
        surest = BY_NAME[finding.family].surest
        assert surest is Confidence.CERTAIN or finding.confidence is Confidence.LIKELY


def test_table_in_the_docs_is_the_one_that_is_made() -> None:
    """`python3 -c "from pynodes.diagnose.families import table; print(table())"` writes it."""
    assert table() in (ROOT / "docs" / "diagnose.md").read_text(encoding="utf-8")
