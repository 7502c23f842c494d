"""An option is one row: what follows from a row follows from one that is added here too."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest

from pynodes.cli.options import job_options
from pynodes.errors import BadValueError, PynodesError
from pynodes.host.find import find_host
from pynodes.model.job import Job
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import Number
from pynodes.options.rules import RULES
from pynodes.options.table import (
    PICTURE,
    HostOption,
    Row,
    host_options,
    option,
    rows_of,
    settings_of,
)
from pynodes.sweep.axes import axes_of
from pynodes.sweep.scene_plan import key_of_job, reference_of

ROOT = Path(__file__).resolve().parents[2]
SCENE = Path("scene.py")


@dataclass(frozen=True, slots=True)
class Dithered(Job):
    """A job with one option more."""

    dither: int = option(
        0,
        Number("a strength", 0, 9),
        "how strong pixels are dithered",
        group=PICTURE,
        example="3",
        changes_picture=True,
        on_one_thread=True,
        recorded=True,
        sweeps=99,
    )


ROWS = rows_of(Dithered)
ROW = next(row for row in ROWS if row.name == "dither")


def option_tables() -> ModuleType:
    folder = str(ROOT / "tools" / "make")
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module("option_tables")


def given(command: str, arguments: Sequence[str], rows: Sequence[Row] = ROWS) -> dict[str, Any]:
    """What a command with these options reads."""
    found: dict[str, Any] = {}

    @click.command()
    @job_options(command, rows)
    def read(**values: Any) -> None:
        found.update(values)

    read.main(list(arguments), standalone_mode=False)
    return found


# --- a row that is added ---


@pytest.mark.parametrize("command", ["render", "replay"])
def test_new_row_is_an_option_of_the_commands(command: str) -> None:
    values = given(command, ["--dither", "3"])

    assert Dithered(SCENE, **settings_of(values, ROWS)).dither == 3
    assert "dither" not in given("run", [])
    with pytest.raises(click.UsageError, match="'10' is not a strength"):
        given(command, ["--dither", "10"])


def test_new_row_is_checked() -> None:
    with pytest.raises(BadValueError, match="10 is not a strength") as caught:
        Dithered(SCENE, dither=10)

    assert (caught.value.where, caught.value.help) == ("dither", "write a whole number, 0 to 9")


def test_new_row_is_said_to_the_host() -> None:
    assert "--dither 3" in " ".join(Dithered(SCENE, dither=3).to_argv())
    assert HostOption("dither", "N", "0") in host_options(ROWS)


def test_new_row_is_in_the_again_line_unless_at_its_default() -> None:
    assert Dithered(SCENE, dither=3).again(7, 1).endswith("--only-tile 7 -t 1 --dither 3")
    assert "--dither" not in Dithered(SCENE).again(7, 1)


def test_new_row_is_an_axis_behind_those_there_are_and_before_threads() -> None:
    axes = axes_of(ROWS)

    assert [axis.name for axis in axes[-2:]] == ["dither", "threads"]
    assert axes[-2].kind.parse_several("0,2..3") == (0, 2, 3)
    assert axes[-2].settings(2) == {"dither": 2}


def test_new_row_is_part_of_what_pictures_are_held_against() -> None:
    assert reference_of(Dithered(SCENE, dither=3, threads=8)) == Dithered(
        SCENE, dither=3, threads=1, engine="shared"
    )


def test_new_row_at_its_default_leaves_the_keys_of_stored_sweeps() -> None:
    assert key_of_job(Dithered(SCENE)) == key_of_job(Job(SCENE))
    assert key_of_job(Dithered(SCENE, dither=3)) == {**key_of_job(Job(SCENE)), "dither": 3}


def test_new_row_is_in_the_record() -> None:
    record = Record.of_job(Verdict.OK, "finished", Dithered(SCENE, dither=3))

    assert record.options["dither"] == record.to_json()["dither"] == 3
    assert "options" not in record.to_json()


def test_new_row_is_in_the_tables_of_the_docs() -> None:
    texts = option_tables().option_texts(ROWS)

    assert "| `--dither N` | `0` | how strong pixels are dithered |\n" in texts["options-picture"]
    assert "| `--dither N,...` | numbers and ranges |\n" in texts["axes"]
    assert "`--dither N`" in texts["options-replay"] and "`dither`" in texts["recorded"]


# --- the rows there are ---


def test_every_field_but_the_scene_belongs_to_a_row() -> None:
    of_rows = {name for row in rows_of(Job) for name in row.fields}

    assert {each.name for each in fields(Job) if each.compare} - of_rows == {"scene"}


@pytest.mark.parametrize("row", rows_of(Job), ids=lambda row: row.name)
def test_example_of_a_row_is_read_and_written_and_is_not_the_default(row: Row) -> None:
    if not row.example:
        pytest.skip("a flag, a list or a file")
    value = row.kind.parse(row.example)

    assert value != row.default
    assert row.kind.parse_several(row.example) == (value,)
    assert row.kind.parse(row.kind.format(value)) == value
    row.kind.check(row.name, value)


def test_axes_have_places_of_their_own() -> None:
    places = [axis.sweeps for axis in axes_of(rows_of(Job))]

    assert len(set(places)) == len(places)


def test_rules_are_of_rows() -> None:
    assert {rule.where for rule in RULES} <= {row.name for row in rows_of(Job)}


def test_tables_of_the_docs_are_not_stale() -> None:
    try:
        find_host()
    except PynodesError as error:
        pytest.skip(f"no host: {error.what}")
    for page, text in option_tables().pages().items():
        assert page.read_text(encoding="utf-8") == text, "run tools/make/option_tables.py"
