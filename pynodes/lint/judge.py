"""From what was read to mistakes: who calls each function, and what is wrong on its paths."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from pynodes.contract.table import Attach
from pynodes.lint.annotated import ends_of, said_by
from pynodes.lint.annotations import ENTERED_AS
from pynodes.lint.calls import ASKS, attach_of
from pynodes.lint.constants import Constants
from pynodes.lint.flow import Flow, Program
from pynodes.lint.graph import Function, Node, Place, Unit
from pynodes.lint.handed import HANDED, STORED
from pynodes.lint.lifetimes import Lifetimes
from pynodes.lint.locks import TAKES
from pynodes.lint.mistake import Mistake, steps_of
from pynodes.lint.order import Order
from pynodes.lint.partners import Partners
from pynodes.lint.places import Line, line_to_change
from pynodes.lint.reach import changes, changing_of, pointed
from pynodes.lint.state import ENTERED, At, Closed, Open, Root, State
from pynodes.lint.waits import FOLLOWED, Waiting, ender, waiting_at


@dataclass
class Reading:
    """What reading a program gave.

    Attributes:
        not_followed: why paths could not be followed, and how often.
    """

    mistakes: list[Mistake] = field(default_factory=list)
    functions: int = 0
    not_followed: dict[str, int] = field(default_factory=dict)


_ROOTS = {
    "python": Root.PYTHON,
    "fork": Root.PYTHON,
    "end": Root.PYTHON,
    "thread": Root.THREAD,
    "handler": Root.HANDLER,
}
_LATE = ("python", "thread", "handler", "argument", "unknown")


def program_of(units: Collection[Unit]) -> Program:
    """All functions of all files; of two with one name the first counts."""
    functions: dict[str, Function] = {}
    stores: dict[str, set[str]] = {}
    fields: set[str] = set()
    for unit in units:
        for function in unit.functions:
            functions.setdefault(function.id, function)
        for name, target in unit.stores:
            stores.setdefault(name, set()).add(target)
    kept = {name: frozenset(targets) for name, targets in stores.items()}
    says = said_by(units)
    asking = frozenset(
        each.id for each in functions.values() if any(node.name in ASKS for node in each.calls())
    )
    spinning = [
        each.id
        for each in functions.values()
        if any(node.kind == "test" and waiting_at(each, node) for node in each.nodes)
    ]
    changing = changing_of(functions, kept, FOLLOWED | set(TAKES), says, spinning)
    for function in functions.values():
        is_pair = any(changes(node.name) for node in function.calls())
        for node in function.nodes if is_pair else ():
            if node.kind == "test" and node.value.kind == "key":
                fields.add(node.value.text.replace("->", ".").rsplit(".", 1)[-1])
    late = [use.function for unit in units for use in unit.uses if use.slot in _LATE]
    constants = Constants(units, functions, kept, late).found()
    return Program(functions, kept, constants, frozenset(fields), changing, asking, says)


class Judge:
    """Runs all roots, and collects what is said on the way."""

    def __init__(self, units: list[Unit]) -> None:
        self.program = program_of(units)
        owners: dict[str, set[str]] = {}
        for unit in units:
            for name, found in unit.owners.items():
                owners.setdefault(name, set()).update(found)
        self.flow = Flow(self.program, self._say, self._hear)
        self.order = Order(self.program, owners)
        self.lifetimes = Lifetimes(self.program)
        self.root = ""  # the function that the path in hand begins in
        self.ways_out: list[At] = []  # of main
        self.exits = {u.function for unit in units for u in unit.uses if u.slot == "exit"}
        self.ends = {u.function for unit in units for u in unit.uses if u.slot == "end"}
        self.roots: dict[str, Root] = {}
        self.found: dict[tuple[str, Place], Mistake] = {}
        self.waits: dict[Place, tuple[Function, Waiting, Mistake]] = {}
        called = {node.name for each in self.program.functions.values() for node in each.calls()}
        # where signals are let in on purpose, a handler may be fit for anything
        self.masks_signals = not called.isdisjoint(("sigsuspend", "ppoll", "pselect"))
        for unit in units:
            for use in unit.uses:
                self._root(use.function, use.slot)
        for function in self.program.functions.values():
            if function.name == "main":
                self.roots[function.id] = Root.MAIN
            elif function.name.startswith("PyInit_"):
                self.roots[function.id] = Root.PYTHON

    def _root(self, name: str, slot: str) -> None:
        if name in self.program.functions and slot in _ROOTS:
            before = self.roots.get(name)
            # one that is called in several ways is looked at as nobody knows how
            self.roots[name] = _ROOTS[slot] if before in (None, _ROOTS[slot]) else Root.UNKNOWN

    def reading(self) -> Reading:
        """Everything that is wrong."""
        done: dict[str, Root] = {}
        while left := [each for each in self.roots if done.get(each) != self.roots[each]]:
            for each in left:
                done[each] = self.roots[each]
                self._run(self.program.functions[each], self.roots[each])
        for function in self.program.functions.values():
            if function.id not in self.flow.reached:
                self._run(function, Root.UNKNOWN)
        self._judge_annotations()
        self._run_exits()
        self._judge_waits()
        counts = {f"calls through {name}": n for name, n in self.program.unresolved.items()}
        counts |= {f"paths that end at {name}": n for name, n in self.program.given_up.items()}
        mistakes = sorted(self.found.values(), key=lambda each: (each.place, each.kind))
        return Reading(mistakes, len(self.program.functions), counts)

    def _has_unknown(self, function: Function) -> bool:
        """Whether it calls through a pointer of which nothing is known: that may do anything."""
        return any(
            node.pointer and not node.target and node.field not in self.program.says
            and not any(pointed(node, self.program.stores))
            for node in function.calls()
        )  # fmt: skip

    def _judge_annotations(self) -> None:
        """Is what sources say of their functions true?"""
        for known_as, said in self.program.says.items():
            function = self.program.functions.get(known_as)
            if function is None or self._has_unknown(function):
                continue
            for entered, left in ENTERED_AS.get(said.says, ()):
                self.flow.visits = 0
                for outcome in self.flow.run(function, State(Root.SAID, entered)):
                    self._ended(function, Root.SAID, outcome.state)
                    if outcome.state.at not in ends_of(left):
                        made = Node("return", function.place, name=said.says)
                        self._keep("says", function.place, function.name, made, outcome.state, None)

    def _run(self, function: Function, root: Root) -> None:
        self.flow.visits = 0
        self.root = function.id
        for outcome in self.flow.run(function, State(root, ENTERED[root])):
            self._ended(function, root, outcome.state)
            if root is Root.MAIN:
                self.ways_out.append(outcome.state.at)

    def _run_exits(self) -> None:
        """What runs when main has returned, of a program that stops Python on all its ways out."""
        if self.ways_out and set(self.ways_out) == {At.STOPPED}:
            for each in sorted(self.exits & set(self.program.functions)):
                self.root = each
                self.flow.run(self.program.functions[each], State(Root.MAIN, At.STOPPED))

    def _ended(self, function: Function, root: Root, state: State) -> None:
        """What must not be left by a function that Python or the system called."""
        last = state.opens[-1] if state.opens else None
        if last is None:
            return
        node = Node("return", last.place, name=last.function)
        if root is Root.THREAD and state.at is At.ATTACHED:
            self._keep("thread ends attached", last.place, last.function, node, state, last)
        elif root is Root.THREAD and state.at is At.DETACHED:
            for each in state.opens:
                if each.kind == "ensure" and each.key.startswith("$"):
                    self._keep("state left", each.place, each.function, node, state, each)
        elif root is Root.PYTHON and state.at is At.DETACHED and last.kind == "save":
            self._keep("lost", last.place, last.function, node, state, last)

    def _say(self, kind: str, node: Node, state: State, other: Open | Closed | None = None) -> bool:
        place, function = node.place, self.flow.calls.function.name
        if not self._is_sure(kind, node, state, other):
            return False
        if kind == "lost" and isinstance(other, Open):
            if other.kind == "save" and not self._is_restored(other, state):
                return False
            place, function = other.place, other.function
        opener = other.opener if isinstance(other, Closed) else ""
        if kind == "twice" and other is not None and opener not in ("", other.function):
            place, function = other.place, other.function
        if kind == "detached" and other is not None and other.function != function:
            # of all that is called from there, the call from where it detached is to be moved
            for caller in self.flow.callers:
                step = caller.steps()[-1]
                if step.function == other.function:
                    place, function = step.place, step.function
        if kind == "handler":
            if self.masks_signals:
                return False
            if self.flow.callers:  # the handler itself
                step = self.flow.callers[0].steps()[-1]
                place, function = step.place, step.function
            if any(each.kind == kind and each.function == function for each in self.found.values()):
                return True
        self._keep(kind, place, function, node, state, other)
        return True

    def _is_sure(self, kind: str, node: Node, state: State, other: Open | Closed | None) -> bool:
        """Where nobody knows who calls, the function itself must show what is wrong."""
        if state.root is not Root.UNKNOWN or kind in ("lost", "twice", "lock alone"):
            return True
        return other is not None and other.function == self.flow.calls.function.name

    def _is_restored(self, save: Open, state: State) -> bool:
        """Whether the detach is meant to end in the function: elsewhere it does."""
        if state.root is Root.PYTHON and not self.flow.callers:
            return True
        function = self.flow.calls.function
        return any(
            attach_of(node.name) == Attach.RESTORES
            and any(value.text == save.key for value in node.arguments)
            for node in function.calls()
        )

    def _keep(
        self, kind: str, place: Place, function: str, node: Node, state: State,
        other: Open | Closed | None,
    ) -> None:  # fmt: skip
        end = node.place if node.place != place else None
        made = Mistake(
            kind, place, function, node.name, state.root, steps_of(self.flow.callers, state), other,
            end=end, left=state.at,
        )  # fmt: skip
        self.found.setdefault((kind, place), made)

    def _hear(self, function: Function, node: Node, state: State) -> None:
        slot = STORED.get(node.name) or HANDED.get(node.name, (0, ""))[1]
        if slot in _ROOTS:
            for value in node.arguments:
                known = self.flow.known(state, value.text) if value.kind == "key" else None
                if isinstance(known, str) and known in self.program.functions:
                    self.roots.setdefault(known, _ROOTS[slot])
        callers = self.flow.callers
        self.order.hear(function, node, state, callers)
        self.lifetimes.hear(function, node, state, callers, self.root)
        if state.at is At.ATTACHED:
            self._hear_wait(function, node, state)

    def _hear_wait(self, function: Function, node: Node, state: State) -> None:
        last = state.opens[-1] if state.opens else None
        wait = waiting_at(function, node)
        if wait is None or not self._is_sure("wait", node, state, last):
            return
        here = Line(function.name, node.place)
        callers = self.flow.callers
        line = line_to_change(callers, function, here, state, is_lock=wait.is_lock)
        if line.place not in self.waits:
            steps = steps_of(callers, state)
            made = Mistake("wait", line.place, line.function, _word(node), state.root, steps)
            self.waits[line.place] = (function, wait, made)

    def _judge_waits(self) -> None:
        threads = {each for each, root in self.roots.items() if root is Root.THREAD}
        partners = Partners(self.program, threads)
        for function, wait, made in self.waits.values():
            found = ender(partners, function, wait)
            if found is not None:
                partner = (found[0], found[1].place)
                self.found.setdefault(("wait", made.place), replace(made, partner=partner))
        called = {each for each, root in self.roots.items() if root is Root.PYTHON}
        for made in (*self.order.mistakes(self.ends), *self.lifetimes.mistakes(partners, called)):
            self.found.setdefault((made.kind, made.place), made)


def _word(node: Node) -> str:
    return node.name if node.kind == "call" else "a loop that waits"
