"""The host's native nodes without the host (see tests/unit/nodes/native_kinds.json)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pynodes.nodes import native

TABLE = Path(__file__).parent.parent / "nodes" / "native_kinds.json"


@pytest.fixture(autouse=True)
def native_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in json.loads(TABLE.read_text()):
        monkeypatch.setitem(native.TABLE, entry["name"], entry)
