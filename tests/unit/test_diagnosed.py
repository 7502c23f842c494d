"""A finding as it is printed, on a terminal and elsewhere."""

from __future__ import annotations

import os

import pytest

from pynodes.cli import diagnosed
from pynodes.cli.console import Console
from pynodes.diagnose.evidence import Frame
from pynodes.diagnose.finding import Finding, finding

CHAIN = " <- ".join(f"Stock::f{number} (stock.cpp:{number})" for number in range(9))


@pytest.fixture
def found() -> Finding:
    place = Frame("Stock::total", "/x/stock.cpp", 9, "program")
    made = finding("thread 1", "text", "why " * 60, "help", ("waits:", "thread 1", CHAIN), at=place)
    return made.__class__(**{**vars(made), "source": ((8, "{"), (9, "    wait();"), (10, "}"))})


def lines(found: Finding) -> list[str]:
    return list(diagnosed.finding_lines(Console("never"), found))


def test_place_is_marked_among_its_lines(found: Finding) -> None:
    shown = lines(found)

    at = next(i for i, line in enumerate(shown) if line.lstrip().startswith("place:"))
    texts = [line.strip() for line in shown[at + 1 : at + 4]]
    assert [" ".join(text.split()) for text in texts] == ["8 {", "> 9 wait();", "10 }"]


@pytest.mark.parametrize("columns", [60, 80, 100])
def test_nothing_is_longer_than_the_terminal_and_no_call_is_cut(
    found: Finding, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setattr(os, "environ", {**os.environ, "COLUMNS": str(columns)})

    shown = lines(found)

    assert max(map(len, shown[1:])) <= columns
    assert all(any(call in line for line in shown) for call in CHAIN.split(" <- "))


def test_chain_is_one_line_where_nobody_reads_columns(found: Finding) -> None:
    assert any(line.endswith(CHAIN) for line in lines(found))
