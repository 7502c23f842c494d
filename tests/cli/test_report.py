"""`pynodes report` as it is typed: the page, the plots, and one clear message for what is wrong."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from stored_sweeps import races, scales, store_sweep

from pynodes.store.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine, Result

ENGINES: dict[str, list[Any]] = {"threads": [1, 2], "engine": ["shared", "isolated"]}
RACE: dict[str, list[Any]] = {"threads": [1, 2], "switch-interval": [1e-6, 1.0]}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two sweeps: `tilings-1` of engines, `ripples-2` of a race."""
    folder = tmp_path_factory.mktemp("results")
    store_sweep(folder / "pynodes.db", ENGINES, scales)
    store_sweep(folder / "pynodes.db", RACE, races, scene="ripples.py")
    return folder


@pytest.fixture
def project(cli: CommandLine, results: Path) -> CommandLine:
    """The command line in a copy of that folder, without matplotlib."""
    hide_matplotlib(cli)
    shutil.copytree(results, cli.folder, dirs_exist_ok=True)
    return cli


def test_report_of_the_latest_sweep_is_the_default(project: CommandLine) -> None:
    result = project.run("report")

    assert result.status == 0
    assert result.out == "report.html\n"
    assert "ripples-2: " in result.err
    html = (project.folder / "report.html").read_text(encoding="utf-8")
    assert "ripples: threads and switch interval" in html
    assert "tilings" not in html


def test_report_of_several_sweeps_has_a_chapter_each(project: CommandLine) -> None:
    result = project.run("report", "1", "ripples-2", "tilings-1", "-o", "both.html", "-q")

    assert result.status == 0
    html = (project.folder / "both.html").read_text(encoding="utf-8")
    assert html.count('<section class="chapter"') == 2
    assert "tilings-1: " not in result.err


def test_plots_go_beside_the_page(project: CommandLine) -> None:
    pytest.importorskip("matplotlib", reason="no matplotlib: extra plot is not installed")
    show_matplotlib(project)
    result = project.run("report", "--plots", "out", "--plot-format", "both")

    assert result.status == 0
    names = {path.name for path in (project.folder / "out").iterdir()}
    assert "ripples-2-speed-up.svg" in names
    assert "ripples-2-wrong-pixels-1-dark.png" in names
    assert len(names) == 12
    assert "12 plots in out" in result.err


def test_without_matplotlib_the_page_comes_with_a_warning(project: CommandLine) -> None:
    result = project.run("report")

    assert result.status == 0
    assert "warning: matplotlib is not installed: the page has tables" in result.err
    assert "pip install 'pynodes[plot]'" in result.err
    assert "<table" in (project.folder / "report.html").read_text(encoding="utf-8")


def test_plots_without_matplotlib_are_refused_before_anything(project: CommandLine) -> None:
    result = project.run("report", "--plots", "out")

    refused(result, 3, "plots need matplotlib")
    assert not (project.folder / "report.html").exists()


def test_page_by_another_suffix_is_refused_with_what_works(project: CommandLine) -> None:
    result = project.run("report", "-o", "sweep.PDF")

    refused(result, 2, "the page is HTML, and cannot be written as .PDF")
    assert "name it sweep.html, which a browser prints as PDF" in result.err
    assert not (project.folder / "sweep.PDF").exists()


def hide_matplotlib(cli: CommandLine) -> None:
    """A package of that name that does not load, in front of any other. It is quicker, too."""
    package = cli.folder / "hidden" / "matplotlib"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('not here')\n")
    path = cli.environ.get("PYTHONPATH")
    cli.environ["PYTHONPATH"] = f"{package.parent}:{path}" if path else str(package.parent)


def show_matplotlib(cli: CommandLine) -> None:
    (cli.folder / "hidden" / "matplotlib").rename(cli.folder / "hidden" / "nothing")


def missing(cli: CommandLine) -> None:
    (cli.folder / "pynodes.db").unlink()


def empty_file(cli: CommandLine) -> None:
    (cli.folder / "pynodes.db").write_bytes(b"")


def no_sweep(cli: CommandLine) -> None:
    (cli.folder / "pynodes.db").unlink()
    Store.create(cli.folder / "pynodes.db").close()


def newer(cli: CommandLine) -> None:
    with sqlite3.connect(cli.folder / "pynodes.db") as db:
        db.execute("PRAGMA user_version = 99")


def no_database(cli: CommandLine) -> None:
    (cli.folder / "pynodes.db").write_text("these are the results of last week\n")


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (missing, "there are no stored results"),
        (empty_file, "nothing is stored in this file yet"),
        (no_sweep, "no sweep is stored"),
        (newer, "these results are of schema 99"),
        (no_database, "this is not a file of results"),
    ],
)
def test_store_that_cannot_be_read_is_one_error(
    project: CommandLine, spoil: Callable[[CommandLine], None], what: str
) -> None:
    spoil(project)

    refused(project.run("report"), 3, what)
    assert not (project.folder / "report.html").exists()


def test_unknown_run_is_answered_with_near_misses(project: CommandLine) -> None:
    result = project.run("report", "tiling-1")

    refused(result, 3, "no sweep 'tiling-1' is stored")
    assert "did you mean tilings-1?" in result.err


@pytest.mark.parametrize("out", ["nowhere/report.html", "scene.py/report.html"])
def test_out_that_cannot_be_written_is_one_error(project: CommandLine, out: str) -> None:
    result = project.run("report", "-o", out)

    refused(result, 3, "cannot write the report")
    assert f"where: {out}" in result.err


def test_folder_as_out_is_usage(project: CommandLine) -> None:
    (project.folder / "folder").mkdir()

    refused(project.run("report", "-o", "folder"), 2, "is a folder")


def test_timeline_brings_no_sweep_along_that_was_not_named(project: CommandLine) -> None:
    spans = [{"ph": "X", "name": "tile", "ts": 0, "dur": 5, "pid": 1, "tid": 1, "cat": "native"}]
    lane = {"ph": "M", "name": "thread_name", "pid": 1, "tid": 1, "args": {"name": "render-0"}}
    (project.folder / "one.json").write_text(json.dumps({"traceEvents": [lane, *spans]}))

    alone = project.run("report", "--trace", "one.json", "-o", "alone.html")
    beside = project.run("report", "latest", "--trace", "one.json", "-o", "beside.html")

    assert (alone.status, beside.status) == (0, 0)
    pages = [(project.folder / f"{name}.html").read_text() for name in ("alone", "beside")]
    assert ["Timeline: one.json" in page for page in pages] == [True, True]
    assert ["ripples" in page for page in pages] == [False, True]
    assert "ripples" not in alone.err


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"traceEvents": 7}'])
def test_trace_that_is_none_is_one_error(project: CommandLine, text: str) -> None:
    (project.folder / "odd.json").write_text(text)

    result = project.run("report", "--trace", "odd.json")

    assert result.status != 0
    assert "odd.json" in result.err
    assert result.err.count("error: ") == 1
    assert "Traceback" not in result.err


def refused(result: Result, status: int, what: str) -> None:
    assert result.status == status, result.err
    assert f"{what}" in result.err
    assert result.err.count("error: ") == 1
    assert "Traceback" not in result.err
    assert result.out == ""
