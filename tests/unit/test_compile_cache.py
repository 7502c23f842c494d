"""The cache of compiled nodes: what a node depends on, and what is deleted."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import pytest

from pynodes.compile import cache
from pynodes.compile.fingerprint import Fingerprint, UnknownError

NODE = """
import math
import helper
SCALE = {scale}
TABLE = ((1.0, 2.0), (3.0, {last}))
UNUSED = {unused}
def twice(v):
    return v * {factor} * math.pi
class Tinted:
    rate = {rate}
    def __init__(self, tint):
        self.tint = tint
    def __call__(self):
        return twice(self.tint) * SCALE + self.other() + helper.bias + TABLE[0][0]
    def other(self):
        return self.rate
"""
USUAL = {"scale": 1, "last": 4.0, "unused": 1, "factor": 2, "rate": 0.5}


def text(folder: Path, tint: float = 0.5, bias: float = 1.0, **changed: Any) -> bytes:
    """The fingerprint of a node of that source."""
    path = folder / "tinted.py"
    path.write_text(NODE.replace("import helper", "").format(**{**USUAL, **changed}))
    spec = importlib.util.spec_from_file_location("tinted", path)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    helper: Any = type(os)("helper")
    helper.bias = bias
    module.helper = helper
    exec(compile(path.read_text(), path, "exec"), vars(module))
    return Fingerprint(module.Tinted(tint)).text()


def test_fingerprint_of_an_unchanged_node_is_the_same(tmp_path: Path) -> None:
    assert text(tmp_path) == text(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"tint": 0.25},
        {"bias": 2.0},
        {"scale": 1.0},
        {"last": -0.0},
        {"factor": 3},
        {"rate": 0.25},
        {"unused": 2},
    ],
    ids=lambda change: next(iter(change)),
)
def test_fingerprint_follows_what_the_call_reaches(tmp_path: Path, change: dict[str, Any]) -> None:
    assert text(tmp_path) != text(tmp_path, **change)


def test_fingerprint_of_a_call_without_code_is_unknown() -> None:
    class Node:
        __call__ = print

    with pytest.raises(UnknownError):
        Fingerprint(Node())


def test_prune_deletes_the_unused_and_then_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = Path(cache.folder())
    now = 1_000_000_000.0
    monkeypatch.setattr("time.time", lambda: now)
    for name, days in (("unused", 40), ("older", 9), ("newer", 2)):
        (folder / name).write_bytes(bytes(1000))
        os.utime(folder / name, (now, now - days * 86400))
    cache.prune(most=5000)
    assert sorted(each.name for each in folder.iterdir()) == ["newer", "older"]
    cache.prune(most=1500)
    assert [each.name for each in folder.iterdir()] == ["newer"]


def test_what_is_kept_is_found_while_its_library_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    library = tmp_path / "made.so"
    library.write_bytes(b"")
    path = cache.place("a node", "node")
    assert cache.Cache.found(path) is None
    cache.Cache.keep(path, (str(library), "", ("Ball",), "", "random()"))
    assert cache.Cache.found(path) == (str(library), "", ("Ball",), "", "random()")
    library.unlink()
    assert cache.Cache.found(path) is None
    cache.Cache.keep(path, ("", "line 3: a dict is not compiled", (), "", ""))
    assert cache.Cache.found(path) == ("", "line 3: a dict is not compiled", (), "", "")
