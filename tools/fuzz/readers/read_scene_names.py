"""Scenes, as completion looks into them for what `-D` can name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pynodes.cli.scene_names import scene_names

ROOT = Path(__file__).resolve().parents[3]


def seeds(folder: Path) -> Sequence[bytes]:
    """The scenes and nodes of scripts."""
    found = sorted((ROOT / "scripts").glob("[ns]*/*.py"))
    return [path.read_bytes() for path in found]


def read(data: bytes, folder: Path) -> None:
    """Whatever it is, it has names or none."""
    path = folder / "scene.py"
    path.write_bytes(data)
    scene_names(path)
