"""What is written of faults: the exported file and the page of the documentation."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pynodes.errors import CannotStartError
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import Case, Program, PythonBuild
from pynodes.repro.check import RunOutcome, Setting, Tally
from pynodes.repro.export import export, export_text
from pynodes.repro.matrix import Results
from pynodes.repro.page import Row, page, unexplained

PYTHON = PythonBuild(3, 13, False, "3.13.0")
CASE = Case(
    "shared-node", "wrong-pixels", "One object.", "a host", "two objects", "all wrong-image", "",
    "", True,
)  # fmt: skip


def tally(verdicts: list[Verdict], *, fixed: bool = False) -> Tally:
    expectation = CASE.expect(PYTHON)
    assert expectation is not None
    outcomes = [RunOutcome(verdict, "", 0.1) for verdict in verdicts]
    setting = Setting(fixed=fixed)
    return Tally(CASE, Program(Path("pynodes-fault"), PYTHON), setting, expectation, outcomes)


def test_export_holds_everything_and_includes_nothing_of_ours() -> None:
    text = export_text(CASE, PYTHON)
    assert '#include "' not in text
    assert text.count("int main(") == 1
    assert text.count("struct rig {") == 1
    assert "alone_main(&pn_fault_shared_node" in text
    assert "expect: wrong-image" in text


def test_export_shows_the_case_first_and_drops_what_nobody_needs() -> None:
    text = export_text(CASE, PYTHON)
    marks = ("--- the case", "--- a small host", "int main(")
    case, host, main = (text.index(mark) for mark in marks)
    assert case < host < main
    assert text[:case].count("\n") < 130
    assert "rig_render(" in text and "rig_run_script" not in text


def test_export_into_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStartError) as error:
        export(CASE, tmp_path / "file", PYTHON)
    assert "cannot write" in error.value.what


def test_tally_always_needs_every_run() -> None:
    assert tally([Verdict.WRONG_IMAGE] * 3).as_expected
    assert not tally([Verdict.WRONG_IMAGE, Verdict.OK]).as_expected
    assert not tally([]).as_expected


def test_tally_of_the_right_way_needs_ok() -> None:
    assert tally([Verdict.OK], fixed=True).as_expected
    assert not tally([Verdict.OK, Verdict.WRONG_IMAGE], fixed=True).as_expected


def test_page_has_a_row_a_case_and_names_what_is_not_as_expected() -> None:
    row = Row(CASE)
    row.broken["3.13"] = tally([Verdict.WRONG_IMAGE, Verdict.OK])
    row.fixed["3.13"] = tally([Verdict.OK] * 3, fixed=True)
    text = page([row], [PYTHON], "1 May 2026", "pynodes repro matrix")
    assert "| [shared-node](#shared-node) | wrong-image 1, ok 1 | 3/3 |  |" in text
    assert "Runs of each case: 3.13: 2 broken and 3 right." in text
    assert "Not as expected: shared-node on 3.13." in text
    assert "### shared-node" in text


def test_page_has_a_sentence_on_a_row_where_pythons_differ() -> None:
    row = Row(replace(CASE, note="Memory decides."))
    row.broken["3.12"] = tally([Verdict.OK])
    row.broken["3.13"] = tally([Verdict.WRONG_IMAGE])
    text = page([row], [replace(PYTHON, minor=12), PYTHON], "1 May 2026", "pynodes repro matrix")
    assert "| ok 1 | wrong-image 1 | 0/0 | Memory decides. |" in text
    assert unexplained([row]) == []
    row.case = CASE
    assert unexplained([row]) == ["shared-node"]


def test_results_of_two_matrices_come_together(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    one, other = Results(path), Results(path)
    broken, right = tally([Verdict.WRONG_IMAGE]), tally([Verdict.OK], fixed=True)
    one.put(broken)
    other.put(right)
    found = Results(path)
    for seen in (broken, right):
        assert found.get(CASE, seen.program, seen.setting, 1) is not None
    assert [item.name for item in tmp_path.iterdir()] == ["results.json"]


def test_results_are_kept_and_not_measured_again(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    measured = tally([Verdict.WRONG_IMAGE, Verdict.OK])
    Results(path).put(measured)
    found = Results(path).get(CASE, measured.program, measured.setting, 2)
    assert found is not None
    assert found.counts == measured.counts
    assert Results(path).get(CASE, measured.program, measured.setting, 3) is None
    assert Results(path).get(CASE, measured.program, Setting(fixed=True), 1) is None


@pytest.mark.parametrize("text", ["", "[1]", '{"a": {"no-verdict": 1}}', '{"a": 1}'])
def test_results_that_are_none_are_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(CannotStartError) as error:
        Results(path)
    assert "not understood" in error.value.what
