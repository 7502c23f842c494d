"""Exports: what was stored comes out again, in forms that other programs read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from stored_sweeps import Run, races, scales, store_sweep

from pynodes.export import csv as as_csv
from pynodes.export import json as as_json
from pynodes.export import markdown as as_markdown
from pynodes.store.model import Sweep
from pynodes.store.store import Store

ENGINES: dict[str, list[Any]] = {"threads": [1, 2], "engine": ["shared", "isolated"]}
RACE: dict[str, list[Any]] = {"threads": [1, 2], "switch-interval": [1e-6, 1.0]}


@pytest.fixture
def sweeps(tmp_path: Path) -> list[Sweep]:
    """One of engines, one of a race."""
    names = [
        store_sweep(tmp_path / "pynodes.db", ENGINES, scales, rounds=3),
        store_sweep(tmp_path / "pynodes.db", RACE, races, rounds=3, scene="ripples.py"),
    ]
    with Store.open(tmp_path / "pynodes.db") as store:
        return [store.sweep(store.find(name)) for name in names]


def test_json_has_every_sample_with_its_figures(sweeps: list[Sweep]) -> None:
    found = json.loads("".join(as_json.export(sweeps)))

    assert [sweep["name"] for sweep in found["sweeps"]] == ["tilings-1", "ripples-2"]
    for sweep, out in zip(sweeps, found["sweeps"], strict=True):
        for cell, told in zip(sweep.cells, out["cells"], strict=True):
            assert told["settings"] == dict(cell.settings)
            assert [s["render_s"] for s in told["samples"]] == [
                s.figures["render_s"] for s in cell.samples
            ]
            assert [s["verdict"] for s in told["samples"]] == [s.verdict for s in cell.samples]


def test_json_has_curves_and_warnings(sweeps: list[Sweep]) -> None:
    found = json.loads("".join(as_json.export(sweeps)))["sweeps"][0]

    keys = {cell["key"] for cell in found["cells"]}
    assert {point["cell"] for curve in found["curves"] for point in curve["points"]} <= keys
    assert [curve["settings"]["engine"] for curve in found["curves"]] == ["shared", "isolated"]


def test_json_of_infinite_difference_is_json(tmp_path: Path) -> None:
    def infinite(settings: Mapping[str, Any], chance: Random) -> Run:
        run = scales(settings, chance)
        run.more = {"odd": float("inf"), "odder": float("nan")}
        return run

    store_sweep(tmp_path / "pynodes.db", ENGINES, infinite, rounds=1)
    with Store.open(tmp_path / "pynodes.db") as store:
        text = "".join(as_json.export([store.sweep(1)]))

    def refuse(word: str) -> None:
        pytest.fail(f"{word} is not JSON")

    record = json.loads(text, parse_constant=refuse)["sweeps"][0]["cells"][0]["samples"][0]
    assert record["records"][0]["odd"] == "inf"
    assert record["records"][0]["odder"] == "nan"


def test_csv_has_a_line_a_sample_and_columns_of_all_axes(sweeps: list[Sweep]) -> None:
    rows = list(csv.DictReader(io.StringIO("".join(as_csv.export(sweeps)))))
    samples = [sample for sweep in sweeps for sample in sweep.samples]

    assert len(rows) == len(samples)
    assert [float(row["render_s"]) for row in rows] == [s.figures["render_s"] for s in samples]
    assert {row["engine"] for row in rows if row["sweep"] == "ripples-2"} == {""}
    assert {row["switch-interval"] for row in rows if row["sweep"] == "ripples-2"} == {"1e-06", "1"}


def test_markdown_tables_are_rectangular_and_tell_the_story(sweeps: list[Sweep]) -> None:
    text = "".join(as_markdown.export(sweeps))

    width = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = line.replace("\\|", "").count("|")
        assert width in (0, cells), line
        width = cells
    assert "**Fastest: isolated on 2 threads, " in text
    assert "| isolated | 2 |" not in text  # threads come first, as in the sweep
    assert "| 2 | isolated | 3 | ok |" in text
    assert "Wrong pixels of 3,072:" in text


def test_markdown_says_which_engine_to_take(sweeps: list[Sweep]) -> None:
    lines = "".join(as_markdown.export(sweeps)).splitlines()

    head = lines.index(
        "|  | time | against the fastest | peak memory | loads the imports | survives a crash |"
    )
    assert lines[head - 2] == "Which to take"
    assert lines[head + 2].startswith("| isolated, 2 threads | best ")
    assert lines[head + 3].startswith("| shared, ")


def test_markdown_tables_have_the_line_that_makes_them_tables(sweeps: list[Sweep]) -> None:
    lines = "".join(as_markdown.export(sweeps)).splitlines()

    heads = [at for at, line in enumerate(lines) if line.startswith("|") and lines[at - 1] == ""]
    assert heads
    assert all(set(lines[at + 1]) <= set("|-: ") for at in heads)


def test_markdown_of_odd_names_stays_a_table(tmp_path: Path) -> None:
    store_sweep(tmp_path / "pynodes.db", {"threads": [1, 2], "D a": ["x|y", "<b>"]}, scales)
    with Store.open(tmp_path / "pynodes.db") as store:
        text = "".join(as_markdown.export([store.sweep(1)]))

    assert "| 1 | x\\|y | 3 |" in text
    assert "| 2 | \\<b> | 3 |" in text


FORMULAS = ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", " =1", "\uff1d1", "\t=1", "\r=1"]


def test_csv_has_no_formula_and_no_broken_line(tmp_path: Path) -> None:
    odd = [*FORMULAS, "-1.5", "+inf", 'a"b,c\nd', "\x1b[2J"]
    store_sweep(tmp_path / "pynodes.db", {"threads": [1], "D a": odd}, scales, rounds=1)
    with Store.open(tmp_path / "pynodes.db") as store:
        text = "".join(as_csv.export([store.sweep(1)]))

    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    cells = [row["D a"] for row in rows if row["round"] == "1"]
    assert [cell[:1] for cell in cells[: len(FORMULAS)]] == ["'"] * 6 + ["\\"] * 2
    assert cells[len(FORMULAS) :] == ["-1.5", "+inf", r'a"b,c\nd', r"\x1b[2J"]
    assert all(float(row["render_s"]) for row in rows)


MARKDOWN = {
    "<img src=x>": r"\<img src=x>",
    "[a](javascript:b)": r"\[a\](javascript:b)",
    "![a](b)": r"\!\[a\](b)",
    "`a` *b* _c_ d_e ~~f~~ $g$ @h &lt;": r"\`a\` \*b\* \_c\_ d_e \~\~f\~\~ \$g\$ \@h \&lt;",
    "https://a www.b": r"https\://a www\.b",
    "# a": r"\# a",
    "- a": r"\- a",
    "1. a": r"1\. a",
    "-D a=1.5": "-D a=1.5",
    "a\n\n| b": r"a \| b",
    "\x1b[2J\u202e": r"\\x1b\[2J\\u202e",
}


def test_markdown_shows_any_name_as_it_is(tmp_path: Path) -> None:
    store_sweep(tmp_path / "pynodes.db", {"threads": [1], "D a": [*MARKDOWN]}, scales, rounds=1)
    with Store.open(tmp_path / "pynodes.db") as store:
        text = "".join(as_markdown.export([store.sweep(1)]))

    cells = [line.split(" | ")[1] for line in text.splitlines() if line.startswith("| 1 | ")]
    assert [cell for cell in MARKDOWN.values() if "|" not in cell and cell not in cells] == []


def test_markdown_keeps_a_command_inside_its_fence(tmp_path: Path) -> None:
    command = "```\n<script>\n````"
    store_sweep(tmp_path / "pynodes.db", {"threads": [1]}, scales, command=command)
    with Store.open(tmp_path / "pynodes.db") as store:
        text = "".join(as_markdown.export([store.sweep(1)]))

    assert "\n`````sh\n```\\n<script>\\n````\n`````\n" in text


def test_export_of_nothing_is_still_of_the_form() -> None:
    assert json.loads("".join(as_json.export([])))["sweeps"] == []
    assert "".join(as_csv.export([])).startswith("sweep,machine,")
    assert "".join(as_markdown.export([])) == ""
