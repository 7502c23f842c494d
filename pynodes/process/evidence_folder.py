"""Where evidence is kept: folders of this user's alone, made when there is something to keep.

Evidence holds stacks, arguments and what programs printed. So nobody else may read it, and no
folder is used that somebody else could have laid there.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

RUNS = "pynodes-runs"
NOT_KEPT = "the evidence was not kept"
_NAME_CHARS = 40


def new_folder(name: str) -> Path:
    """Where the evidence of one run goes, should there be any; nothing is made.

    It is under `pynodes-runs` here. Where that is not a folder of this user's, or nothing can be
    written, it is in the temporary folder, under a name that nobody knows beforehand.
    """
    root = Path(RUNS)
    if not _is_usable(root):
        from tempfile import gettempdir

        with suppress(OSError):  # there is no temporary folder either: `keep` will say so
            root = Path(gettempdir()) / f"{RUNS}-{os.urandom(8).hex()}"
    name = "".join(c if c.isalnum() or c in "_.-" else "_" for c in name[:_NAME_CHARS])
    return root / f"{time.strftime('%Y%m%d-%H%M%S')}-{name}-{os.urandom(2).hex()}"


def own_folder(path: Path) -> None:
    """Make a folder that this user alone may enter; one that is there must be this user's.

    Raises:
        OSError: it cannot be made, is no folder, or belongs to somebody else.
    """
    _make(path)
    _check(path.lstat(), path)


def keep(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files, by name, into a folder that is made with those above it where missing.

    What cannot be written whole is not left there, and no empty folder either.

    Raises:
        OSError: one of them could not be written; those before it are there.
    """
    for above in reversed(folder.parents):
        _make(above)
    own_folder(folder)
    entered = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _check(os.fstat(entered), folder)
        for name, data in files.items():
            _write(entered, name, data)
    finally:
        os.close(entered)
        with suppress(OSError):
            folder.rmdir()
            folder.parent.rmdir()


def _make(path: Path) -> None:
    with suppress(FileExistsError):
        path.mkdir(0o700)
        path.chmod(0o700)  # whatever the umask


def _is_usable(root: Path) -> bool:
    try:
        _check(root.lstat(), root)
    except FileNotFoundError:
        return os.access(root.parent, os.W_OK | os.X_OK)
    except OSError:
        return False
    return os.access(root, os.W_OK | os.X_OK)


def _check(facts: os.stat_result, path: Path) -> None:
    if not stat.S_ISDIR(facts.st_mode):
        why = "it is a link" if stat.S_ISLNK(facts.st_mode) else os.strerror(errno.ENOTDIR)
        raise NotADirectoryError(errno.ENOTDIR, why, str(path))
    if facts.st_uid != os.geteuid():
        raise PermissionError(errno.EPERM, "it belongs to another user", str(path))


def _write(folder: int, name: str, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    number = os.open(name, flags, 0o600, dir_fd=folder)
    try:
        with os.fdopen(number, "wb") as file:
            os.fchmod(number, 0o600)
            file.write(data)
    except OSError:
        os.unlink(name, dir_fd=folder)
        raise
