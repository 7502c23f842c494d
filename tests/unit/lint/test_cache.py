"""What `pynodes lint` keeps of the files that it has read."""

from __future__ import annotations

import os
import pickle
import sysconfig
import time
import zlib
from pathlib import Path

import pytest

from pynodes.lint import reading
from pynodes.lint.cache import Cache
from pynodes.lint.graph import Unit
from pynodes.lint.sources import Source

pytest.importorskip("clang.cindex", reason="libclang is not installed: pip install pynodes[lint]")

FLAGS = ("-isystem", sysconfig.get_path("include"))
TEXT = '#include <Python.h>\n#include "own.h"\nvoid f(void) { own(); }\n'


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Source:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "f.c").write_text(TEXT)
    (tmp_path / "own.h").write_text("void own(void);\n")
    return Source(tmp_path / "f.c", FLAGS)


def kept() -> list[Path]:
    folder = Cache().folder
    assert folder is not None
    return list(folder.iterdir())


def read_again(source: Source, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a second run reads the file; it must find the same."""
    times: list[Source] = []

    def counted(each: Source) -> Unit:
        times.append(each)
        return reading._unit(each)

    first = reading.read([source], [])
    with monkeypatch.context() as context:
        context.setattr(reading, "_unit", counted)
        assert reading.read([source], []).text == first.text
    return bool(times)


def test_a_file_is_read_once(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not read_again(source, monkeypatch)
    assert not read_again(Source(source.path, FLAGS), monkeypatch)


def test_a_unit_comes_back_whole(source: Source) -> None:
    reading.read([source], [])
    found = Cache().get(source)

    assert found is not None
    assert found == reading._unit(source)


@pytest.mark.parametrize("name", ["f.c", "own.h"])
def test_a_file_is_read_anew_when_it_or_a_header_changes(source: Source, name: str) -> None:
    reading.read([source], [])
    path = source.path.with_name(name)
    before = path.stat()
    path.write_text(path.read_text().replace("own", "new"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # the content counts

    assert Cache().get(source) is None


def test_other_flags_are_another_reading(source: Source) -> None:
    reading.read([source], [])

    assert Cache().get(Source(source.path, (*FLAGS, "-DX"))) is None


def test_what_is_damaged_or_calls_something_is_read_anew(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hostile:
        def __reduce__(self) -> tuple[object, ...]:
            return os.mkdir, (str(tmp_path / "hostile"),)

    reading.read([source], [])
    (path,) = kept()
    head, _, packed = path.read_bytes().partition(b"\n\n")
    for bad in (packed[:-9], b"", zlib.compress(pickle.dumps(Hostile()))):
        path.write_bytes(head + b"\n\n" + bad)
        assert Cache().get(source) is None
    assert not (tmp_path / "hostile").exists()
    assert not read_again(source, monkeypatch)


def test_what_was_not_used_for_a_month_goes(source: Source) -> None:
    reading.read([source], [])
    (path,) = kept()
    old = path.with_name("old")
    old.write_bytes(b"x")
    os.utime(old, (time.time() - 31 * 24 * 3600,) * 2)
    Cache().prune()

    assert kept() == [path]


def test_a_folder_that_others_can_write_is_not_used(source: Source) -> None:
    folder = Cache().folder
    assert folder is not None
    folder.chmod(0o777)
    reading.read([source], [])

    assert Cache().folder is None
    assert not list(folder.iterdir())
