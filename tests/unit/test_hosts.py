"""Hosts for other Pythons: which one is meant, what is said when there is none."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

import pynodes
from pynodes.errors import PynodesError
from pynodes.host import hosts
from pynodes.host.find import PROGRAM
from pynodes.host.hosts import Python, add, find_host_for, find_python, installed, matches, remove


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A home with nothing in it but a default host for 3.12.1."""
    found = {"HOME": str(tmp_path), "PATH": str(tmp_path / "bin")}
    found["PYNODES_HOST"] = str(program(tmp_path / "bin", "3.12.1"))
    monkeypatch.setattr("os.environ", found)
    return found


def program(folder: Path, python: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / PROGRAM
    said = (
        f"pynodes-host 0.1.0\\npython {python} (built with {python})\\ngil on\\ncompiler GCC 9\\n"
    )
    path.write_text(f"#!/bin/sh\nprintf '{said}'\n")
    path.chmod(0o755)
    return path


def cached(python: str) -> Path:
    return program(hosts.cache_folder() / python, python)


def interpreter(folder: Path, version: str, free_threaded: bool = False) -> Path:
    """A program that answers what `find_python` asks."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "python3"
    free = str(free_threaded).lower()
    said = f'{{"executable": "{path}", "version": "{version}", "free_threaded": {free}}}'
    path.write_text(f"#!/bin/sh\necho '{said}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("python", "wanted", "meant"),
    [
        ("3.13.0", "3.13", True),
        ("3.13.0", "3.13.0", True),
        ("3.13.0", "3.1", False),
        ("3.13.0", "3.13.1", False),
        ("3.13.5t", "3.13t", True),
        ("3.13.5t", "3.13", False),
        ("3.13.0", "3.13t", False),
    ],
)
def test_version_means(python: str, wanted: str, meant: bool) -> None:
    assert matches(python, wanted) is meant


def test_default_host_comes_first_then_the_newest(environ: dict[str, str]) -> None:
    for python in ("3.9.1", "3.13.0t", "3.13.0", "3.14.2"):
        cached(python)

    found = [host.python for host in installed()]

    assert found == ["3.12.1", "3.14.2", "3.13.0", "3.13.0t", "3.9.1"]
    assert [host.is_default for host in installed()] == [True] + [False] * 4


def test_host_is_found_by_python(environ: dict[str, str]) -> None:
    newer = cached("3.13.4t")

    assert find_host_for("3.13t") == newer
    assert find_host_for("3.12") == Path(environ["PYNODES_HOST"])
    assert find_host_for(None) == Path(environ["PYNODES_HOST"])


def test_unknown_python_is_answered_with_those_installed(environ: dict[str, str]) -> None:
    cached("3.13.4t")

    with pytest.raises(PynodesError, match=r"no host for Python 3\.13 is installed") as caught:
        find_host_for("3.13")

    assert caught.value.help == (
        "installed are 3.12.1, 3.13.4t; `pynodes hosts add 3.13` builds one"
    )


def test_broken_host_in_the_cache_is_left_out(environ: dict[str, str]) -> None:
    cached("3.13.4").write_text("#!/bin/sh\nexit 3\n")

    assert [host.python for host in installed()] == ["3.12.1"]


def test_python_is_found_among_those_of_pyenv(environ: dict[str, str]) -> None:
    versions = Path(environ["HOME"]) / ".pyenv" / "versions"
    interpreter(versions / "3.13.0" / "bin", "3.13.0")
    free = interpreter(versions / "3.13.5t" / "bin", "3.13.5", free_threaded=True)

    assert find_python("3.13t") == Python(free, "3.13.5t")
    assert find_python(str(free)).name == "3.13.5t"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("3.99", r"no Python 3\.99 was found"),
        ("nope", "'nope' is not a Python"),
        ("/no/such/python", "is not a Python that runs"),
    ],
)
def test_python_that_is_not_there_is_refused(
    environ: dict[str, str], wanted: str, words: str
) -> None:
    with pytest.raises(PynodesError, match=words) as caught:
        find_python(wanted)

    assert caught.value.help


def test_build_that_fails_tells_why_and_leaves_nothing(environ: dict[str, str]) -> None:
    tools = Path(environ["HOME"]) / "bin"
    for name in ("meson", "ninja"):
        tool = tools / name
        tool.write_text(
            "#!/bin/sh\necho 'a.build:1:2: ERROR: Problem encountered: no. Help: do'\nexit 1\n"
        )
        tool.chmod(0o755)
    before = hosts._tools
    hosts._tools = lambda: tools
    try:
        with pytest.raises(PynodesError) as caught:
            add(Python(Path(sys.executable), "3.13.0"))
    finally:
        hosts._tools = before

    assert caught.value.what == "the host for Python 3.13.0 cannot be built: no."
    assert caught.value.help == "do"
    assert list(hosts.cache_folder().iterdir()) == []


def test_host_is_removed_from_the_cache(environ: dict[str, str]) -> None:
    path = cached("3.13.0")
    cached("3.13.0t")

    assert remove("3.13") == ["3.13.0"]
    assert not path.exists()
    with pytest.raises(PynodesError, match=r"no host for Python 3\.13 is in the cache") as caught:
        remove("3.13")
    assert caught.value.help == "there are 3.13.0t"


def test_sources_that_an_installation_carries_are_whole() -> None:
    """What `meson.build` needs of the folder that it lies in."""
    carried = Path(pynodes.__path__[0]) / "_source"
    if not carried.is_dir():
        pytest.skip("this is no installation: the sources lie beside the package")
    needed = re.findall(r"files\('([\w/.]+)'\)", (carried / "meson.build").read_text("utf-8"))

    assert needed == ["tools/probe_python.py"]
    assert [name for name in needed if not (carried / name).is_file()] == []
    assert (carried / "host" / "meson.build").is_file()
