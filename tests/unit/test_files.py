"""What people name is opened when it is a regular file, and read up to a size."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pynodes import files


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """One of each that is no regular file."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(tmp_path / "socket"))
        yield {
            "fifo": tmp_path / "fifo",
            "folder": tmp_path / "folder",
            "link": tmp_path / "link",
            "loop": tmp_path / "loop",
            "socket": tmp_path / "socket",
            "device": Path("/dev/zero"),
            "absent": tmp_path / "absent",
            "below a file": Path(__file__) / "x",
            "long": tmp_path / ("x" * 300),
            "very long": tmp_path / ("x" * 5000),
            "zero byte": tmp_path / "a\0b",
        }


WORDS = {
    "fifo": "it is a FIFO, not a regular file",
    "folder": "it is a folder, not a regular file",
    "link": "it is a FIFO, not a regular file",
    "loop": "Too many levels of symbolic links",
    "socket": "it is a socket, not a regular file",
    "device": "it is a device, not a regular file",
    "absent": "No such file or directory",
    "below a file": "No such file or directory",
    "long": "File name too long",
    "very long": "File name too long",
    "zero byte": "the name has a zero byte in it",
}


@pytest.mark.parametrize("name", WORDS)
def test_what_is_no_regular_file_is_refused_at_once_in_words(
    odd: dict[str, Path], name: str
) -> None:
    for attempt in (files.check, files.opened, lambda path: files.read(path, 1)):
        with pytest.raises(OSError, match=re.escape(WORDS[name])):
            attempt(odd[name])


def test_file_of_the_size_allowed_is_read_and_a_byte_more_is_not(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"abc" * (1 << 20))

    assert files.read(path, 3 << 20) == path.read_bytes()
    with pytest.raises(OSError, match="it has more than 2 MiB"):
        files.read(path, (3 << 20) - 1)


def test_file_that_does_not_say_how_large_it_is_is_bounded_too() -> None:
    path = "/proc/self/maps"
    assert os.stat(path).st_size == 0  # noqa: PTH116

    assert b"[stack]" in files.read(path, 1 << 20)
    with pytest.raises(OSError, match="it has more than"):
        files.read(path, 100)


def test_name_that_is_no_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff\xfe.py")
    path.write_bytes(b"x")

    assert files.read(path, 1) == b"x"


def test_kind_of_what_cannot_be_there_is_empty_and_of_what_cannot_be_asked_an_error(
    odd: dict[str, Path],
) -> None:
    assert files.kind_of(odd["absent"]) == ""
    assert files.kind_of(odd["below a file"]) == ""
    assert files.kind_of(odd["folder"]) == files.FOLDER
    with pytest.raises(OSError, match="too long"):
        files.kind_of(odd["long"])


def test_no_descriptor_is_left_open(odd: dict[str, Path]) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for name, path in odd.items():
        with pytest.raises(OSError, match=WORDS[name]):
            files.read(path, 1)

    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208
