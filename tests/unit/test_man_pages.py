"""Man pages: one for each command, with all of its help, and nothing that troff warns of."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from pynodes.cli.commands import COMMANDS
from pynodes.cli.group import group

TOOL = Path(__file__).resolve().parents[2] / "tools" / "make" / "man_pages.py"


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, str(TOOL), *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("man1")
    run("1.2.3", str(made))
    return made


def plain(text: str) -> str:
    """What troff shows, as far as words go."""
    text = re.sub(r"\\f[BIR]", "", text)
    for code, sign in ((r"\-", "-"), (r"\(aq", "'"), (r"\(ga", "`"), (r"\e", "\\"), (r"\&", "")):
        text = text.replace(code, sign)
    return text


def test_names_are_those_that_are_written(folder: Path) -> None:
    listed = run("--names").split()

    assert sorted(listed) == sorted(path.name for path in folder.iterdir())
    assert listed == ["pynodes.1", *(f"pynodes-{name}.1" for name in COMMANDS)]


def test_top_page_names_every_command(folder: Path) -> None:
    text = plain((folder / "pynodes.1").read_text())

    assert '.TH PYNODES 1 "" "pynodes 1.2.3"' in text
    for name, entry in COMMANDS.items():
        assert f"pynodes-{name}(1)\n{entry.help}\n" in text


@pytest.mark.parametrize("name", COMMANDS)
def test_page_has_every_option_and_example(folder: Path, name: str) -> None:
    text = plain((folder / f"pynodes-{name}.1").read_text())
    command = group.get_command(click.Context(group), name)
    assert command is not None

    for part in [command, *getattr(command, "commands", {}).values()]:
        for line, said in getattr(part, "examples", ()):
            assert f"{line}\n{said}\n" in text
        for param in part.params:
            if isinstance(param, click.Option):
                assert all(f"{each}" in text for each in param.opts)
    assert f".SH NAME\npynodes-{name} - {COMMANDS[name].help.rstrip('.')}\n" in text


def test_pages_say_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    run("1.2.3", str(tmp_path))

    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes()


def test_pages_give_troff_no_reason_to_warn(folder: Path) -> None:
    groff = shutil.which("groff")
    if groff is None:
        pytest.skip("no groff")
    pages = sorted(map(str, folder.iterdir()))

    done = subprocess.run(
        [groff, "-man", "-Tutf8", "-rLL=80n", "-ww", "-z", *pages],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
