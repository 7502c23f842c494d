"""What nobody caught ends as an error for people, with a status of its own."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from pynodes.errors import BadValueError, PynodesError
from pynodes.failures import EXIT_FAULT, EXIT_REFUSED, explained
from pynodes.options.kinds import Number


def raised_by_ours() -> Exception:
    with pytest.raises(TypeError) as caught:
        Number("a number", 0, 1).parse(7)  # type: ignore[arg-type]
    return caught.value


def test_error_for_people_stays_as_it_is() -> None:
    error = BadValueError("no")

    assert explained(error) is error


@pytest.mark.parametrize(
    ("error", "what", "where"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "xx"), "File name too long", "xx"),
        (OSError(errno.EACCES, "Permission denied", b"\xff"), "Permission denied", "\udcff"),
        (OSError(errno.EXDEV, "No", Path("a"), None, Path("b")), "No", "a and b"),
        (OSError(errno.EIO, "Input/output error", 7), "Input/output error", ""),
        (OSError("odd"), "odd", ""),
        (FileNotFoundError(errno.ENOENT, "No such file"), "the current folder is gone", ""),
        (MemoryError(), "out of memory", ""),
        (MemoryError("for this"), "out of memory: for this", ""),
        (RuntimeError("can't start new thread"), "the system starts no further thread", ""),
        (ImportError("a\n\nlib.so: no room", name="lib"), "(lib): lib.so: no room", ""),
        (ImportError(), "cannot be loaded: ImportError", ""),
    ],
)
def test_what_the_system_refused_is_said_with_its_place(
    error: Exception, what: str, where: str
) -> None:
    found = explained(error)

    assert what in found.what
    assert found.where == where
    assert found.exit_code == EXIT_REFUSED


@pytest.mark.parametrize("error", [RecursionError("deep"), UnicodeError("x"), ValueError()])
def test_anything_else_is_a_fault_of_ours_that_asks_to_be_reported(error: Exception) -> None:
    found = explained(error)

    assert found.what.startswith(f"pynodes itself failed: {type(error).__name__}")
    assert "report it" in found.help
    assert found.exit_code == EXIT_FAULT


def test_place_is_the_innermost_line_of_ours() -> None:
    found = explained(raised_by_ours())

    file, _, line = found.where.partition(":")
    assert file == "pynodes/options/kinds.py"
    assert int(line) > 0
    assert found.detail == ""


def test_traceback_is_shown_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYNODES_TRACEBACK", "1")

    assert explained(raised_by_ours()).detail.startswith("Traceback (most recent call last)")


def test_every_errno_has_words() -> None:
    for code in errno.errorcode:
        found = explained(OSError(code, os.strerror(code), "place"))
        assert isinstance(found, PynodesError)
        assert found.what
