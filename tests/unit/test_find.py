"""The host is found where an installer puts it, or where one is told to look."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import pytest

from pynodes.errors import HostMissingError, MismatchError
from pynodes.host import find


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Something that can be run: it prints its arguments, or fails when they say so."""
    path = tmp_path / "bin" / "pynodes-host"
    path.parent.mkdir()
    path.write_text(
        "#!/bin/sh\n"
        '[ "$1" = --nodes ] && { echo "error: no" >&2; echo "  help:  try yes" >&2; exit 10; }\n'
        '[ "$1" = --describe ] && { echo noise; echo \'{"word": "1"}\'; exit 0; }\n'
        'echo "$@"\n'
    )
    path.chmod(0o755)
    return path


def test_environment_names_the_host(program: Path) -> None:
    assert find.find_host({"PYNODES_HOST": str(program)}) == program


def test_environment_that_names_nothing_is_an_error_and_no_fallback(program: Path) -> None:
    environ = {"PYNODES_HOST": str(program / "none"), "PATH": str(program.parent)}

    with pytest.raises(HostMissingError) as caught:
        find.find_host(environ)

    assert "PYNODES_HOST" in caught.value.where


def test_host_on_the_path_is_the_last_resort(
    program: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(find, "_places", lambda: iter([tmp_path / "none"]))

    assert find.find_host({"PATH": str(program.parent)}) == program


def test_host_beside_this_python_comes_before_the_path(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(program.parent / "python3"))
    monkeypatch.setattr(sysconfig, "get_path", lambda *_: "/nowhere")

    assert find.find_host({"PATH": "/nowhere"}) == program


def test_host_that_is_nowhere_is_told_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "_places", lambda: iter([tmp_path]))

    with pytest.raises(HostMissingError) as caught:
        find.find_host({"PATH": str(tmp_path)})

    assert str(tmp_path) in caught.value.where
    assert "pip install" in caught.value.help
    assert caught.value.exit_code == 3


def test_word_of_another_version_does_not_match(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "package_version", lambda: "0.1.0")

    find.check_word("0.1.0", Path("host"))
    with pytest.raises(MismatchError, match=r"the host is 0\.2\.0, the package is 0\.1\.0"):
        find.check_word("0.2.0", Path("host"))
