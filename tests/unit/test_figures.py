"""A figure is one row: everything that shows it follows, here and in the host."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pynodes
from pynodes.model.figures import (
    FIGURES,
    Figure,
    Fold,
    Shown,
    of_run,
    of_totals,
    table_differences,
    unknown,
)  # fmt: skip
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.store.model import CellDraft, Machine, RunDraft, SweepDraft, now
from pynodes.store.store import Store

ROOT = Path(__file__).resolve().parents[2]


def test_differences_between_the_tables_are_named() -> None:
    rows = [
        {"name": "wait", "unit": "ns", "of": "thread", "adds": "times"},
        {"name": "cpu_ns", "unit": "ns", "of": "frame", "adds": "sum"},
        {"name": "blinks", "unit": "", "of": "thread", "adds": "sum"},
    ]

    found = table_differences({"figures": rows})

    assert "the package has no 'blinks'" in found
    assert "the host has no 'python_ns'" in found
    assert [each for each in found if "'waits'" in each or "wait_p99" in each] == []
    assert [each for each in found if each.startswith("'cpu_ns' is")]


def test_keys_are_told_apart_wherever_they_are_shown() -> None:
    for where in (Shown.RECORD, Shown.THREAD, Shown.COLUMN | Shown.METRIC):
        keys = [row.key for row in FIGURES if row.shown & where]
        assert sorted(set(keys)) == sorted(keys)


def test_totals_become_seconds_and_numbers() -> None:
    found = of_totals({"python_ns": 1_500_000_000, "node_calls": 7, "beats": 0}, Shown.RECORD)

    assert (found["python_s"], found["node_calls"]) == (1.5, 7)
    assert found["cpu_s"] is None
    assert found["main_wait_p99_s"] is None


@pytest.mark.parametrize(
    ("fold", "values", "expected"),
    [
        (Fold.SUM, (1.0, 2.0), 3.0),
        (Fold.SUM, (1.0, None), None),
        (Fold.MAX, (1.0, None), 1.0),
        (Fold.MAX, (None, None), None),
    ],
)
def test_figures_of_frames_become_those_of_a_run(
    fold: Fold, values: tuple[float | None, ...], expected: float | None
) -> None:
    row = Figure("blinks_s", "s", "", fold=fold)

    assert row.of_run([{"blinks_s": value} for value in values]) == expected


def test_records_of_another_version_have_figures_that_are_not_known() -> None:
    found = of_run([{"render_s": 1.0}])

    assert (found["render_s"], found["cpu_s"], found["node_calls"]) == (1.0, None, 0)


# --- a row more ---

ROW = """
    Figure("blinks_s", "s", "how long threads blinked", "blinks_ns", shown=_EVERYWHERE),
"""
NEW = """
import json, sys
from pathlib import Path
from pynodes.export import csv, json as json_export
from pynodes.model import event, figures
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.store.model import RunDraft, now
from pynodes.store.read import StoreReader
from pynodes.store.store import Store

path = Path(sys.argv[1])
with StoreReader.open(path) as old:
    before = [sample.figures["blinks_s"] for sample in old.sweep(1).samples]
line = {"ev": "frame", "frame": 1, "tiles": 1, "render_ns": 5, "blinks_ns": 1500000000}
totals = event.parse(json.dumps(line).encode()).totals
record = Record(Verdict.OK, "", figures=figures.of_totals(totals, figures.Shown.RECORD)).to_json()
thread = figures.of_totals(totals, figures.Shown.THREAD)
with Store.create(path) as store:
    store.put_sample(1, 1, RunDraft(2, now(), Verdict.OK, "", 1.0, "", [record, record]))
    sweep = store.sweep(1)
exported = json.loads("".join(json_export.export([sweep], "blinks_s")))
print(json.dumps({
    "before": before,
    "record": record["blinks_s"],
    "thread": thread["blinks_s"],
    "metric": exported["metrics"]["blinks_s"],
    "samples": [each["blinks_s"] for each in exported["sweeps"][0]["cells"][0]["samples"]],
    "csv": [line.split(",") for line in csv.export([sweep])],
}))
"""


def test_a_row_more_is_everywhere(tmp_path: Path) -> None:
    """A copy of the package with one row goes on with results that were stored without it."""
    database = tmp_path / "pynodes.db"
    with Store.create(database) as store:
        machine = Machine("k", "box", {})
        sweep = store.begin_sweep(SweepDraft("k", "s", None, machine, "1", None, (), {}))
        session = store.begin_session(sweep, "", {})
        cell = store.put_cells(sweep, [CellDraft("c", 0, {}, {}, {}, "ref")])["c"]
        record = Record(Verdict.OK, "", figures={**unknown(), "render_s": 1.0}).to_json()
        draft = RunDraft(1, now(), Verdict.OK, "", 1.0, "", [record])
        assert store.put_sample(cell, session, draft)
    package = tmp_path / "pynodes"
    ignored = shutil.ignore_patterns("__pycache__", "_source", "_template")
    shutil.copytree(Path(pynodes.__file__).parent, package, ignore=ignored)
    shutil.copytree(ROOT / "docs", tmp_path / "docs", ignore=shutil.ignore_patterns("pictures"))
    shutil.copytree(ROOT / "tools" / "make", tmp_path / "tools" / "make")
    table = package / "model" / "figures.py"
    text = table.read_text(encoding="utf-8")
    table.write_text(text.replace("FIGURES = (\n", f"FIGURES = ({ROW}", 1), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, "-c", NEW, database],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["before"] == [None]
    assert (found["record"], found["thread"]) == (1.5, 1.5)
    assert found["metric"] == {"unit": "s", "definition": "how long threads blinked"}
    assert found["samples"] == [None, 3.0]
    head, *lines = found["csv"]
    assert [line[head.index("blinks_s")] for line in lines] == ["", "3.0"]
    script = tmp_path / "tools" / "make" / "figure_tables.py"
    written = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=True
    )
    assert written.stdout == "docs/figures.md written\n"
    line = "| `blinks_s` | `blinks_ns` | s | threads |"
    assert line in (tmp_path / "docs" / "figures.md").read_text(encoding="utf-8")


def test_tables_in_docs_are_fresh() -> None:
    script = ROOT / "tools" / "make" / "figure_tables.py"
    done = subprocess.run(
        [sys.executable, script, "--check"], capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout + done.stderr == "", "python3 tools/make/figure_tables.py writes them"
