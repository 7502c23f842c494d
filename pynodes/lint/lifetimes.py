"""Threads, thread states and interpreters: who outlives what, and who shares it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from pynodes.contract.table import Attach
from pynodes.lint.calls import attach_of
from pynodes.lint.flow import Program
from pynodes.lint.graph import Function, Node, Place, outer_name
from pynodes.lint.handed import STARTS
from pynodes.lint.loops import loop_at
from pynodes.lint.mistake import Mistake, steps_of
from pynodes.lint.partners import Partners
from pynodes.lint.places import Line, call_in
from pynodes.lint.state import At, Root, Started, State
from pynodes.lint.waits import FOLLOWED

_ATTACHING = (Attach.ENSURES, Attach.RESTORES)
_GONE = ("PyThreadState_Delete", "PyThreadState_Clear")


class Coming(NamedTuple):
    """A thread attaches: where, with a state that it holds, or anew."""

    made: Mistake
    holds: bool
    key: str  # the thread state's, as others name it
    nested: bool
    again: bool  # in a loop
    ensures: bool


class Stop(NamedTuple):
    made: Mistake
    started: tuple[Started, ...]
    lines: tuple[Line, ...]  # the calls on the way there, and itself


class Lifetimes:
    """Hears of starts, attachments and stops, and says which do not go together."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.comings: dict[str, dict[Place, Coming]] = {}
        self.stops: list[Stop] = []
        self.ended: list[Stop] = []
        self.gone: dict[str, set[str]] = {}  # thread states by name: threads that run meanwhile
        self.starts: Counter[str] = Counter()
        self.guests: set[str] = set()
        self.nested: dict[Place, Mistake] = {}
        self.guest_runs = False

    def hear(
        self, function: Function, node: Node, state: State, callers: Sequence[State], root: str
    ) -> None:
        """A call, with the state before it."""
        if node.kind != "call":
            return
        attach = attach_of(node.name)
        in_guest = any(each.kind == "enter" for each in state.opens)
        if node.name in STARTS:
            self._start(function, node, state, in_guest=in_guest)
        if in_guest and state.at is At.ATTACHED and node.name.startswith(("PyRun_", "PyImport_")):
            self.guest_runs = True
        if attach in _ATTACHING:
            self._attach(function, node, state, callers, root)
        elif attach == Attach.STOPS and state.started:
            self.stops.append(self._stop("stop with threads", function, node, state, callers))
        elif node.name == "Py_EndInterpreter" and state.started:
            self.ended.append(self._stop("end with threads", function, node, state, callers))
        elif node.name in _GONE and node.arguments:
            name = outer_name(node.arguments[0].text)
            running = {each.function for each in state.started if not each.is_joined}
            self.gone.setdefault(name, set()).update(running)

    def _start(self, function: Function, node: Node, state: State, *, in_guest: bool) -> None:
        known = self.program.started_by(node, state)
        if known:
            self.starts[known] += 2 if loop_at(function, node) is not None else 1
            if in_guest:
                self.guests.add(known)

    def _attach(
        self, function: Function, node: Node, state: State, callers: Sequence[State], root: str
    ) -> None:
        key = node.arguments[0].text if node.arguments else ""
        steps = steps_of(callers, state)
        made = Mistake("", node.place, function.name, node.name, state.root, steps)
        ensures = attach_of(node.name) == Attach.ENSURES
        if ensures and state.root is Root.PYTHON and state.at is At.ATTACHED and not state.opens:
            self.nested.setdefault(node.place, made)
        if state.root is not Root.THREAD or state.at is not At.DETACHED:
            return
        again = loop_at(function, node) is not None or any(
            self._is_in_loop(line) for line in (call_in(callers, i) for i in range(len(callers)))
        )
        name = outer_name(key) if key.startswith("::") and "[" not in key else ""
        coming = Coming(made, bool(state.opens), name, bool(state.opens), again, ensures)
        self.comings.setdefault(root, {}).setdefault(node.place, coming)

    def _is_in_loop(self, line: Line) -> bool:
        for each in self.program.functions.values():
            if each.name == line.function:
                return any(
                    node.place == line.place and loop_at(each, node) is not None
                    for node in each.calls()
                )
        return False

    def _stop(
        self, kind: str, function: Function, node: Node, state: State, callers: Sequence[State]
    ) -> Stop:
        steps = steps_of(callers, state)
        made = Mistake(kind, node.place, function.name, node.name, state.root, steps)
        lines = [call_in(callers, i) for i in range(len(callers))]
        return Stop(made, state.started, (*lines, Line(function.name, node.place)))

    def mistakes(self, partners: Partners, called: set[str]) -> Iterator[Mistake]:
        """`called`: functions that Python calls."""
        yield from self._after_stops(partners, called)
        yield from self._after_ends(partners)
        yield from self._shared_states()
        for root in sorted(self.guests):
            for each in self.comings.get(root, {}).values():
                if each.ensures and not each.holds:
                    yield replace(each.made, kind="lands in main")
        if self.guest_runs:
            for made in self.nested.values():
                yield replace(made, kind="ensure in guest")

    def _after_stops(self, partners: Partners, called: set[str]) -> Iterator[Mistake]:
        done = set()
        joined = {e.function for stop in self.stops for e in stop.started if e.is_joined}
        for stop in self.stops:
            for started in stop.started:
                if started.function in joined or started.function in done:
                    continue
                found = self._late(partners, started.function)
                if found is None:
                    continue
                done.add(started.function)
                name = self.program.functions[started.function].name
                if found.holds:
                    line = stop.lines[min(started.depth, len(stop.lines) - 1)]
                    yield replace(
                        stop.made, kind="stop with threads", place=line.place,
                        function=line.function, partner=(name, found.made.place),
                    )  # fmt: skip
                    continue
                is_meanwhile = self._is_told_by(partners, started.function, called)
                kind = "attach while stopping" if is_meanwhile else "attach after stop"
                yield replace(found.made, kind=kind, partner=(stop.made.function, stop.made.place))

    def _late(self, partners: Partners, root: str) -> Coming | None:
        """Where a thread may attach when much else has happened: again, or after a wait."""
        comings = self.comings.get(root, {}).values()
        waits = any(
            node.name in FOLLOWED
            for each in partners.reached_from(root)
            for node in self.program.functions[each].calls()
        )
        late = [each for each in comings if each.again or waits]
        held = [each for each in late if each.holds]
        return next(iter((*held, *late)), None)

    def _is_told_by(self, partners: Partners, root: str, called: set[str]) -> bool:
        """Whether it waits for what a function does that Python calls, while it is stopped too."""
        waited = {
            value.text.replace("->", ".").rsplit(".", 1)[-1].removeprefix("::")
            for each in partners.reached_from(root)
            for node in self.program.functions[each].calls()
            if node.name in FOLLOWED
            for value in node.arguments[:1]
        }
        return any(partners.signals(each, waited) for each in called)

    def _after_ends(self, partners: Partners) -> Iterator[Mistake]:
        joined = {e.function for stop in self.ended for e in stop.started if e.is_joined}
        for stop in self.ended:
            for started in stop.started:
                if started.function in joined:
                    continue
                for each in sorted(partners.reached_from(started.function)):
                    function = self.program.functions[each]
                    if any(node.name == "PyThreadState_New" for node in function.calls()):
                        yield replace(stop.made, partner=(function.name, function.place))
                        break

    def _shared_states(self) -> Iterator[Mistake]:
        for root, comings in self.comings.items():
            for each in comings.values():
                if not each.key or each.holds:
                    continue
                if self.starts[root] > 1:
                    yield replace(each.made, kind="state of many")
                elif root in self.gone.get(each.key, set()) and each.again:
                    yield replace(each.made, kind="state gone")
