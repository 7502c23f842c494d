"""Recorded evidence of tests/unit/diagnose, and its one form: a frame, an object, a call a line.

    python3 tests/support/recordings.py [FILE...]

writes recordings in that form: those given, else all that there are. A recording is an
`evidence-N.json` of pynodes-runs under the name of its program and its Python.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent.parent / "unit" / "diagnose" / "evidence"
_WIDTH = 160


def recorded(name: str) -> dict[str, Any]:
    """The raw values of a recording, as a collector wrote them."""
    raw = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    assert isinstance(raw, dict)
    return raw


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def text_of(value: Any, indent: int = 0) -> str:
    """JSON with a line for what holds nothing but plain values, or is short."""
    short = json.dumps(value, ensure_ascii=False)
    is_plain = isinstance(value, dict) and not any(
        isinstance(v, dict | list) for v in value.values()
    )
    if not isinstance(value, dict | list) or is_plain or indent + len(short) <= _WIDTH:
        return short
    keys = [f"{json.dumps(key)}: " for key in value] if isinstance(value, dict) else None
    values = list(value.values()) if isinstance(value, dict) else value
    lines = [
        " " * (indent + 1) + (keys[i] if keys else "") + text_of(item, indent + 1)
        for i, item in enumerate(values)
    ]
    begin, end = "{}" if keys else "[]"
    return begin + "\n" + ",\n".join(lines) + "\n" + " " * indent + end


def main(files: list[str]) -> None:
    for path in map(Path, files) if files else FOLDER.glob("*.json"):
        raw = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(text_of(raw) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
