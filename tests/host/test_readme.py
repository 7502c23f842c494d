"""The README's tour: its files, its commands, and what it shows of what they print."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from host_runner import run_command

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
NODES = (Path(__file__).resolve().parents[2] / "docs" / "nodes.md").read_text(encoding="utf-8")
TOUR = README.split("## Five minutes")[1].split("\n## ")[0]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What differs from run to run and from machine to machine.
VARIES = re.compile(
    r", thread \d+|tile \d+| --engine \w+|^ +[~^]+ *$|/\S*/(?=rings\.py)", re.MULTILINE
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the files that one is to save."""
    for name in ("rings.py", "log.py"):
        source = re.search(rf"`{name}`.*?^```python\n(.*?)^```$", TOUR, re.MULTILINE | re.DOTALL)
        assert source is not None
        (tmp_path / name).write_text(source[1], encoding="utf-8")
    return tmp_path


def section(title: str) -> list[tuple[str, str]]:
    """Language and text of the blocks below a bold title."""
    return BLOCK.findall(TOUR.split(f"**{title}")[1].split("\n**")[0])


def words(line: str) -> list[str]:
    return shlex.split(line.removeprefix("$ "))[1:]


def checksum(out: str) -> str:
    (found,) = re.findall(r"^  sha256  (\w+)$", out, re.MULTILINE)
    return str(found)


def test_first_picture_is_the_one_whose_sum_is_printed(folder: Path) -> None:
    ((_, text),) = section("Render it.")
    command, _, printed = text.partition("\n")

    done = run_command(folder, *words(command))

    assert done.returncode == 0, done.stderr
    assert checksum(done.stdout) == checksum(printed)
    rows = [line.split()[0] for line in done.stdout.splitlines()]
    if "waits" in rows:  # threads share a GIL: before Python 3.12
        rows.remove("waits")
    assert rows == [line.split()[0] for line in printed.splitlines()]


def test_another_way_gives_the_same_picture(folder: Path) -> None:
    commands = [
        text for title in ("Use it", "Run it another way.") for kind, text in section(title)
        if kind == "sh"
    ]  # fmt: skip
    assert len(commands) == 2

    sums = {checksum(run_command(folder, *words(command)).stdout) for command in commands}

    assert len(sums) == 1


@pytest.mark.parametrize("page", [TOUR, NODES], ids=["README.md", "nodes.md"])
def test_broken_node_prints_what_is_shown(folder: Path, page: str) -> None:
    (text,) = [text for _, text in BLOCK.findall(page) if "error: AttributeError" in text]
    command, _, printed = text.partition("\n")
    source = (folder / "rings.py").read_text()
    (folder / "rings.py").write_text(source.replace("self.input.Rings", "self.input.Ring"))

    done = run_command(folder, *words(command))

    assert done.returncode == 1
    said = VARIES.sub("", done.stderr + done.stdout).splitlines()
    shown = VARIES.sub("", printed).splitlines()
    assert [line for line in shown if line not in said] == []
