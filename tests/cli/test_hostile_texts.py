"""Markup, escapes and formulas in every text that anyone can write: in every output they are text.

The terminal, JSON, JUnit, CSV, Markdown and HTML of every command that shows what others wrote.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile
import pytest
from browser import Browser, find_browser
from markdown_it import MarkdownIt
from stored_sweeps import races, scales, store_sweep
from terminal import on_terminal, raw_bytes

from tests.cli.conftest import CommandLine

PYNODES = (sys.executable, "-m", "pynodes")
AXES: dict[str, list[Any]] = {"threads": [1, 2, 4], "engine": ["shared", "isolated"]}
RACE: dict[str, list[Any]] = {"threads": [1, 2, 4], "switch-interval": [1e-6, 1.0]}


def fill(folder: Path, text: str, spoilt: bool) -> None:
    """A database of two sweeps with a named parameter, and a timeline; all names are `text`."""
    database = folder / "pynodes.db"
    values = {f"D a{text}": [f"x{text}", f"y{text}"]}
    store_sweep(database, {**AXES, **values}, scales, rounds=2)
    store_sweep(database, {**RACE, **values}, races, rounds=2)
    if spoilt:
        hostile.spoil(database, text)
    (folder / "trace.json").write_text(hostile.trace(text))


@pytest.fixture
def spoilt(cli: CommandLine) -> CommandLine:
    fill(cli.folder, hostile.TEXT, spoilt=True)
    return cli


STORED = [
    ["results", "list"],
    ["results", "show", "1"],
    ["results", "show", "2"],
    ["results", "show", f"{hostile.TEXT}1"],
    ["results", "show", f"no such {hostile.TEXT}"],
    ["results", "export", "--format", "csv"],
    ["results", "export", "--format", "json"],
    ["results", "export", "--format", "markdown"],
    ["results", "prune", "--keep", "1"],
    ["compare", "1@engine=shared", "1@engine=isolated"],
    ["compare", "1", "2"],
    ["compare", f"1@{hostile.TEXT}=x", "1"],
    ["report", "--trace", "trace.json"],
    ["report", "1", "-o", f"r{hostile.TERMINAL}.html"],
]


@pytest.mark.parametrize("command", STORED, ids=lambda words: "-".join(words)[:24])
def test_nothing_of_a_database_or_trace_reaches_a_terminal_raw(
    spoilt: CommandLine, command: list[str]
) -> None:
    coloured = command if command[0] == "compare" else [*command, "--color", "always"]
    status, got = on_terminal([*PYNODES, *coloured], spoilt.folder, spoilt.environ, spoilt.limit_s)

    assert raw_bytes(got) == []
    assert b"Traceback" not in got
    assert status in (0, 1, 2, 3), got[-2000:]
    assert not [line for line in got.splitlines() if line.lstrip().startswith((b"::", b"forged"))]


def texts(value: Any) -> str:
    """All keys and values, one after the other."""
    if isinstance(value, dict):
        return "".join(map(texts, [*value, *value.values()]))
    return "".join(map(texts, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize(
    "command",
    [
        ["results", "list", "--json"],
        ["compare", "1@engine=shared", "1@engine=isolated", "--json"],
        ["results", "export", "--format", "json"],
    ],
    ids=lambda words: "-".join(words)[:16],
)
def test_json_of_a_database_has_its_very_texts(spoilt: CommandLine, command: list[str]) -> None:
    found = spoilt.run(*command)

    assert found.status == 0, found.err
    assert found.out.isascii()
    assert hostile.TEXT in texts(json.loads(found.out))


def test_csv_has_no_formula_and_a_row_a_run(spoilt: CommandLine) -> None:
    out = spoilt.run("results", "export", "--format", "csv").out

    rows = list(csv.reader(io.StringIO(out, newline=""), strict=True))
    assert len(rows) == len(out.splitlines()) == 1 + 72
    assert len(set(map(len, rows))) == 1
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "@", "+"))]


def test_markdown_becomes_tables_and_no_element_of_anyone_else(
    cli: CommandLine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def made(text: str, spoilt: bool) -> Counter[tuple[str, ...]]:
        cli.folder = tmp_path_factory.mktemp("markdown")
        fill(cli.folder, text, spoilt)
        reader = MarkdownIt("gfm-like", {"linkify": False})
        return hostile.elements(
            reader.render(cli.run("results", "export", "--format=markdown").out)
        )

    assert made(hostile.TEXT, True) == made("b", True)


def pages(
    cli: CommandLine, folders: pytest.TempPathFactory, text: str
) -> tuple[Path, Counter[tuple[str, ...]]]:
    cli.folder = folders.mktemp("report")
    fill(cli.folder, text, spoilt=True)
    done = cli.run("report", "--trace", "trace.json")
    assert done.status == 0, done.err
    page = cli.folder / done.out.strip()
    return page, hostile.elements(page.read_text(encoding="utf-8"))


def test_page_has_no_element_or_attribute_of_anyone_else(
    cli: CommandLine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page, found = pages(cli, tmp_path_factory, hostile.TEXT)

    plain = pages(cli, tmp_path_factory, "b")[1]
    assert set(found) == set(plain)
    ticks = {"g", "path", "use", "text"}  # as many as there is room for beside the names
    assert [key for key in found if found[key] != plain[key] and key[0] not in ticks] == []
    assert raw_bytes(page.read_bytes()) == []


@pytest.fixture(scope="module")
def browser(
    tmp_path_factory: pytest.TempPathFactory, scaled: Callable[[float], float]
) -> Iterator[Browser]:
    program = find_browser()
    if program is None:
        pytest.skip("no Chromium on the PATH")
    with Browser(program, tmp_path_factory.mktemp("profile"), scaled(90)) as browser:
        yield browser


def test_nothing_in_a_page_runs_or_is_fetched(
    cli: CommandLine, tmp_path_factory: pytest.TempPathFactory, browser: Browser
) -> None:
    page, _ = pages(cli, tmp_path_factory, hostile.TEXT)

    browser.open(page, width=1280, height=900, dark=False)

    assert browser.seen.console == []
    assert [url for url in browser.seen.requests if not url.startswith("data:")] == [
        page.resolve().as_uri()
    ]
    assert browser.value("document.querySelectorAll('script, [onerror], [onload]').length") == 0
    links = "[...document.querySelectorAll('[href]')].map(e => e.getAttribute('href'))"
    assert [link for link in browser.value(links) if not link.startswith(("#", "data:,"))] == []
