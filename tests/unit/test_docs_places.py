"""Places that transcripts in the docs print are places in the files that the page is about."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VICTIMS = ROOT / "tests" / "victims"
TRANSCRIPT = re.compile(r"^```(?:text|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"([\w:]+) \((?:\S*/)?(\w+\.(?:c|cpp)):(\d+)\)")


def places() -> list[tuple[str, str, str, int]]:
    """Page, function, file, line."""
    return sorted(
        {
            (page.name, function, file, int(line))
            for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
            for block in TRANSCRIPT.findall(page.read_text(encoding="utf-8"))
            for function, file, line in PLACE.findall(block)
        }
    )


@pytest.mark.parametrize(("page", "function", "file", "line"), places())
def test_line_is_in_the_function_that_is_named(
    page: str, function: str, file: str, line: int
) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    linked = [
        ROOT / "docs" / link for link in re.findall(r"\]\((\.\./tests/victims/[^)]*)\)", text)
    ]
    sources = [
        source
        for place in linked
        for source in (place.rglob(file) if place.is_dir() else [place])
        if source.name == file
    ]
    assert len(sources) == 1, f"{page} links {sources} for {file}"
    lines = sources[0].read_text(encoding="utf-8").splitlines()

    assert len(lines) >= line and lines[line - 1].strip(), f"{file} has no line {line}"
    name = re.compile(rf"\b{function.rpartition('::')[2]}\b")
    if function != "operator":  # a lambda: it has no name
        # from the line up to the function that it is in: the first that begins further left
        above = [each for each in reversed(lines[: line - 1]) if re.match(r" {0,4}\w.*\)", each)]
        assert any(name.search(each) for each in above[:12]), f"{file}:{line} is not in {function}"


def test_there_are_places_to_look_at() -> None:
    assert len(places()) > 8
