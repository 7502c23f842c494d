"""Calls and loops that wait, and what would end them."""

from __future__ import annotations

from typing import NamedTuple

from pynodes.contract.table import Attach, functions
from pynodes.lint.calls import attach_of
from pynodes.lint.graph import Function, Node, last_name, outer_name
from pynodes.lint.loops import Loop, loop_at
from pynodes.lint.partners import Effect, Partners


class Wait(NamedTuple):
    """`at`: the argument that names what is waited for."""

    kind: str
    at: int = 0


WAITS = {
    "pthread_join": Wait("join"),
    "thrd_join": Wait("join"),
    "std::thread::join": Wait("join"),
    "std::jthread::join": Wait("join"),
    "g_thread_join": Wait("join"),
    "uv_thread_join": Wait("join"),
    "pthread_cond_wait": Wait("condition"),
    "pthread_cond_timedwait": Wait("condition"),
    "cnd_wait": Wait("condition"),
    "g_cond_wait": Wait("condition"),
    "std::condition_variable::wait": Wait("condition"),
    "std::condition_variable::wait_for": Wait("condition"),
    "std::condition_variable::wait_until": Wait("condition"),
    "std::condition_variable_any::wait": Wait("condition"),
    "sem_wait": Wait("semaphore"),
    "sem_timedwait": Wait("semaphore"),
    "pthread_barrier_wait": Wait("barrier"),
    "write": Wait("pipe"),
    "send": Wait("pipe"),
}
# Calls that pass time, which a loop around them makes a wait.
_NAPS = frozenset(
    (
        "sleep",
        "usleep",
        "nanosleep",
        "clock_nanosleep",
        "sched_yield",
        "pthread_yield",
        "thrd_yield",
        "thrd_sleep",
        "poll",
        "ppoll",
        "select",
        "pselect",
        "epoll_wait",
        "g_usleep",
        "uv_sleep",
        "syscall",
        "SDL_Delay",
        "std::this_thread::yield",
        "std::this_thread::sleep_for",
        "std::this_thread::sleep_until",
    )
)
_SPINS = frozenset(("atomic_flag_test_and_set", "std::atomic_flag::test_and_set"))
_LETS_GO = (Attach.SAVES, Attach.RELEASES, Attach.RESTORES, Attach.ENSURES, Attach.SWAPS)
FOLLOWED = frozenset((*WAITS, *_NAPS))


class Waiting(NamedTuple):
    """A step that waits: what for, in which loop; `is_lock`: its function is a lock."""

    kind: str
    name: str
    loop: Loop | None = None
    is_lock: bool = False


def waiting_at(function: Function, node: Node) -> Waiting | None:
    """What a step waits for, if it does; of a loop that only looks the test does."""
    if node.kind == "call" and (wait := WAITS.get(node.name)) is not None:
        value = node.arguments[wait.at] if wait.at < len(node.arguments) else None
        if value is None:
            return None
        name = outer_name(value.text) if wait.kind == "pipe" else last_name(value)
        return Waiting(wait.kind, name)
    if node.kind == "call" and node.name in _NAPS:
        loop = loop_at(function, node)
        return Waiting("flag", "", loop) if loop is not None and loop.reads else None
    if node.kind == "test":
        return _look(function, node)
    return None


def _look(function: Function, node: Node) -> Waiting | None:
    """A loop that does nothing but look at what another thread changes."""
    loop = loop_at(function, node)
    if loop is None or not loop.reads:
        return None
    steps = [function.nodes[index] for index in loop.nodes]
    if all(way in loop.nodes for way in node.next):
        return None
    calls = [each for each in steps if each.kind == "call"]
    spins = [each for each in calls if each.name in _SPINS]
    idle = all(_is_idle(each) for each in calls)
    sets = any(each.kind == "set" and not each.result.startswith("$") for each in steps)
    return Waiting("flag", "", loop, bool(spins)) if idle and not sets else None


def _is_idle(node: Node) -> bool:
    is_atomic = node.name.startswith("std::") and "atomic" in node.name
    return node.name in _SPINS or is_atomic or node.name.startswith("__builtin_")


def lets_go(function: Function, loop: Loop) -> bool:
    """Whether a loop runs Python, or detaches for a while: then others get their turn."""
    rows = functions()
    for index in loop.nodes:
        node = function.nodes[index]
        if node.kind != "call" or node.name not in rows:
            continue
        if attach_of(node.name) in _LETS_GO or rows[node.name].inside in ("runs", "detaches"):
            return True
    return False


def ender(partners: Partners, function: Function, wait: Waiting) -> tuple[str, Node] | None:
    """Who ends a wait and has to attach first: the name of the thread's function, and where."""
    if wait.kind == "join":
        return partners.joined(wait.name)
    if wait.kind == "pipe":
        return partners.reading(wait.name) if wait.name else None
    if wait.kind != "flag":
        return partners.ending({(wait.kind, wait.name)})
    if wait.loop is None or lets_go(function, wait.loop):
        return None
    effects: set[Effect] = {("flag", name) for name in wait.loop.reads}
    return partners.ending(effects)
