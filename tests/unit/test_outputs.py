"""A result is written whole or not at all, and to streams as it comes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pynodes import outputs
from pynodes.errors import CannotStartError


def failing() -> Iterator[str]:
    yield "new"
    raise OSError(28, "No space left on device")


def test_failure_keeps_the_older_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    with pytest.raises(CannotStartError) as caught:
        outputs.write(path, failing())

    assert caught.value.what == "the file cannot be written: No space left on device"
    assert (caught.value.where, caught.value.help) == (
        str(path),
        "make room, or name another file",
    )
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_file_that_is_not_whole_is_in_no_folder(tmp_path: Path) -> None:
    """So that nothing is left of it by a SIGKILL."""
    with outputs.replacing(tmp_path / "a.png") as file:
        if outputs._unnamed(tmp_path) is None:
            pytest.skip("this file system has no files without names")
        file.write(b"half")
        file.flush()
        assert not list(tmp_path.iterdir())
        file.write(b" and half")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"half and half"]


def test_file_system_without_files_that_have_no_name_does_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "_unnamed", lambda folder: None)
    (tmp_path / "a.png").write_bytes(b"old")
    with outputs.replacing(tmp_path / "a.png") as file:
        file.write(b"new")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"new"]


def test_mode_and_target_of_a_link_stay(tmp_path: Path) -> None:
    path = tmp_path / "real.json"
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path)

    outputs.write(link, ["new"])

    assert link.is_symlink()
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("length", [255, 200])
def test_name_as_long_as_can_be_is_written(tmp_path: Path, length: int) -> None:
    path = tmp_path / ("x" * (length - 5) + ".json")

    outputs.write(path, ["{}"])

    assert path.read_text() == "{}"


def test_lone_surrogates_are_written_as_escapes(tmp_path: Path) -> None:
    outputs.write(tmp_path / "x", [os.fsdecode(b"\xff")])

    assert (tmp_path / "x").read_text() == "\\udcff"


def test_fifo_is_written_when_someone_reads_and_refused_otherwise(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(CannotStartError, match="a FIFO that nobody reads"):
        outputs.write(fifo, ["x"])

    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        outputs.write(fifo, ["some ", "text"])
        assert os.read(reader, 100) == b"some text"
    finally:
        os.close(reader)
    assert fifo.is_fifo()


def test_dev_null_stays_a_device() -> None:
    outputs.write(Path("/dev/null"), ["x"])

    assert Path("/dev/null").is_char_device()


def test_dev_stdout_adds_to_a_file_that_stdout_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("before\n")
    code = (
        "from pathlib import Path; from pynodes import outputs;"
        "outputs.write(Path('/dev/stdout'), ['text\\n'])"
    )
    with log.open("a") as stdout:
        subprocess.run([sys.executable, "-c", code], stdout=stdout, check=True, timeout=60)

    assert log.read_text() == "before\ntext\n"


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotStartError, match="it is a folder"):
        outputs.write(tmp_path, ["x"])


def test_folders_made_on_the_way_to_one_that_cannot_be_are_gone(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()

    with pytest.raises(OSError, match="too long"):
        outputs.make_folder(tmp_path / "there" / "a" / "b" / ("x" * 300))

    assert list(tmp_path.rglob("*")) == [tmp_path / "there"]
    outputs.make_folder(tmp_path / "there" / "a" / "b")
    assert (tmp_path / "there" / "a" / "b").is_dir()


@pytest.mark.parametrize("name", ["none/x", "folder", "fifo", "file/x"])
def test_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    os.mkfifo(tmp_path / "fifo")

    with pytest.raises(CannotStartError, match="cannot be written there"):
        outputs.check(tmp_path / name)
    outputs.check(tmp_path / "new")
    outputs.check(tmp_path / "file")
