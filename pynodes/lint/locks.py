"""Locks of the program's own: what takes and gives them back, and which a path holds."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from pynodes.lint.graph import Function, Node, Value, outer_name
from pynodes.lint.state import Held, State


class Lock(NamedTuple):
    """`kind`: mutex, or another word; `at`: the argument that is the lock; `is_again`: whoever
    has it may take it once more."""

    kind: str
    at: int = 0
    is_again: bool = False


_STANDARD = ("mutex", "timed_mutex", "shared_mutex", "shared_timed_mutex")
TAKES = {
    "pthread_mutex_lock": Lock("mutex"),
    "pthread_rwlock_rdlock": Lock("lock for readers and writers", is_again=True),
    "pthread_rwlock_wrlock": Lock("lock for readers and writers"),
    "pthread_spin_lock": Lock("spin lock"),
    "mtx_lock": Lock("mutex"),
    "flockfile": Lock("lock of a file", is_again=True),
    "g_mutex_lock": Lock("mutex"),
    "uv_mutex_lock": Lock("mutex"),
    "SDL_LockMutex": Lock("mutex", is_again=True),
    "pthread_once": Lock("first use"),
    "std::call_once": Lock("first use"),
    "static": Lock("first use"),
    "std::recursive_mutex::lock": Lock("mutex", is_again=True),
    **{f"std::{name}::lock": Lock("mutex") for name in _STANDARD},
    **{f"std::{name}::lock_shared": Lock("mutex", is_again=True) for name in _STANDARD[2:]},
}
GIVES = frozenset(
    (
        "pthread_mutex_unlock",
        "pthread_rwlock_unlock",
        "pthread_spin_unlock",
        "mtx_unlock",
        "funlockfile",
        "g_mutex_unlock",
        "uv_mutex_unlock",
        "SDL_UnlockMutex",
        "once over",
        "std::recursive_mutex::unlock",
        *(f"std::{name}::unlock" for name in _STANDARD),
        *(f"std::{name}::unlock_shared" for name in _STANDARD[2:]),
    )
)
# Calls that take the lock of the file they write to, for as long as they take.
OF_FILES = {"fputs": 1, "fputc": 1, "fprintf": 0, "fwrite": 3, "fflush": 0, "fread": 3, "fgets": 2}
# Classes that have a lock for the time of their life.
SCOPES = frozenset(
    f"std::{name}" for name in ("lock_guard", "unique_lock", "scoped_lock", "shared_lock")
)
_MOST = 3


def lock_of(node: Node) -> str:
    """The name, the same everywhere, of the lock that a call takes; empty: it is not known."""
    if node.name in OF_FILES:
        at = OF_FILES[node.name]
    else:
        at = TAKES[node.name].at if node.name in TAKES else 0
    if at >= len(node.arguments):
        return ""
    return name_of(node.arguments[at])


def name_of(value: Value) -> str:
    return outer_name(value.text) if value.kind in ("key", "address") else ""


def after_lock(state: State, node: Node, function: Function) -> State | None:
    """After a call that takes or gives back a lock; None: it is another call."""
    if node.name in TAKES:
        name = lock_of(node)
        if not name or any(each.name == name for each in state.locks):
            return state
        held = Held(name, node.place, function.name)
        return replace(state, locks=(*state.locks, held)[-_MOST:])
    if node.name in GIVES:
        name = lock_of(node)
        return replace(state, locks=tuple(each for each in state.locks if each.name != name))
    return None
