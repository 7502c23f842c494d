"""docs/results.md holds for the code: the schema's version, warnings, the query, options."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import click
import pytest

import pynodes.sweep.warn
from pynodes.cli.group import group
from pynodes.store.schema import APPLICATION_ID, SCHEMA, TABLES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "results.md"


def test_version_of_the_schema_is_in_docs() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert f"now {SCHEMA};" in text
    assert f"`{APPLICATION_ID:#x}`" in text


def test_warnings_in_docs_equal_the_code() -> None:
    source = Path(pynodes.sweep.warn.__file__).read_text(encoding="utf-8")
    kinds = set(re.findall(r"(?:Caution|_about)\(\s*\"([a-z-]+)\"", source))
    table = PAGE.read_text(encoding="utf-8").split("## Warnings")[1].split("\n## ")[0]
    told = {
        word
        for line in table.splitlines()[4:]
        if line.startswith("|")
        for word in re.findall(r"`([a-z-]+)`", line.split("|")[1])
    }

    assert kinds <= told
    verdicts = {"crash", "hang", "cannot-start", "failed", "wrong-image", "wrong-output"}
    assert told - kinds == {*verdicts, "node-error"}


def test_query_in_docs_runs() -> None:
    query = PAGE.read_text(encoding="utf-8").split("```sql\n")[1].split("```")[0]
    with closing(sqlite3.connect(":memory:")) as db:
        for statement in TABLES:
            db.execute(statement)

        assert db.execute(query).fetchall() == []


@pytest.mark.parametrize("name", ["results", "hosts"])
def test_every_option_of_a_subcommand_is_in_docs(name: str) -> None:
    command = group.get_command(click.Context(group), name)
    assert isinstance(command, click.Group)
    text = (PAGE.parent / "command-line.md").read_text(encoding="utf-8")
    section = text.split(f"## `pynodes {name}`")[1].split("\n## ")[0]

    for inner, found in command.commands.items():
        assert f"`pynodes {name} {inner}" in section
        options = [param for param in found.params if isinstance(param, click.Option)]
        spelt = [word for option in options for word in option.opts]
        assert [word for word in spelt if f"`{word}" not in section] == []
