"""Configuration files, as the settings of a command."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from pynodes.cli.group import group
from pynodes.cli.settings import Misconfigured, settings_of
from pynodes.errors import BadValueError

_WHOLE = b"""[render]
threads = 8
size = "960x720"
quiet = true
frames = "1..10:3,20"
out = "pictures/#.png"
switch-interval = 0.01

[render.define]
scale = [1, 2.5]
name = 'red'

[results.show]
'metric' = '''
wall_s'''
"""


def seeds(folder: Path) -> Sequence[bytes]:
    """The same as a file of its own, and within a pyproject.toml."""
    return [
        _WHOLE,
        _WHOLE.replace(b"\n[", b"\n[tool.pynodes.").replace(b"[r", b"[tool.pynodes.r", 1),
    ]


def read(data: bytes, folder: Path) -> None:
    """What is wrong with a setting is a usage error, which is a refusal."""
    os.environ["XDG_CONFIG_HOME"] = os.devnull
    os.chdir(folder)
    root = click.Context(group, info_name="pynodes")
    command = group.get_command(root, "render")
    assert command is not None
    path = folder / ("pyproject.toml" if b"[tool" in data else "pynodes.toml")
    path.write_bytes(data)
    try:
        settings_of(click.Context(command, parent=root, info_name="render"))
    except Misconfigured as error:
        raise BadValueError(error.message, error.where, error.help) from None
    finally:
        path.unlink()
