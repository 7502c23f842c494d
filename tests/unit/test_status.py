"""The status page of a dead host is read, whatever state it is in."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest

from pynodes.host.status import Slot, read_status

HEADER = struct.pack("=8sII48x", b"PNSTAT1\0", 2, 64)
IDLE = struct.pack("=6iQ32x", -1, -1, 0, 0, 0, 0, 0)
BUSY = struct.pack("=6iQ32x", 37, 1, 12, 40, 3, 2, 999)


def test_status_lists_threads_that_have_a_tile(tmp_path: Path) -> None:
    (tmp_path / "status").write_bytes(HEADER + IDLE + BUSY)

    assert read_status(tmp_path / "status") == (Slot(1, 37, 1, 12, 40, 3, 2, 999),)


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 192, HEADER, HEADER + BUSY[:10]])
def test_status_that_is_damaged_is_empty(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "status").write_bytes(data)

    assert read_status(tmp_path / "status") == ()


def test_status_that_is_missing_is_empty(tmp_path: Path) -> None:
    assert read_status(tmp_path / "status") == ()


def test_status_page_that_is_no_file_or_endless_is_empty(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "large").open("wb") as file:
        file.write(HEADER)
        file.truncate(1 << 40)

    assert read_status(tmp_path / "fifo") == ()
    assert read_status(tmp_path / "large") == ()
