"""What the host prints by itself, without a reader of its events: the package's filter, in C."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import hostile
import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene
from terminal import on_terminal, raw_bytes

from pynodes import printable

EVERY = "''.join(c for c in map(chr, range(0x110000)) if not 0xD800 <= ord(c) < 0xE000)"
NAMES = [b"caf\xe9.py", b"\x1b]0;P\x07\x9b.py", "gpj.\u202e\u2028.py".encode(), b"a\r\nerror: b.py"]


def host_said(folder: Path, scene: str | bytes, *flags: str) -> str:
    """The stderr of a host that has no reader of its events."""
    command = [find_host(), "--size", "64x64", "--samples", "1", "--out", "o.npy", *flags, scene]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=60 * SCALE, check=False)
    assert done.returncode != 0
    return done.stderr.decode()


def test_host_escapes_the_same_characters_as_the_package(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(f"raise ValueError({EVERY})\n")

    said = host_said(tmp_path, "scene.py")

    assert said.count("\n  ValueError: ") == 1
    shown = said.partition("\n  ValueError: ")[2].rstrip("\n").replace("\n  ", "\n")
    every = "".join(chr(c) for c in range(1, sys.maxunicode + 1) if not 0xD800 <= c < 0xE000)
    assert shown == r"\x00" + printable.text(every)


@pytest.mark.parametrize("name", NAMES)
def test_host_names_a_scene_of_any_name_in_printable_text(tmp_path: Path, name: bytes) -> None:
    (tmp_path / os.fsdecode(name)).write_text("1 / 0\n")

    said = host_said(tmp_path, name)

    assert printable.text(said) == said
    assert said.startswith("error: ZeroDivisionError")
    assert "\nerror:" not in said


def test_host_prints_a_node_error_in_the_same_form(tmp_path: Path) -> None:
    call = r"raise ValueError('\x1b]0;P\x07\n  help: none \u202e')"
    (tmp_path / "scene.py").write_text(flat_scene(call))

    said = host_said(tmp_path, "scene.py", "--threads", "1", "--engine", "shared")

    assert printable.text(said) == said
    assert said.startswith("error: ValueError: \\x1b]0;P\\x07\n         help: none \\u202e\n")
    assert "\n  where: node Probe, pixel (" in said
    assert "\n  help:  fix the node's __call__" in said


NODE = f"""
from pynodes.nodes import Node, Socket
class Odd(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]
    def __call__(self):
        print({hostile.TEXT!r}, flush=True)
        raise ValueError({hostile.TEXT + hostile.LONG + "NUL"!r}.replace("NUL", "\\0\\udcff"))
Odd.__name__ = Odd.__qualname__ = "Odd" + {hostile.TERMINAL!r}
Odd.__doc__ = {hostile.TEXT!r}
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["render", "odd.py", "--size", "32x24", "--progress", "always"],
        ["render", "odd.py", "--size", "32x24", "--engine", "process", "--progress", "never"],
        ["render", "odd.py", "--size", "32x24", "--json", "-o", f"o{hostile.TERMINAL}.png"],
        ["render", "odd.py", "--size", "32x24", "--pixel", "16,12"],
        ["nodes", "--file", "odd.py"],
        ["nodes", "--file", "odd.py", f"Odd{hostile.TERMINAL}"],
    ],
    ids=lambda words: "-".join(words)[:40],
)
def test_nothing_of_a_node_reaches_a_terminal_raw(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "odd.py").write_text(NODE)
    command = [sys.executable, "-m", "pynodes", *arguments]

    status, got = on_terminal(command, tmp_path, os.environ, 60 * SCALE)

    assert raw_bytes(got) == []
    assert status == (1 if arguments[0] == "render" else 0), got[-2000:]
    assert rb"\x1b]0;P\x07" in got or rb"\u001b]0;P\u0007" in got
