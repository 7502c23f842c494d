"""Who ends a wait, and what a thread does before it needs the interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pynodes.contract.table import Attach
from pynodes.lint.calls import attach_of
from pynodes.lint.flow import Program
from pynodes.lint.graph import Function, Node, last_name, outer_name
from pynodes.lint.handed import STARTS
from pynodes.lint.loops import loop_at
from pynodes.lint.reach import pointed

SIGNALS = {
    "pthread_cond_signal": "condition",
    "pthread_cond_broadcast": "condition",
    "cnd_signal": "condition",
    "cnd_broadcast": "condition",
    "g_cond_signal": "condition",
    "g_cond_broadcast": "condition",
    "std::condition_variable::notify_one": "condition",
    "std::condition_variable::notify_all": "condition",
    "std::condition_variable_any::notify_one": "condition",
    "std::condition_variable_any::notify_all": "condition",
    "sem_post": "semaphore",
    "pthread_barrier_wait": "barrier",
}
_ATTACHING = (Attach.ENSURES, Attach.RESTORES)
_READS = ("read", "recv", "recvfrom")

Effect = tuple[str, str]  # what is ended: condition, semaphore, barrier, flag; its name


class Early(NamedTuple):
    """What a function may do before it attaches; whether it may return before it."""

    effects: frozenset[Effect]
    returns: bool


def effect_of(node: Node) -> Effect | None:
    """What a step ends a wait of."""
    if node.kind == "call" and node.name in SIGNALS and node.arguments:
        return SIGNALS[node.name], last_name(node.arguments[0])
    if node.kind == "set" and (name := outer_name(node.result)):
        return "flag", name
    if node.kind == "call" and node.name.startswith("std::") and node.arguments:
        word = node.name.rpartition("::")[2]
        if "atomic" in node.name and (word in ("store", "exchange") or "operator" in word):
            return "flag", outer_name(node.arguments[0].text)
    return None


class Partners:
    """Which threads end a wait, and whether they need Python for it."""

    def __init__(self, program: Program, threads: set[str]) -> None:
        self.program = program
        self.threads = threads
        self.pipes = dict(_pipes(program))
        self._reached: dict[str, frozenset[str]] = {}
        self._early: dict[str, Early] = {}

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

    def early(self, known_as: str) -> Early:
        """What it does while it need not be attached."""
        if known_as in self._early:
            return self._early[known_as]
        self._early[known_as] = Early(frozenset(), returns=False)  # where it calls itself
        function = self.program.functions[known_as]
        effects: set[Effect] = set()
        seen: set[int] = set()
        waiting, returns = [0], False
        while waiting:
            index = waiting.pop()
            if index in seen or index >= len(function.nodes):
                continue
            seen.add(index)
            node = function.nodes[index]
            effect = effect_of(node)
            if effect is not None:
                effects.add(effect)
            returns = returns or node.kind == "return"
            if self._goes_on(node, effects):
                waiting += node.next
        self._early[known_as] = Early(frozenset(effects), returns)
        return self._early[known_as]

    def _goes_on(self, node: Node, effects: set[Effect]) -> bool:
        """Whether a step may end without an attach."""
        if node.kind != "call":
            return True
        if attach_of(node.name) in _ATTACHING:
            return False
        targets = [e for e in pointed(node, self.program.stores) if e in self.program.functions]
        called = [self.early(each) for each in targets]
        for each in called:
            effects |= each.effects
        return not called or any(each.returns for each in called)

    def ending(self, effects: set[Effect]) -> tuple[str, Node] | None:
        """The thread that ends it once it has attached: its name, and where it attaches.

        None: nobody, or somebody who need not attach for it.
        """
        found = [each for each in sorted(self.threads) if self._does(each, effects)]
        places = [(self.program.functions[each].name, self.attaches(each)) for each in found]
        if not places or any(at is None for _, at in places):
            return None
        if any(self.early(each).effects & effects for each in found):
            return None
        return next((each, at) for each, at in places if at is not None)

    def signals(self, root: str, names: set[str]) -> bool:
        """Whether a function, or what it calls, signals something of these names."""
        return any(
            node.name in SIGNALS and node.arguments and last_name(node.arguments[0]) in names
            for each in self.reached_from(root)
            for node in self.program.functions[each].calls()
        )

    def _does(self, root: str, effects: set[Effect]) -> bool:
        return any(
            effect_of(node) in effects
            for each in self.reached_from(root)
            for node in self.program.functions[each].nodes
        )

    def joined(self, handle: str) -> tuple[str, Node] | None:
        """Of the threads whose handle has that name; where none has, of all threads."""
        found = set()
        for function in self.program.functions.values():
            for node in function.calls():
                if node.name in STARTS:
                    at, body = STARTS[node.name]
                    arguments = node.arguments
                    named = last_name(arguments[at]) if 0 <= at < len(arguments) else ""
                    if len(arguments) > body and named == handle:
                        found.add(arguments[body].text)
        who = found & set(self.program.functions) or self.threads
        places = [(self.program.functions[each].name, self.attaches(each)) for each in sorted(who)]
        if not places or any(at is None for _, at in places):
            return None
        return next((each, at) for each, at in places if at is not None)

    def reading(self, name: str) -> tuple[str, Node] | None:
        """The thread that empties a pipe, and attaches between one read and the next."""
        pipe = self.pipes.get(name, name)
        for root in sorted(self.threads):
            for each in sorted(self.reached_from(root)):
                function = self.program.functions[each]
                for node in function.calls():
                    if node.name in _READS and node.arguments:
                        other = outer_name(node.arguments[0].text)
                        at = self._attach_in_loop(function, node)
                        if at is not None and self.pipes.get(other, other) == pipe:
                            return self.program.functions[root].name, at
        return None

    def _attach_in_loop(self, function: Function, node: Node) -> Node | None:
        loop = loop_at(function, node)
        for index in sorted(loop.nodes) if loop is not None else ():
            other = function.nodes[index]
            if other.kind != "call":
                continue
            if attach_of(other.name) in _ATTACHING:
                return other
            for each in pointed(other, self.program.stores):
                if each in self.program.functions and (at := self.attaches(each)) is not None:
                    return at
        return None


def _pipes(program: Program) -> Iterator[tuple[str, str]]:
    """Variables that are an end of a pipe, with a name for that pipe."""
    for function in program.functions.values():
        made = {
            node.arguments[0].text
            for node in function.calls()
            if node.name in ("pipe", "pipe2", "socketpair") and node.arguments
        }
        for each in made:
            if outer_name(each):
                yield outer_name(each), each
        for node in function.nodes:
            if node.kind == "set" and node.value.text.removesuffix("[]") in made:
                yield outer_name(node.result), f"{function.id} {node.value.text}"
