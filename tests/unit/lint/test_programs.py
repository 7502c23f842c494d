"""`pynodes lint` on small programs: each marked line is named, with its family, and no other."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import pytest

from pynodes.diagnose.families import FAMILIES
from pynodes.lint.judge import Judge
from pynodes.lint.lower import lowered
from pynodes.lint.words import WORDS, finding_of

pytest.importorskip("clang.cindex", reason="libclang is not installed: pip install pynodes[lint]")

PROGRAMS = sorted(Path(__file__).with_name("programs").iterdir())
MARK = re.compile(r"(?:/\*|//) wrong: ([\w-]+)")
HEADERS = ("-isystem", sysconfig.get_path("include"))


def marked(path: Path) -> set[tuple[str, int]]:
    """Family and line of each mistake."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {(match[1], n) for n, line in enumerate(lines, 1) if (match := MARK.search(line))}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name)
def test_every_marked_line_is_named_and_no_other(path: Path) -> None:
    unit = lowered(path, HEADERS)
    found = [finding_of(each) for each in Judge([unit]).reading().mistakes]

    assert not unit.errors
    assert {(each.family, each.place.line) for each in found if each.place} == marked(path)


def test_a_path_leads_from_the_thread_to_the_line() -> None:
    path = Path(__file__).with_name("programs") / "releases.c"
    mistakes = Judge([lowered(path, HEADERS)]).reading().mistakes
    (made,) = (each for each in mistakes if each.function == "gives_away")

    texts = [step.text for step in made.steps]
    assert texts == ["PyGILState_Ensure", "PyGILState_Release", "gives_away returns"]
    assert made.steps[0].at == "attached"


def test_every_word_is_of_a_family_of_the_diagnosis() -> None:
    assert {words.family for words in WORDS.values()} <= {family.name for family in FAMILIES}
