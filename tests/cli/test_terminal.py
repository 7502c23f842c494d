"""What reaches a terminal: no escape sequence but those of our own colours and bar."""

from __future__ import annotations

import json
import os
import sys

import pytest
from terminal import on_terminal, raw_bytes

from tests.cli.conftest import CommandLine

ODD = "\x1b[5;95mR\x1b]0;P\x07 \x9b2J \r \u202e \u2028 \ufffe \udcff \x1b[0m"
SHOWN = r"\x1b[5;95mR\x1b]0;P\x07 \x9b2J \r \u202e \u2028 \ufffe \xff \x1b[0m"

PRINTS = f"""
from pynodes.cli.console import Console

console = Console("always")
odd = {ODD!r}
console.out(console.style(odd, "good") + odd)
console.texts([odd, "\\n"])
console.note(odd)
console.error(odd, odd, odd, odd + "\\n::error::" + odd, odd)
console.forward(odd.encode("utf-8", "surrogateescape") + b"\\n")
console.json({{odd: odd}})
"""


def terminal_of(cli: CommandLine, *command: str | bytes) -> tuple[int, str]:
    """The command's status and what its terminal got, nothing raw in it."""
    status, got = on_terminal(command, cli.folder, cli.environ, cli.limit_s)
    assert raw_bytes(got) == []
    return status, got.decode()


def test_nothing_that_is_printed_is_raw_but_our_own_styles(cli: CommandLine) -> None:
    status, got = terminal_of(cli, sys.executable, "-c", PRINTS)

    assert status == 0
    assert f"\x1b[32m{SHOWN}\x1b[0m{SHOWN}\r\n" in got
    assert got.count(SHOWN) == 10
    forwarded = SHOWN.replace(r"\r", "\r\n")
    assert f"{forwarded}\r\n" in got
    assert r"\x3a:error::" in got


@pytest.mark.parametrize("bar", ["always", "never"])
def test_what_a_host_says_and_prints_is_printable_on_a_terminal(cli: CommandLine, bar: str) -> None:
    cli.host("hostile", FAKE_HOST_TEXT=json.dumps(ODD))
    status, got = terminal_of(
        cli, sys.executable, "-m", "pynodes", "render", "scene.py", "--size", "64x64",
        "--progress", bar,
    )  # fmt: skip

    assert status == 1
    assert got.count(r"\x1b]0;P\x07") >= 6


def test_what_a_node_prints_goes_into_a_pipe_as_it_is(cli: CommandLine) -> None:
    cli.host("hostile", FAKE_HOST_TEXT=json.dumps(ODD))

    assert cli.render().err.count("\x1b[5;95mR\x1b]0;P\x07") == 1


@pytest.mark.parametrize("name", [b"caf\xe9.py", b"\x1b]0;P\x07.py", "gpj.\u202e.py".encode()])
def test_a_scene_of_any_name_is_named_in_printable_text(cli: CommandLine, name: bytes) -> None:
    (cli.folder / "scene.py").rename(cli.folder / os.fsdecode(name))
    for arguments in ([], ["--json"], ["--progress", "always"], ["--bad"]):
        status, _ = terminal_of(
            cli, sys.executable, "-m", "pynodes", "render", name, "--size", "64x64", *arguments
        )
        assert status == (2 if "--bad" in arguments else 0)


def test_a_sweep_of_any_name_is_stored_and_shown(cli: CommandLine) -> None:
    name = os.fsdecode(b"caf\xe9\x1b]0;P\x07")
    (cli.folder / "scene.py").rename(cli.folder / f"{name}.py")
    swept = [f"{name}.py", "-t", "1,2", "--size", "64x64", "--repeat", "1"]
    for arguments in (
        ["sweep", *swept],
        ["sweep", *swept],
        ["results", "show", f"{name}-1"],
        ["results", "list", "--json"],
        ["results", "export", "--format", "json"],
        ["results", "export", "--format", "markdown"],
        ["report", f"{name}-1"],
    ):
        status, got = terminal_of(cli, sys.executable, "-m", "pynodes", *arguments)
        assert status == 0, got
        if "json" in arguments[-1]:
            json.dumps(json.loads(got), ensure_ascii=False).encode()
