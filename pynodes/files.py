"""Files that people name, opened for reading: regular ones, up to a size.

A FIFO, a socket, a device or an endless file is refused at once, whatever names it. Everything that
fails is an `OSError` whose `strerror` is fit for people: `pynodes.errors.needed` makes a
`PynodesError` of it. Scripts inside the host come through here too, so nothing is imported that
takes long.
"""

# ruff: noqa: PTH116, PTH123 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    Named = str | os.PathLike[str]

# Bytes that a file of its kind may have.
SCRIPT = REPLAY = TEXT = 16 << 20
DOCUMENT = 256 << 20
TRACE = 1 << 30
PICTURE = 2 << 30
FRAME = 5 << 30

FILE = "a file"
FOLDER = "a folder"
_KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: FOLDER,
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR)
_CHUNK = 1 << 20


def kind_of(path: Named) -> str:
    """`FILE`, `FOLDER`, another kind with its article, or empty where there is nothing.

    Raises:
        OSError: the name is too long, a folder on the way may not be looked into, and so on.
    """
    try:
        return _kind(os.stat(path))
    except OSError as error:
        if error.errno in _NOTHING_THERE:
            return ""
        raise
    except ValueError:
        raise OSError(errno.EINVAL, "the name has a zero byte in it", path) from None


def check(path: Named, most: int | None = None) -> None:
    """Raises `OSError` unless this is a regular file, of no more than `most` bytes."""
    kind = kind_of(path)
    if not kind:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
    _refuse(kind, path)
    if most is not None and os.stat(path).st_size > most:
        raise _too_large(path, most)


def names_in(folder: Named, most: int = 1000) -> list[str]:
    """Names in a folder, sorted, for messages; the first so many, and none where it fails."""
    names: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                names.append(entry.name)
                if len(names) == most:
                    break
    except OSError:
        pass
    return sorted(names)


def opened(path: Named) -> BinaryIO:
    """The file, open for reading; the caller closes it.

    Raises:
        OSError: it is no regular file, or cannot be opened.
    """
    check(path)  # first: to open a device may do something
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    try:
        _refuse(_kind(os.fstat(fd)), path)
        return open(fd, "rb")
    except BaseException:
        os.close(fd)
        raise


def read(path: Named, most: int) -> bytes:
    """All bytes of a file.

    Raises:
        OSError: it is no regular file, cannot be read, or has more than `most` bytes, also where it
            does not say so, as in /proc.
    """
    with opened(path) as file:
        if os.fstat(file.fileno()).st_size <= most:
            chunks = []
            left = most
            while chunk := file.read(min(_CHUNK, left + 1)):
                chunks.append(chunk)
                left -= len(chunk)
                if left < 0:
                    break
            else:
                return b"".join(chunks)
    raise _too_large(path, most)


def _kind(facts: os.stat_result) -> str:
    return _KINDS.get(stat.S_IFMT(facts.st_mode), "no file")


def _too_large(path: Named, most: int) -> OSError:
    return OSError(errno.EFBIG, f"it has more than {most >> 20} MiB", path)


def _refuse(kind: str, path: Named) -> None:
    if kind != FILE:
        code = errno.EISDIR if kind == FOLDER else errno.EINVAL
        raise OSError(code, f"it is {kind}, not a regular file", path)
