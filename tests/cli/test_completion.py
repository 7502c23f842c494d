"""Completion: what a shell is answered, and the scripts in the shells that are here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pynodes.cli.commands import COMMANDS
from pynodes.cli.shells import SCRIPTS

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

BREAKS = " \t\n\"'@><=;|&(:"  # bash's own
SCENE = 'def build(params, frame): return params.get("scale", 4), params.get("sun", 1.5)\n'


def ask(cli: CommandLine, line: str, shell: str = "fish") -> list[tuple[str, ...]]:
    """Items as (kind, value, said)."""
    asked = {"_PYNODES_COMPLETE": shell, "PYNODES_COMPLETE_LINE": line}
    cli.environ |= {**asked, "PYNODES_COMPLETE_BREAKS": BREAKS}
    result = cli.run()
    assert (result.status, result.err) == (0, "")
    return [tuple(each.split("\t")) for each in result.out.splitlines()]


def values(cli: CommandLine, line: str, shell: str = "fish") -> list[str]:
    return [value for _, value, _ in ask(cli, line, shell)]


def test_commands_are_completed_with_what_they_do(cli: CommandLine) -> None:
    assert ask(cli, "pynodes ") == [
        ("word", name, entry.help if len(entry.help) <= 60 else entry.help[:57] + "...")
        for name, entry in COMMANDS.items()
    ]
    assert values(cli, "pynodes results ") == ["list", "show", "export", "merge", "prune"]
    assert values(cli, "pynodes help results ex") == ["export"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("pynodes render --eng", ["--engine"]),
        ("pynodes render --engine ", ["auto", "shared", "isolated", "process"]),
        ("pynodes render --engine=is", ["--engine=isolated"]),
        ("pynodes sweep scene.py --order hilbert,s", ["hilbert,scanline", "hilbert,spiral"]),
        ("pynodes sweep scene.py --turnstile a", ["all"]),
        ("pynodes render sc", ["scene.py", "scenes/"]),
        ("pynodes render scene.py --trace no", ["notes.txt"]),
        ("pynodes replay ", ["scenes/", "user.toml"]),
        ("pynodes template ", ["scenes/"]),
        ("pynodes render scene.py -D s", ["scale=", "sun="]),
        ("pynodes render scene.py -D sun=", ["sun=1.5"]),
        ("pynodes sweep scene.py -D sc", ["scale="]),
        ("pynodes nodes ti", ["Tilings"]),
        ("pynodes completion ", ["bash", "zsh", "fish"]),
        ("pynodes run a.py no", ["notes.txt"]),
        ("pynodes compare a --fail-if sp", ["speedup<"]),
        ("pynodes results show ", []),
        ("pynodes nope ", []),
        ("pynodes render none.py -D ", []),
        ("pynodes render 'sce", ["scene.py", "scenes/"]),
        ("", [*COMMANDS]),
    ],
)
def test_values_are_completed(cli: CommandLine, line: str, found: list[str]) -> None:
    cli.scene("scene.py", SCENE)
    (cli.folder / "bin").rename(cli.folder / ".bin")
    cli.environ["PYNODES_HOST"] = str(cli.folder / ".bin" / "pynodes-host")
    (cli.folder / "scenes").mkdir()
    for name in ("user.toml", "notes.txt"):
        (cli.folder / name).touch()

    assert values(cli, line) == found


def test_bash_gets_what_stands_behind_its_last_break(cli: CommandLine) -> None:
    assert values(cli, "pynodes render --engine=is", "bash") == ["isolated"]
    assert values(cli, "pynodes render --engine is", "bash") == ["isolated"]
    cli.scene("scene.py", SCENE)
    assert values(cli, "pynodes render scene.py -D sun=", "bash") == ["1.5"]


def test_a_scene_is_never_run(cli: CommandLine) -> None:
    cli.scene("scene.py", "open('ran', 'w')\n" + SCENE)

    assert values(cli, "pynodes render scene.py -D sc") == ["scale="]
    assert not (cli.folder / "ran").exists()


def test_a_host_that_does_not_answer_gives_nothing(cli: CommandLine) -> None:
    cli.environ["PYNODES_HOST"] = "/nowhere/host"

    assert ask(cli, "pynodes nodes ") == []


@pytest.mark.parametrize("shell", SCRIPTS)
def test_script_says_how_it_is_installed(cli: CommandLine, shell: str) -> None:
    result = cli.run("completion", shell)

    assert result.status == 0
    assert f"pynodes completion {shell} > ~/" in result.out


@pytest.mark.parametrize("shell", SCRIPTS)
def test_script_is_read_by_its_shell(cli: CommandLine, shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"no {shell}")
    done = subprocess.run([program, "-n"], input=SCRIPTS[shell], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_script_completes_in_bash(cli: CommandLine, tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("no bash")
    program = tmp_path / "bin" / "pynodes"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pynodes "$@"\n')
    program.chmod(0o755)
    line = "pynodes render --engine i"
    script = f"""{SCRIPTS["bash"]}
COMP_LINE='{line}' COMP_POINT={len(line)} COMP_WORDS=({line}) COMP_CWORD=3
_pynodes_completion pynodes i --engine 2>/dev/null
echo "${{COMPREPLY[*]}}"
"""

    done = subprocess.run(
        [bash, "--norc", "-c", script],
        env={**cli.environ, "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}"},
        cwd=cli.folder,
        capture_output=True,
        text=True,
        timeout=cli.limit_s,
    )

    assert done.stdout == "isolated\n", done.stderr
