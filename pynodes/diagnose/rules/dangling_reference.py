"""An attached thread hands Python an object that is none any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pynodes.diagnose.evidence import Evidence
from pynodes.diagnose.finding import Confidence, Finding, where

FAMILY = "dangling-reference"


def find(evidence: Evidence) -> Iterator[Finding]:
    thread = evidence.crashed
    if thread is None or evidence.initialized is not True or thread.attach != "attached":
        return
    asked, place = thread.asked_python, thread.place
    if asked is None or place is None or not thread.is_in_python:
        return
    if any(frame.origin == "program" for frame in thread.frames[: thread.frames.index(asked)]):
        return
    inside, outside = thread.frames.index(asked), thread.frames.index(place)
    spoilt = next((o for o in thread.objects if _is_spoilt(o, inside, outside)), None)
    if spoilt is None:
        return
    yield Finding(
        FAMILY,
        Confidence.LIKELY,
        f"{asked.function} is given an object that has been freed",
        place,
        thread.title,
        f"what lies at {spoilt['address']:#x} is no Python object: its type is none"
        f" (reference count {spoilt.get('references', 'unreadable')})",
        f"keep a reference of its own (Py_NewRef) from where the object is got until{where(place, ' that call')},"
        " at least across every release of Python in between",
        (("crashed:", thread.title, thread.chain(6)),),
        (
            "a reference was given back twice (Py_DECREF of a borrowed one)",
            "memory was overwritten by other code",
        ),
    )


def _is_spoilt(known: dict[str, Any], inside: int, outside: int) -> bool:
    """An argument of what the program called, or, where Python's arguments cannot be seen, a
    variable of the program's that Python had in a register when it crashed."""
    if not known["address"] or known["type"] is not None:
        return False
    return known["frame"] == (outside if known.get("local") else inside)
