"""`pynodes check`: mistakes that do no harm yet, each against its cure, and what only looks so."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import Future
from dataclasses import dataclass, replace

import pytest
import victims
from diagnosing import Answer, Begin

from pynodes.diagnose import witness


@dataclass(frozen=True)
class Silent:
    """What is found in a program of tests/victims/silent, at the line that is marked there."""

    family: str
    function: str
    text: str  # in what is said of it
    detached: str = ""  # the function that had detached


BARE = "call-without-attaching"
SILENT = {
    "receipts": Silent(BARE, "till", "PyObject_Size is called"),
    "labels": Silent(BARE, "label", "PyFloat_FromDouble is called", "label"),
    "errand": Silent(BARE, "report", "PyUnicode_FromString is called", "work"),
    "parcel": Silent(BARE, "deliver", "Py_DecRef is called"),
    "mailbag": Silent("exception-pending", "sort_letter", "while an exception is pending"),
    "farewell": Silent("finalize-detached", "main", "by a thread that is not attached"),
}
ORDERLY = ["free", "state", "nested", "aside", "again", "exit"]

pytestmark = pytest.mark.usefixtures("has_collector")


@pytest.fixture(scope="module", autouse=True)
def has_doors() -> None:
    if witness.find(witness.CHECKING) is None:
        pytest.skip("no library with doors: it is made for x86-64 alone")


@pytest.fixture(scope="module")
def cured(kit: victims.Kit) -> victims.Kit:
    folder = kit.folder / "right"
    folder.mkdir()
    return replace(kit, folder=folder, flags=("-DRIGHT",))


@pytest.fixture(scope="module")
def answers(kit: victims.Kit, cured: victims.Kit, begin: Begin) -> dict[str, Future[Answer]]:
    """All of them, begun at once."""
    found = {}
    for name in SILENT:
        for made, key in ((kit, name), (cured, f"{name} right")):
            program = victims.build(made, f"silent/{name}.c")
            found[key] = begin("--check", "--", str(program))
    orderly = str(victims.build(kit, "silent/orderly.c"))
    return found | {word: begin("--check", "--", orderly, word) for word in ORDERLY}


@pytest.mark.parametrize("name", SILENT)
def test_mistake_that_does_no_harm_is_found_at_its_line(
    name: str, answers: dict[str, Future[Answer]]
) -> None:
    answer, expected = answers[name].result(), SILENT[name]
    (found,) = answer.findings
    assert (found["family"], found["function"]) == (expected.family, expected.function), answer
    assert expected.text in found["text"]
    place = (found["file"].rpartition("/")[2], found["line"])
    assert {place} == victims.wrong_lines(f"silent/{name}.c")
    assert found["confidence"] == "certain"
    assert answer.status == 1


@pytest.mark.parametrize("name", [name for name, each in SILENT.items() if each.detached])
def test_call_while_detached_says_where_its_thread_detached(
    name: str, answers: dict[str, Future[Answer]]
) -> None:
    (found,) = answers[name].result().findings
    (stack,) = [fact["stack"] for fact in found["facts"] if fact["what"] == "detached by:"]
    assert stack.startswith(SILENT[name].detached)


def test_exception_that_is_pending_has_the_call_it_came_from(
    answers: dict[str, Future[Answer]],
) -> None:
    (found,) = answers["mailbag"].result().findings
    assert "LookupError" in found["why"]
    assert [fact["what"] for fact in found["facts"]] == ["called by:", "came from:"]


@pytest.mark.parametrize("name", SILENT)
def test_cured_program_is_found_right(name: str, answers: dict[str, Future[Answer]]) -> None:
    answer = answers[f"{name} right"].result()
    assert (answer.status, answer.findings) == (0, []), answer


@pytest.mark.parametrize("word", ORDERLY)
def test_what_only_looks_like_a_mistake_is_found_right(
    word: str, answers: dict[str, Future[Answer]]
) -> None:
    answer = answers[word].result()
    assert (answer.status, answer.findings) == (0, []), answer


def test_diagnosis_without_check_says_nothing_of_what_did_no_harm(
    kit: victims.Kit, begin: Begin
) -> None:
    answer = begin("--", str(victims.build(kit, "silent/mailbag.c"))).result()
    assert (answer.status, answer.findings) == (0, []), answer


def test_runs_end_with_the_first_finding_when_asked(kit: victims.Kit) -> None:
    command = [sys.executable, "-m", "pynodes", "check", "--times", "5", "--until-seen", "--"]
    said = subprocess.run(
        [*command, str(victims.build(kit, "silent/parcel.c"))],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=kit.folder,
    )
    assert said.returncode == 1
    assert "runs: 1, with a finding: 1 (100%" in said.stdout
