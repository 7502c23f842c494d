"""Calls that wait, and who ends them: a join for a thread, a condition for who signals it."""

from __future__ import annotations

from typing import NamedTuple

from pynodes.contract.table import Attach
from pynodes.lint.calls import attach_of
from pynodes.lint.flow import Program
from pynodes.lint.graph import Function, Node, Value
from pynodes.lint.reach import pointed


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
    "std::condition_variable::wait": Wait("condition"),
    "std::condition_variable::wait_for": Wait("condition"),
    "std::condition_variable::wait_until": Wait("condition"),
    "sem_wait": Wait("semaphore"),
    "sem_timedwait": Wait("semaphore"),
    "pthread_barrier_wait": Wait("barrier"),
}
SIGNALS = {
    "pthread_cond_signal": "condition",
    "pthread_cond_broadcast": "condition",
    "cnd_signal": "condition",
    "cnd_broadcast": "condition",
    "std::condition_variable::notify_one": "condition",
    "std::condition_variable::notify_all": "condition",
    "sem_post": "semaphore",
    "pthread_barrier_wait": "barrier",
}
_STARTS = {"pthread_create": (0, 2), "thrd_create": (0, 1), "std::thread::thread": (0, 1)}
_ATTACHING = (Attach.ENSURES, Attach.RESTORES)


def last_name(value: Value) -> str:
    """The field or variable that a value is, without what it is a part of: `done`."""
    if value.kind not in ("key", "address"):
        return ""
    text = value.text.replace("->", ".").replace("[]", "").rsplit(".", 1)[-1]
    return text.removeprefix("::").lstrip("*").partition("'")[0]


class Partners:
    """Which threads and which functions end a wait, and whether they need Python for it."""

    def __init__(self, program: Program, threads: set[str]) -> None:
        self.program = program
        self.threads = threads
        self._reached: dict[str, frozenset[str]] = {}

    def reached_from(self, root: str) -> frozenset[str]:
        """The functions that a function calls, and those that these call."""
        if root not in self._reached:
            found: set[str] = set()
            waiting = [root]
            while waiting:
                each = waiting.pop()
                if each in found or each not in self.program.functions:
                    continue
                found.add(each)
                for node in self.program.functions[each].calls():
                    waiting += pointed(node, self.program.stores)
            self._reached[root] = frozenset(found)
        return self._reached[root]

    def attaches(self, root: str) -> Node | None:
        """Where a function, or what it calls, asks for the interpreter."""
        for each in sorted(self.reached_from(root)):
            for node in self.program.functions[each].calls():
                if attach_of(node.name) in _ATTACHING:
                    return node
        return None

    def of(self, function: Function, node: Node) -> tuple[str, Node] | None:
        """Who ends the wait and needs the interpreter first: the name of a thread's function, and
        where it attaches. None: nobody, or it is not known."""
        wait = WAITS[node.name]
        if wait.at >= len(node.arguments):
            return None
        name = last_name(node.arguments[wait.at])
        who = self._started_as(name) if wait.kind == "join" else self._signalling(wait.kind, name)
        found = [(self.program.functions[each].name, self.attaches(each)) for each in sorted(who)]
        if not found or any(at is None for _, at in found):
            return None
        return next((each, at) for each, at in found if at is not None)

    def _started_as(self, handle: str) -> set[str]:
        """The functions of threads whose handle has that name; where none has, of all threads."""
        found = set()
        for function in self.program.functions.values():
            for node in function.calls():
                if node.name in _STARTS:
                    at, body = _STARTS[node.name]
                    if len(node.arguments) > body and last_name(node.arguments[at]) == handle:
                        found.add(node.arguments[body].text)
        return found & set(self.program.functions) or self.threads

    def _signalling(self, kind: str, name: str) -> set[str]:
        """The threads in which something of that name is signalled."""
        places = {
            function.id
            for function in self.program.functions.values()
            for node in function.calls()
            if SIGNALS.get(node.name) == kind
            and any(last_name(value) == name for value in node.arguments[:1])
        }
        return {each for each in self.threads if places & self.reached_from(each)}
