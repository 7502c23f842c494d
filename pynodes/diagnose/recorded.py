"""What evidence looks like as a collector writes it, and as it is kept: every value of it, once.

A collector runs beside a program that may do anything, and a file may have been changed since.
So the raw values are held against this before anything is made of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_MOST = 1 << 64  # above every number of a 64 bit machine
_MOST_TEXT = 1 << 20


class RecordedError(ValueError):
    """Raw values are not those of evidence; the text says where."""


class Maybe:
    """A value, or None."""

    def __init__(self, form: Any) -> None:
        self.form = form


_TEXT, _NUMBER, _FLAG = str, int, bool

# A name that ends in `?` may be missing. A list has one form, for all in it.
_FRAME = {
    "function": Maybe(_TEXT),
    "file": Maybe(_TEXT),
    "line": _NUMBER,
    "module": _TEXT,
    "signal?": _FLAG,
    "number?": _NUMBER,
    "no_code?": _FLAG,
    "written?": {"function": _TEXT, "file": _TEXT, "line": _NUMBER},
}
_OBJECT = {
    "frame": _NUMBER,
    "name": _TEXT,
    "address": _NUMBER,
    "type": Maybe(_TEXT),
    "references?": _NUMBER,
    "local?": _FLAG,
    "gone?": _FLAG,
}
_CALL = {
    "name": _TEXT,
    "args": (_NUMBER,) * 6,
    "word?": _NUMBER,
    "owner?": _NUMBER,
    "within?": _FLAG,
}
_THREAD = {
    "tid": _NUMBER,
    "number": _NUMBER,
    "name": _TEXT,
    "frames": [_FRAME],
    "objects": [_OBJECT],
    "call": Maybe(_CALL),
    "current": Maybe(_NUMBER),
    "naps?": _NUMBER,
    "pthread?": _NUMBER,
    "spin?": _TEXT,
    "state?": _NUMBER,
    "still?": _FLAG,
    "same_ms?": _NUMBER,
}
_STOP = Maybe({"stopped": _FLAG, "requester": _NUMBER, "missing": _NUMBER})
_GIL = {"address": _NUMBER, "locked": _FLAG, "holder": _NUMBER, "enabled": _FLAG}
_PYTHON = {
    "version": _TEXT,
    "where": _TEXT,
    "how": _TEXT,
    "problem": _TEXT,
    "free_threaded?": _FLAG,
    "runtime": Maybe(
        {
            "core_initialized": _FLAG,
            "initialized": _FLAG,
            "finalizing": _NUMBER,
            "main_thread": _NUMBER,
            "current": Maybe(_NUMBER),
            "stop": _STOP,
            "signaled?": Maybe(_FLAG),
        }
    ),
    "interpreters": [
        {"id": _NUMBER, "finalizing": _FLAG, "gil": Maybe(_GIL), "own_gil": _FLAG, "stop": _STOP}
    ],
    "states": [
        {
            "address": _NUMBER,
            "interpreter": _NUMBER,
            "tid": _NUMBER,
            "alive": _FLAG,
            "pthread": _NUMBER,
            "attached": Maybe(_FLAG),
            "counter": _NUMBER,
            "frames": [{"function": _TEXT, "file": _TEXT, "line": _NUMBER}],
        }
    ],
}
_NOTE = {
    "call": _TEXT,
    "value": _NUMBER,
    "state?": _NUMBER,
    "frame?": _NUMBER,
    "callers": [_NUMBER],
}
_NOTED_THREAD = {
    "tid": _NUMBER,
    "pid": _NUMBER,
    "ended": _FLAG,
    "depth": _NUMBER,
    "unmatched": _NUMBER,
    "unmatched_note": Maybe(_NOTE),
    "open": [_NOTE],
    "recent": [_NOTE],
    "asked": _NUMBER,
    "current": Maybe(_NUMBER),
    "stack": [_NUMBER],
    "held?": _FLAG,
    "call?": [_NUMBER],
}
_NOTES = {
    "initialized": _NUMBER,
    "finalized": _NUMBER,
    "lost": _NUMBER,
    "returns_to?": _NUMBER,
    "running": _FLAG,
    "starter?": _NUMBER,
    "started?": _NOTE,
    "releaser?": _NUMBER,
    "released?": _NOTE,
    "sees?": _FLAG,
    "threads": [_NOTED_THREAD],
}
_INCIDENT = {
    "kind": _TEXT,
    "pid": _NUMBER,
    "tid": _NUMBER,
    "times": _NUMBER,
    "value": _NUMBER,
    "other_tid": _NUMBER,
    "phase": _TEXT,
    "attached": _FLAG,
    "name": _TEXT,
    "text": _TEXT,
    "stack": [_FRAME],
    "other_stack": [_FRAME],
}
_SIGNAL = {"signal": _NUMBER, "code?": _NUMBER, "address?": Maybe(_NUMBER)}
_BOUNDS = {"pointer": _NUMBER, "low": _NUMBER, "high": _NUMBER, "guard": _NUMBER}
_EVIDENCE = {
    "collector": {"name": _TEXT, "version": _TEXT},
    "pid": _NUMBER,
    "program?": _TEXT,
    "lost": [(_TEXT, _TEXT, _TEXT)],
    "threads": [_THREAD],
    "python": Maybe(_PYTHON),
    "places": {_TEXT: [_FRAME]},
    "fault?": Maybe({**_SIGNAL, "said?": _TEXT, "sender?": _NUMBER}),
    "trigger?": _TEXT,
    "forked?": Maybe(_FLAG),
    "parent_tids?": [_NUMBER],
    "notes?": Maybe(_NOTES),
    "incidents?": [_INCIDENT],
    "kept?": [{"gil": _NUMBER, "ms": _NUMBER}],
    "crash?": Maybe(
        {**_SIGNAL, "tid": _NUMBER, "pid?": _NUMBER, "stack?": [_NUMBER], "bounds?": Maybe(_BOUNDS)}
    ),
    "signal?": _TEXT,
    "fatal_text?": _TEXT,
}


def checked(raw: Any) -> dict[str, Any]:
    """Raw values that are those of evidence. Raises RecordedError."""
    _check(raw, _EVIDENCE, "evidence")
    found: dict[str, Any] = raw
    return found


def _check(value: Any, form: Any, where: str) -> None:
    if isinstance(form, Maybe):
        if value is not None:
            _check(value, form.form, where)
    elif isinstance(form, dict):
        _check_named(value, form, where)
    elif isinstance(form, list | tuple):
        fits = isinstance(value, list | tuple)
        if not fits or (isinstance(form, tuple) and len(value) != len(form)):
            raise RecordedError(f"{where} is not a list of the right length")
        for i, part in enumerate(value):
            _check(part, form[i] if isinstance(form, tuple) else form[0], f"{where}[{i}]")
    elif type(value) is not form:
        raise RecordedError(f"{where} is {type(value).__name__}, not {form.__name__}")
    elif form is int and not -_MOST < value < _MOST:
        raise RecordedError(f"{where} is too large a number")
    elif form is str and len(value) > _MOST_TEXT:
        raise RecordedError(f"{where} is too long a text")


def _check_named(value: Any, form: Mapping[Any, Any], where: str) -> None:
    if not isinstance(value, dict):
        raise RecordedError(f"{where} is {type(value).__name__}, not an object")
    if _TEXT in form:
        for name, part in value.items():
            _check(name, _TEXT, where)
            _check(part, form[_TEXT], f"{where}.{name}")
        return
    for name, of in form.items():
        known = name.removesuffix("?")
        if known in value:
            _check(value[known], of, f"{where}.{known}")
        elif known == name:
            raise RecordedError(f"{where} has no {name}")
