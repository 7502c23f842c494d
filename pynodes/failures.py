"""What nobody caught, as an error for people: what the system refused, and faults of our own.

The last resort of the command line, and of what must not take the rest of a run with it.
"""

from __future__ import annotations

import errno
import os
from types import TracebackType

from pynodes.errors import PynodesError

EXIT_FAULT = 70
EXIT_REFUSED = 74

ENV_TRACEBACK = "PYNODES_TRACEBACK"

_PACKAGE = os.path.dirname(__file__) + "/"  # noqa: PTH120 -- pathlib takes long to load
_HELP = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room: your quota is used up",
    errno.EMFILE: "allow more open files: `ulimit -n 256`",
    errno.ENFILE: "this machine has too many open files: end something",
    errno.EACCES: "look at its permissions",
    errno.EPERM: "look at its permissions",
    errno.EROFS: "name a place that can be written to",
    errno.ENAMETOOLONG: "take a shorter name",
    errno.EAGAIN: "the system allows no more processes: look at `ulimit -u`",
}
_LESS = "allow more (`ulimit -v`), or ask for less: a smaller picture, fewer threads"


class RefusedError(PynodesError):
    """The system refused something that nobody expected: memory, descriptors, a disk."""

    exit_code = EXIT_REFUSED


class FaultError(PynodesError):
    """A fault of pynodes itself."""

    exit_code = EXIT_FAULT


def explained(error: BaseException) -> PynodesError:
    """Any exception as an error for people; one that is meant for them stays as it is.

    With PYNODES_TRACEBACK=1 in the environment its traceback is in the detail.
    """
    if isinstance(error, PynodesError):
        return error
    found = _refused(error) or _fault(error)
    if os.environ.get(ENV_TRACEBACK) == "1":
        from traceback import format_exception

        found.detail = "".join(format_exception(error))
    return found


def _refused(error: BaseException) -> PynodesError | None:
    text, kind = str(error), type(error).__name__
    match error:
        case OSError():
            names = [os.fsdecode(n) for n in (error.filename, error.filename2) if _is_name(n)]
            what = error.strerror or text or kind
            if names == [""] or (error.errno == errno.ENOENT and not names):
                what, names = f"the current folder is gone: {what}", []
            where = " and ".join(names) or _place(error.__traceback__)
            return RefusedError(what, where, _HELP.get(error.errno or 0, ""))
        case MemoryError():
            what = f"out of memory: {text}" if text else "out of memory"
            return RefusedError(what, _place(error.__traceback__), _LESS)
        case RuntimeError() if text == "can't start new thread":
            what = "the system starts no further thread"
            return RefusedError(what, _place(error.__traceback__), _LESS)
        case ImportError():
            name = f" ({error.name})" if error.name else ""
            what = f"a part cannot be loaded{name}: {(text.strip().splitlines() or [kind])[-1]}"
            return RefusedError(what, _place(error.__traceback__), "`pynodes doctor` looks for it")
    return None


def _fault(error: BaseException) -> PynodesError:
    kind = type(error).__name__
    text = str(error).strip()
    return FaultError(
        f"pynodes itself failed: {kind}: {text}" if text else f"pynodes itself failed: {kind}",
        _place(error.__traceback__),
        f"please report it, with what is printed where {ENV_TRACEBACK}=1 is set",
    )


def _is_name(name: object) -> bool:
    return isinstance(name, str | bytes | os.PathLike)


def _place(traceback: TracebackType | None) -> str:
    """`pynodes/rendering/run.py:12`: the innermost line of ours."""
    place = ""
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if file.startswith(_PACKAGE):
            place = f"pynodes/{file.removeprefix(_PACKAGE)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next
    return place
