"""Locks of the program and the interpreter, each taken while the other is held."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pynodes.contract.table import Attach, functions
from pynodes.lint.calls import attach_of
from pynodes.lint.flow import Program
from pynodes.lint.graph import Function, Node, Place
from pynodes.lint.locks import OF_FILES, TAKES, lock_of
from pynodes.lint.mistake import Mistake, steps_of
from pynodes.lint.state import At, Root, State

_ATTACHING = (Attach.ENSURES, Attach.RESTORES)
_DROPS = ("Py_DECREF", "Py_XDECREF", "Py_CLEAR", "Py_SETREF", "Py_XSETREF", "Py_DecRef")
# Calls that run any code, of a script or of an object's class.
_RUNS = ("PyObject_Call", "PyRun_", "PyImport_Import", "PyObject_Vectorcall", "PyEval_Eval")


class Taken(NamedTuple):
    """A lock is taken, attached or by what Python called."""

    name: str
    word: str
    made: Mistake
    at: At


class Under(NamedTuple):
    """Under a lock somebody attaches, or runs code of Python's."""

    name: str
    function: str
    place: Place
    runs: bool


class Order:
    """Hears where locks are taken, and what happens while they are held."""

    def __init__(self, program: Program, owners: dict[str, set[str]]) -> None:
        self.program = program
        self.owners = owners
        self.taken: dict[Place, Taken] = {}
        self.under: dict[tuple[str, Place], Under] = {}
        self.dropped: dict[Place, tuple[str, Mistake]] = {}
        self.again: dict[Place, Mistake] = {}

    def hear(self, function: Function, node: Node, state: State, callers: Sequence[State]) -> None:
        """A call, with the state before it."""
        if node.kind != "call" or state.root in (Root.UNKNOWN, Root.HANDLER):
            return
        if node.name in TAKES or node.name in OF_FILES:
            self._take(function, node, state, callers)
        for held in state.locks:
            self._use(held.name, function, node, state, callers)

    def _take(self, function: Function, node: Node, state: State, callers: Sequence[State]) -> None:
        name = lock_of(node)
        lock = TAKES.get(node.name)
        if not name or len(self.owners.get(name, ())) > 1:
            return
        if any(each.name == name for each in state.locks):
            if lock is not None and lock.kind == "mutex" and not lock.is_again:
                self.again.setdefault(
                    node.place, self._made("lock again", function, node, state, callers)
                )
            return
        # a first use is made detached as its makers run Python: that is how it should be
        is_called = state.root is Root.PYTHON and lock is not None and lock.kind != "first use"
        if state.at is At.ATTACHED or is_called:
            word = lock.kind if lock is not None else "lock of a file"
            kind = "lock order" if word == "mutex" else "lock wait"
            made = self._made(kind, function, node, state, callers)
            self.taken.setdefault(node.place, Taken(name, word, made, state.at))

    def _use(
        self, name: str, function: Function, node: Node, state: State, callers: Sequence[State]
    ) -> None:
        row = functions().get(node.name)
        if row is None:
            return
        waits = attach_of(node.name) in _ATTACHING and state.at is not At.ATTACHED
        runs = state.at is At.ATTACHED and node.name.startswith(_RUNS)
        if waits or runs:
            key = (name, node.place)
            self.under.setdefault(key, Under(name, function.name, node.place, runs))
        if state.at is At.ATTACHED and node.name in _DROPS:
            made = self._made("drop under lock", function, node, state, callers)
            self.dropped.setdefault(node.place, (name, made))

    def _made(
        self, kind: str, function: Function, node: Node, state: State, callers: Sequence[State]
    ) -> Mistake:
        steps = steps_of(callers, state)
        return Mistake(kind, node.place, function.name, node.name, state.root, steps)

    def mistakes(self, ends: set[str]) -> Iterator[Mistake]:
        """`ends`: functions that the end of an object calls."""
        yield from self.again.values()
        for each in self.taken.values():
            found = self._against(each)
            if found is not None:
                kind = each.made.kind if each.at is At.ATTACHED else "lock cycle"
                yield _with(each.made, kind, found)
        for name, made in self.dropped.values():
            for end in sorted(ends):
                place = self._taken_in(end, name)
                if place is not None:
                    yield _with(made, made.kind, (self.program.functions[end].name, place))
                    break

    def _against(self, taken: Taken) -> tuple[str, Place] | None:
        """Where the lock is held by who attaches, or by who lets go of the interpreter for a while.

        Of one that is taken detached: by who runs any code of Python's, which may hold locks of its
        own while it calls.
        """
        for each in self.under.values():
            if each.name == taken.name and (taken.at is At.ATTACHED or each.runs):
                return each.function, each.place
        return None

    def _taken_in(self, end: str, name: str) -> Place | None:
        for node in self.program.functions[end].calls():
            if node.name in TAKES and lock_of(node) == name:
                return node.place
        return None


def _with(made: Mistake, kind: str, partner: tuple[str, Place]) -> Mistake:
    return Mistake(
        kind, made.place, made.function, made.call, made.root, made.steps, partner=partner
    )
