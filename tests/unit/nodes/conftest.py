"""The host's native nodes without the host, and scripts as files.

native_kinds.json is what `_pynodes.native_kinds()` gives.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pynodes.nodes import native

Write = Callable[[str], str]

TABLE = Path(__file__).with_name("native_kinds.json")


@pytest.fixture(autouse=True)
def native_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in json.loads(TABLE.read_text()):
        monkeypatch.setitem(native.TABLE, entry["name"], entry)


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a script and return its path."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))

    def write(text: str) -> str:
        path = tmp_path / "thing.py"
        path.write_text(text)
        return str(path)

    return write
