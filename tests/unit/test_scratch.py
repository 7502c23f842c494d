"""Scratch folders go with the process that made them, however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pynodes.process import procfs
from pynodes.process import scratch as module
from pynodes.process.scratch import scratch

MAKER = """
import sys
from pathlib import Path
from pynodes.process.scratch import scratch
with scratch(Path(sys.argv[1])) as folder:
    (folder / "frame.npy").write_bytes(bytes(1000))
    (folder / "below").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def maker(tmp_path: Path) -> subprocess.Popen[str]:
    """A process that has a folder, until its stdin ends."""
    return subprocess.Popen(
        [sys.executable, "-c", MAKER, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def folder_of(maker: subprocess.Popen[str]) -> Path:
    assert maker.stdout is not None
    return Path(maker.stdout.readline().strip())


def wait(condition: Callable[[], bool], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.01)


def test_folder_is_private_and_goes_when_it_is_left(tmp_path: Path) -> None:
    children = set(procfs.children_of(os.getpid()))
    with scratch(tmp_path) as folder:
        (folder / "a").touch()
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())
    assert set(procfs.children_of(os.getpid())) <= children


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_folder_goes_with_a_process_that_is_killed(
    number: signal.Signals,
    maker: subprocess.Popen[str],
    tmp_path: Path,
    scaled: Callable[[float], float],
) -> None:
    folder = folder_of(maker)
    assert folder.is_dir()
    started = list(procfs.children_of(maker.pid))
    maker.send_signal(number)
    maker.communicate(timeout=scaled(20))
    wait(lambda: not list(tmp_path.iterdir()), scaled(10))
    wait(lambda: not any(map(procfs.is_alive, started)), scaled(10))


def test_what_nobody_could_remove_is_removed_by_the_next(
    maker: subprocess.Popen[str], tmp_path: Path, scaled: Callable[[float], float]
) -> None:
    folder = folder_of(maker)
    for pid in procfs.children_of(maker.pid):  # the shell that waits
        os.kill(pid, signal.SIGKILL)
    maker.kill()
    maker.communicate(timeout=scaled(20))
    assert folder.is_dir()
    module._cleared.clear()
    with scratch(tmp_path) as mine:
        assert list(tmp_path.iterdir()) == [mine]


def test_folder_of_a_process_that_lives_is_left_alone(
    maker: subprocess.Popen[str], tmp_path: Path, scaled: Callable[[float], float]
) -> None:
    folder = folder_of(maker)
    module._cleared.clear()
    with scratch(tmp_path):
        assert (folder / "frame.npy").stat().st_size == 1000
    maker.communicate(timeout=scaled(20))
    assert not folder.exists()


def test_what_only_looks_like_one_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".pynodes-1").mkdir()
    (tmp_path / ".pynodes-0123456789abcdef").touch()
    (tmp_path / "kept").mkdir()
    (tmp_path / ".pynodes-fedcba9876543210").symlink_to(tmp_path / "kept")
    before = sorted(tmp_path.iterdir())
    module._cleared.clear()
    with scratch(tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives folders away")
def test_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs = tmp_path / ".pynodes-0123456789abcdef"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    module._cleared.clear()
    with scratch(tmp_path):
        assert theirs.is_dir()


def test_there_is_a_folder_without_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise OSError("too many open files")

    monkeypatch.setattr(module, "_begin_remover", refuse)
    with scratch(tmp_path) as folder:
        assert folder.is_dir()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a b", "-rf", "$(touch x)", "`x`", "a\nb", "\udcff"])
def test_odd_names_are_names(name: str, tmp_path: Path, scaled: Callable[[float], float]) -> None:
    parent = tmp_path / name
    parent.mkdir()
    with scratch(parent) as folder:
        ours, remover = module._begin_remover(folder)
        os.close(ours)
        assert remover.wait(scaled(10)) == 0
        assert not folder.exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_nothing_else_in_the_package_makes_temporary_files_with_names() -> None:
    package = Path(module.__file__).parents[1]
    named = re.compile(r"mkdtemp|mkstemp|NamedTemporary|TemporaryDirectory\((?!dir=request)")
    users = {path.parent.name: path for path in package.rglob("*.py") if named.search(text(path))}
    assert users.keys() <= {"_template"}, users


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_who_clears_takes_no_folder_from_who_makes_one(tmp_path: Path) -> None:
    made_all = threading.Event()

    def clear() -> None:
        while not made_all.is_set():
            module._clear(tmp_path)

    clearing = threading.Thread(target=clear)
    clearing.start()
    try:
        for _ in range(2000):
            path, lock = module._made(tmp_path)
            assert path.is_dir()
            os.close(lock)
    finally:
        made_all.set()
        clearing.join()
