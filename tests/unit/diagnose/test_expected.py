"""The table of what should be said, against the programs themselves."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import victims
from expected import FAULTS, VICTIMS
from fault_places import places_that_show, places_to_change

from pynodes.repro.catalog import WRONG, marked_lines

FAULT = Path(__file__).resolve().parents[3] / "host" / "fault"
SOURCES = {
    re.search(r'\.name = "([\w-]+)"', text)[1]: (path.name, text)  # type: ignore[index]
    for path in sorted(FAULT.glob("case_*.c"))
    for text in [path.read_text(encoding="utf-8")]
}


def test_every_case_has_its_entry() -> None:
    assert set(FAULTS) == set(SOURCES)


@pytest.mark.parametrize("name", SOURCES)
def test_marked_line_is_a_right_one_and_lies_in_a_function(name: str) -> None:
    file, text = SOURCES[name]

    places = places_to_change({file: text}, FAULTS[name])

    marked = {number for number, _, _ in marked_lines(text, WRONG)}
    assert marked <= {place.line for place in places}
    assert all(place.function for place in places)


@pytest.mark.parametrize("name", [n for n in SOURCES if FAULTS[n].lines or FAULTS[n].shows])
def test_lines_of_the_table_are_still_there(name: str) -> None:
    file, text = SOURCES[name]
    rig = [*(path.name for path in FAULT.glob("rig*.[ch]")), "own_gil.h", "pixel_node.h"]
    rig.append("../node/call.c")
    sources = {file: text, **{part: (FAULT / part).read_text("utf-8") for part in rig}}
    expected = FAULTS[name]

    found = places_to_change(sources, expected) | places_that_show(sources, expected)

    lines = {place: sources[place.file].splitlines()[place.line - 1] for place in found}
    for function, words in (*expected.lines, *expected.shows):
        assert any(place.function == function and words in lines[place] for place in found)


@pytest.mark.parametrize("name", VICTIMS)
def test_victim_of_the_table_is_there_and_has_a_marked_line(name: str) -> None:
    assert victims.wrong_lines(f"broken/{name}")
