"""Files that results are written to: whole, or not at all.

What is written goes into a file without a name, which gets that of its place at the end: nothing
leaves half a file or destroys an older one, not even SIGKILL. What is no regular file (/dev/stdout,
/dev/null, a FIFO that someone reads) is written as it comes.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pynodes import files
from pynodes.errors import needed
from pynodes.process.scratch import scratch

_STREAMS = (1, 2)


def write(
    path: Path, pieces: Iterable[str], what: str = "the file cannot be written", help: str = ""
) -> None:
    """Write a text.

    Args:
        pieces: the text, in order.
        what: what to say when that fails.
        help: what to do then, besides what the failure itself says.
    Raises:
        CannotStartError: the disk is full, the folder is missing or not writable, and so on.
    """
    with needed(what, path, help or "make room, or name another file"), replacing(path) as file:
        for piece in pieces:
            file.write(piece.encode("utf-8", "backslashreplace"))


def check(path: Path) -> None:
    """Raises `CannotStartError` unless a file can be made or replaced there."""
    with needed("the file cannot be written there", path, "name another file"):
        kind, above = files.kind_of(path), files.kind_of(path.parent)
        if kind not in ("", files.FILE):
            raise OSError(errno.EINVAL, f"it is {kind}", path)
        if above != files.FOLDER:
            raise NotADirectoryError(errno.ENOTDIR, f"there is no folder {path.parent}", path)
        if not os.access(path if kind else path.parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def try_in(folder: Path) -> None:
    """Raises `OSError` unless a file can be made in a folder; none is left there."""
    unnamed = _unnamed(folder)
    if unnamed is None:
        with scratch(folder, guard=False) as inside, (inside / "try").open("wb"):
            pass
    else:
        os.close(unnamed)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path`, or vanishes on an error. Raises `OSError`."""
    target = _stream_at(path)
    if target is not None:
        with os.fdopen(target, "wb") as file:
            yield file
        return
    path = path.resolve()
    with ExitStack() as stack:
        unnamed = _unnamed(path.parent)
        if unnamed is not None:
            stack.callback(os.close, unnamed)
            draft = Path(f"/proc/self/fd/{unnamed}")
        else:
            draft = stack.enter_context(scratch(path.parent)) / f"draft{path.suffix}"
        with draft.open("wb") as file:
            yield file
        _take_mode(draft, path)
        if unnamed is not None:
            draft = _named(unnamed, path.parent)
            stack.callback(draft.unlink, missing_ok=True)
        draft.replace(path)


def _unnamed(folder: Path) -> int | None:
    """A file that is in no folder yet: nothing is left of it if it never gets there.

    None where the file system has no such files.
    """
    try:
        return os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            return None
        raise


def make_folder(path: Path) -> None:
    """Make a folder with those above it; where that fails, none of them stays. Raises `OSError`."""
    missing = [each for each in (path, *path.parents) if not os.path.lexists(each)]
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError:
        for each in missing:
            with suppress(OSError):
                each.rmdir()
        raise


def _named(file: int, folder: Path) -> Path:
    """Give a file without a name one, for a moment."""
    name = folder / f".pynodes-{os.urandom(8).hex()}"
    ours = os.open("/proc/self/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.link(str(file), name, src_dir_fd=ours, follow_symlinks=True)
    finally:
        os.close(ours)
    return name


def _stream_at(path: Path) -> int | None:
    """A descriptor to write to, where `path` is no regular file or one of our own streams."""
    kind = files.kind_of(path)
    if kind == files.FOLDER:
        raise IsADirectoryError(errno.EISDIR, "it is a folder", path)
    if not kind:
        return None
    facts = path.stat()
    for fd in _STREAMS:
        with suppress(OSError):
            if os.path.samestat(facts, os.fstat(fd)):
                return os.dup(fd)
    if kind == files.FILE:
        return None
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        raise OSError(errno.ENXIO, f"it is {kind} that nobody reads", path) from None
    os.set_blocking(fd, True)
    return fd


def _take_mode(draft: Path, path: Path) -> None:
    """Give a draft the mode of the file that it replaces; else it has what a plain `open` gives."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return
    draft.chmod(mode)
