"""The host's native nodes without the host, for tests of trees.

native_kinds.json is what `_pynodes.native_kinds()` gives.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pynodes.nodes import native

TABLE = Path(__file__).with_name("native_kinds.json")


@pytest.fixture(autouse=True)
def native_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for entry in json.loads(TABLE.read_text()):
        monkeypatch.setitem(native.TABLE, entry["name"], entry)
