"""Replays: TOML files, read and flattened for the host."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pynodes.replay.flat import flat
from pynodes.replay.replay import read_replay

ROOT = Path(__file__).resolve().parents[3]


def seeds(folder: Path) -> Sequence[bytes]:
    """The replays of scripts/replays, with the scripts that they name where they look for them."""
    found = sorted((ROOT / "scripts" / "replays").glob("*.toml"))
    return [path.read_bytes().replace(b'"../', f'"{ROOT}/scripts/'.encode()) for path in found]


def read(data: bytes, folder: Path) -> None:
    """Read, and written as the host gets it."""
    path = folder / "replay.toml"
    path.write_bytes(data)
    flat(read_replay(path), rounds=2, seed=1).encode()
