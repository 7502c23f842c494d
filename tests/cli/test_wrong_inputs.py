"""Every wrong input is one clear message with the right status, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from wrong_inputs import Wrong, make_world, wrong_inputs

from pynodes.cli import main
from pynodes.errors import CannotStartError
from pynodes.host.find import find_host

LIMIT_S = 30.0
INPUTS = wrong_inputs()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that inputs are typed in; none of them may change it."""
    try:
        find_host()
    except CannotStartError:
        pytest.skip("no host: it was not built here")
    folder = tmp_path_factory.mktemp("world") / "here"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # a socket's path is short
        make_world(folder)
    return folder


@pytest.fixture
def scratch(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files; the current folder is the world."""
    monkeypatch.chdir(world)
    monkeypatch.setenv("TMPDIR", os.fspath(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def contents(folder: Path) -> set[tuple[str, int, int]]:
    """Names, sizes and times of all that is in a folder."""
    facts = ((path, path.lstat()) for path in folder.rglob("*"))
    return {(str(path), each.st_size, each.st_mtime_ns) for path, each in facts}


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Fail where something waits for ever, as for a FIFO."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not ended after {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def shown(wrong: Wrong) -> str:
    return wrong.line if len(wrong.line) < 60 else f"{wrong.line[:57]}..."


@pytest.mark.parametrize("wrong", INPUTS, ids=shown)
def test_wrong_input_is_one_message_with_its_status(
    wrong: Wrong,
    world: Path,
    scratch: Path,
    capfd: pytest.CaptureFixture[str],
    scaled: Callable[[float], float],
) -> None:
    before, open_before = contents(world), descriptors()

    with ended_after(scaled(LIMIT_S)):
        status = main(wrong.argv)

    out, err = capfd.readouterr()
    lines = err.splitlines()
    assert status == wrong.status, err
    assert sum(line.startswith("error: ") for line in lines) == 1, err
    assert wrong.words in err
    assert out == ""
    assert max(map(len, lines)) < 1000  # nothing long is repeated whole
    assert "pynodes itself failed" not in err
    assert "/pynodes/cli/" not in err  # no traceback of ours
    assert not any("Warning" in line for line in lines)
    assert contents(world) == before
    assert list(scratch.iterdir()) == []
    assert descriptors() == open_before


def test_there_are_many_of_them_for_every_command() -> None:
    commands = [wrong.argv[0] for wrong in INPUTS]

    assert len(INPUTS) >= 214
    for name in ("render", "sweep", "results", "compare", "report", "run", "replay", "diagnose"):
        assert commands.count(name) >= 20
    for name in ("nodes", "hosts", "repro", "template", "doctor"):
        assert commands.count(name) >= 10
