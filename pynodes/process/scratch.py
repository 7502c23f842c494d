"""Folders for what is needed while this process is at work, of which nothing outlives it.

A folder is removed whatever ends this process, SIGKILL too: a shell waits at a pipe whose other end
is this process's alone. Should that be killed as well, the next one that makes a folder in the same
place removes it: a folder is locked as long as its maker lives.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

_PREFIX = ".pynodes-"
_DIGITS = 16
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# What still runs may be putting files there.
_REMOVE = """
read -r _
n=0
while [ -e "$1" ] && [ $n -lt 50 ]; do rm -rf -- "$1" || sleep 0.1; n=$((n + 1)); done
"""
_cleared: set[Path] = set()


@contextmanager
def scratch(parent: Path | None = None, *, guard: bool = True) -> Iterator[Path]:
    """A folder of this user's alone, in `parent` or the temporary folder; its path is absolute.

    Args:
        guard: start the shell at once; who does not will enter `guarded`.

    Raises:
        OSError: it cannot be made.
    """
    if parent is None:
        import tempfile

        parent = Path(tempfile.gettempdir())
    where = Path(os.path.abspath(parent))  # noqa: PTH100
    if where not in _cleared:
        _clear(where)
        _cleared.add(where)
    path, lock = _made(where)
    try:
        with guarded(path) if guard else nullcontext():
            yield path
    finally:
        os.close(lock)  # first: to list a folder takes a descriptor, and this may be the last one
        _remove(path)


@contextmanager
def guarded(path: Path) -> Iterator[None]:
    """In the context a shell waits, to remove a folder should this process be killed."""
    ours = remover = None
    try:
        with suppress(OSError):  # too many files, or no memory: the next one removes it
            ours, remover = _begin_remover(path)
        yield
    finally:
        if ours is not None and remover is not None:
            if _remove(path):
                remover.kill()  # there is nothing left to do
            os.close(ours)
            remover.wait()


def _remove(path: Path) -> bool:
    """Remove a folder with all that is in it; whether it is gone."""
    try:
        for name in os.listdir(path):  # noqa: PTH208
            os.unlink(path / name)  # noqa: PTH108
        path.rmdir()
    except FileNotFoundError:
        pass
    except OSError:  # folders in it, or files that are just being put there
        from shutil import rmtree

        rmtree(path, ignore_errors=True)
    return not path.exists()


def _made(where: Path) -> tuple[Path, int]:
    """A new folder, and the descriptor by which it is locked."""
    while True:
        path = where / f"{_PREFIX}{os.urandom(_DIGITS // 2).hex()}"
        path.mkdir(0o700)
        try:
            path.chmod(0o700)  # whatever the umask
            lock = os.open(path, _OPEN)
        except FileNotFoundError:
            continue  # another one took it for left behind
        with suppress(OSError):  # a file system without locks: nobody takes it for left behind
            fcntl.flock(lock, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            if os.path.samestat(path.stat(), os.fstat(lock)):
                return path, lock
        os.close(lock)


def _clear(where: Path) -> None:
    """Remove what was left behind there: folders of this user's that nobody has locked."""
    try:
        with os.scandir(where) as entries:
            left = [entry.path for entry in entries if _is_ours(entry.name)]
    except OSError:
        return
    for path in left:
        with suppress(OSError):
            lock = os.open(path, _OPEN)
            try:
                if os.fstat(lock).st_uid == os.geteuid():
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(Path(path))
            finally:
                os.close(lock)


def _is_ours(name: str) -> bool:
    digits = name.removeprefix(_PREFIX)
    return digits != name and len(digits) == _DIGITS and not digits.strip("0123456789abcdef")


def _begin_remover(path: Path) -> tuple[int, subprocess.Popen[bytes]]:
    """Start the shell that waits; our end of its pipe."""
    theirs, ours = os.pipe()
    try:
        remover = subprocess.Popen(
            ["/bin/sh", "-c", _REMOVE, "sh", os.fspath(path)],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath},
            start_new_session=True,
        )
    except OSError:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    return ours, remover
