"""`pynodes diagnose` on a handful of fault cases, by number and under a neutral name.

All of them, on several Pythons, are `tools/score/diagnose_faults.py`.
"""

from __future__ import annotations

import shutil
from concurrent.futures import Future
from pathlib import Path

import pytest
from diagnosing import Answer, Begin
from expected import FAULTS
from fault_places import Place, places_to_change

import pynodes
from pynodes.errors import PynodesError
from pynodes.model.verdict import Verdict
from pynodes.repro.catalog import Case, find_program, load_cases, source_of

ROOT = Path(pynodes.__file__).resolve().parents[1]
CASES = ("start-attached", "pipe-attached", "release-lock", "release-twice", "threads-at-exit")

pytestmark = pytest.mark.usefixtures("has_collector")


@pytest.fixture(scope="module")
def answers(
    begin: Begin, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Case, Future[Answer]]]:
    """All diagnoses, begun at once."""
    try:
        program = find_program()
    except PynodesError as error:
        pytest.skip(f"no fault program: {error.what}")
    neutral = tmp_path_factory.mktemp("neutral") / "program"
    shutil.copy2(program.path, neutral)
    return {
        case.name: (
            case,
            # the program's Python may be another than this one
            begin("--limit", "30", "--", str(neutral), str(number), PYTHONPATH=str(ROOT)),
        )
        for number, case in enumerate(load_cases(program).values(), 1)
        if case.name in CASES
        and (expected := case.expect(program.python)) is not None
        and expected.verdicts != (Verdict.OK,)
    }


@pytest.mark.parametrize("name", CASES)
def test_fault_is_found_with_family_and_line(
    name: str, answers: dict[str, tuple[Case, Future[Answer]]]
) -> None:
    if name not in answers:
        pytest.skip("no harm comes of it on this Python")
    case, answer = answers[name]
    result = answer.result()
    assert result.findings, str(result)
    first = result.findings[0]
    place = Place(Path(first["file"]).name, first["function"], first["line"])

    assert first["family"] in FAULTS[name].families, str(result)
    assert place in places_to_change({case.source_name: source_of(case)}, FAULTS[name])
