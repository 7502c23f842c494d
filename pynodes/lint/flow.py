"""All paths through a function, and through those that it calls, from one state on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from pynodes.lint.annotated import Annotated
from pynodes.lint.calls import Calls, Sayer, attach_of, entered, forked
from pynodes.lint.ends import ENDS
from pynodes.lint.graph import Annotation, Function, Node, Value, last_name, outer_name
from pynodes.lint.handed import STARTS
from pynodes.lint.locks import after_lock
from pynodes.lint.loops import JOINS, joined, past_loop
from pynodes.lint.outcomes import Outcome, base_of, comparison, is_told_apart, merged
from pynodes.lint.state import (
    NOT_ZERO,
    At,
    Closed,
    Open,
    Renaming,
    Root,
    Started,
    State,
    Step,
    is_part,
    truth,
)

MOST_VARIANTS = 12  # of what is known at one point, with the same attachments
MOST_OPEN = 4  # attachments in each other
MOST_VISITS = 20_000  # of one root
MOST_DEPTH = 24


@dataclass
class Program:
    """Everything that was read. `stores`: what fields and variables of a name may call."""

    functions: Mapping[str, Function]
    stores: dict[str, frozenset[str]]
    constants: Mapping[str, object] = field(default_factory=dict)  # by name as others see it
    fields: frozenset[str] = frozenset()  # last names of what is tested where it matters
    changing: frozenset[str] = frozenset()  # functions that change attachment, wait or start
    asking: frozenset[str] = frozenset()  # functions that ask whether the thread is attached
    says: Mapping[str, Annotation] = field(default_factory=dict)  # of functions and fields
    owners: Mapping[str, set[str]] = field(default_factory=dict)  # of names, of how many things
    unresolved: Counter[str] = field(default_factory=Counter)
    given_up: Counter[str] = field(default_factory=Counter)

    def started_by(self, node: Node, state: State) -> str:
        """The function that a new thread runs, if that is known."""
        at = STARTS[node.name][1]
        value = node.arguments[at] if at < len(node.arguments) else Value()
        known = value.text if value.kind == "function" else state.fact(value.text)
        return known if isinstance(known, str) and known in self.functions else ""


_PLAIN = (At.ATTACHED, At.CALLER)
_OUTSIDE = (At.NOT_STARTED, At.STOPPED)


class _Silent:
    """Hears that there are mistakes, and says none."""

    def __init__(self) -> None:
        self.heard = False

    def __call__(
        self, kind: str, node: Node, state: State, other: Open | Closed | None = None
    ) -> bool:
        self.heard = True
        return True


class Hearer(Protocol):
    """Who is shown each call, with the state before it."""

    def __call__(self, function: Function, node: Node, state: State) -> None: ...


class Flow:
    """Follows paths."""

    def __init__(self, program: Program, say: Sayer, hear: Hearer) -> None:
        self.program = program
        self.calls = Calls(say)
        self.annotated = Annotated(program.says, self.calls)
        self.hear = hear
        self.reached: set[str] = set()
        self.visits = 0
        self.losses = 0
        self.callers: list[State] = []  # of the function in hand, at their calls
        self._outcomes: dict[tuple[object, ...], list[Outcome]] = {}
        self._active: list[str] = []
        self._tested: dict[str, Counter[str]] = {}
        self._even: dict[tuple[object, ...], bool] = {}

    def run(self, function: Function, state: State) -> list[Outcome]:
        """How it can end; the same start gives the same ends."""
        start = (function.id, *state.key())
        if start in self._outcomes:
            return self._outcomes[start]
        if function.id in self._active or len(self._active) > MOST_DEPTH:
            return [Outcome(state, Value(), None)]
        self.reached.add(function.id)
        self._active.append(function.id)
        outer, self.calls.function = self.calls.function, function
        found = merged(self._paths(function, replace(state, trail=None)))
        self.calls.function = outer
        self._active.pop()
        self._outcomes[start] = found
        return found

    def _paths(self, function: Function, start: State) -> Iterator[Outcome]:
        seen: set[tuple[object, ...]] = set()
        variants: Counter[tuple[object, ...]] = Counter()
        losses = self.losses
        waiting = [(0, start)]
        while waiting:
            index, state = waiting.pop()
            key = (index, *state.key())
            if key in seen:
                continue
            seen.add(key)
            self.visits += 1
            if self.visits > MOST_VISITS:
                self.program.given_up[function.name] += 1
                self.losses += 1
                break
            variant = (index, *replace(state, facts=frozenset()).key())
            variants[variant] += 1
            if variants[variant] > MOST_VARIANTS:
                self.program.given_up[function.name] += 1
                continue
            node = function.nodes[index]
            if node.kind == "return":
                yield self._returned(function, node, state)
                continue
            for after, ways in self._step(function, node, state):
                waiting += [(way, after) for way in ways]
        if self.losses > losses:  # so it may come back in other ways, too
            yield Outcome(replace(start, at=At.LOST, opens=(), closed=()), Value(), None)

    def _step(
        self, function: Function, node: Node, state: State
    ) -> Iterator[tuple[State, list[int]]]:
        if node.kind == "test":
            self.hear(function, node, state)
            state = past_loop(function, node, state)
            yield from self._tested_ways(function, node, state)
        elif node.kind == "set":
            yield self._set(function, node, state), node.next
        elif node.kind == "call":
            self.calls.function = function
            if not (node.name in ENDS or node.ends):
                for after in self._call(function, node, state):
                    if after.at is At.LOST:
                        self.program.given_up[node.name or node.pointer] += 1
                        self.losses += 1
                    elif after.at is not At.WRONG:
                        yield after, node.next
        else:
            yield state, node.next

    def known(self, state: State, key: str) -> object:
        """What is known of a variable, here or everywhere."""
        here = state.fact(key)
        return self.program.constants.get(outer_name(key)) if here is None else here

    def _interest(self, function: Function) -> Counter[str]:
        """How often keys are tested or returned there; comparisons have a key of their own."""
        found = self._tested.get(function.id)
        if found is None:
            found = self._tested[function.id] = Counter()
            for node in function.nodes:
                if node.kind == "test" and node.value.kind == "key":
                    found[node.value.text] += 1
                    if node.operator:
                        found[comparison(node)] += 1
                elif node.kind in ("return", "set") and node.value.kind == "key":
                    found[node.value.text] += 1
        return found

    def _matters(self, function: Function, key: str, least: int) -> bool:
        if function.id not in self.program.changing:
            return False
        if self._interest(function)[key] >= least:
            return True
        is_outer = key.startswith(("::", "*")) or "->" in key or "." in key
        return is_outer and key.replace("->", ".").rsplit(".", 1)[-1] in self.program.fields

    def _hands_on(self, function: Function, key: str) -> bool:
        """Whether a parameter is given to a call that has to be followed."""
        if function.id not in self.program.changing:
            return False
        return any(
            value.text == key and value.kind == "key"
            for node in function.calls()
            if node.target in self.program.changing
            for value in node.arguments
        )

    def _tested_ways(
        self, function: Function, node: Node, state: State
    ) -> Iterator[tuple[State, list[int]]]:
        if len(node.next) < 2:
            return
        yes, no = node.next[:1], node.next[1:2]
        if node.value.kind in ("address", "function") and not node.operator:
            yield state, yes
            return
        known: object = node.value.number if node.value.kind == "number" else None
        key = node.value.text if node.value.kind == "key" else ""
        if key:
            known = self.known(state, key)
        if node.operator:
            yield from self._compared(function, node, state, known)
            return
        is_so = truth(known)
        if is_so is not None:
            yield state, yes if is_so else no
            return
        keep = bool(key) and self._matters(function, key, 2)
        yield (state.knowing(key, NOT_ZERO) if keep else state), yes
        yield (state.knowing(key, 0) if keep else state), no

    def _compared(
        self, function: Function, node: Node, state: State, known: object
    ) -> Iterator[tuple[State, list[int]]]:
        yes, no = node.next[:1], node.next[1:2]
        other: object = node.other.number if node.other.kind == "number" else None
        if node.other.kind == "key":
            other = self.known(state, node.other.text)
        if isinstance(known, int) and isinstance(other, int):
            is_so = {"==": known == other, "<": known < other, ">": known > other}[node.operator]
            yield state, yes if is_so else no
            return
        name = comparison(node)
        before = state.fact(name)
        if before is not None:
            yield state, yes if before else no
            return
        keep = self._matters(function, name, 2)
        key = node.value.text if node.value.kind == "key" else ""
        then = state.knowing(name, 1) if keep else state
        if node.operator == "==" and isinstance(other, int) and self._matters(function, key, 2):
            then = then.knowing(key, other)
        yield then, yes
        yield (state.knowing(name, 0) if keep else state), no

    def _set(self, function: Function, node: Node, state: State) -> State:
        key, value = node.result, node.value
        known: object = None
        if value.kind == "number":
            known = value.number
        elif value.kind == "address":
            known = NOT_ZERO
        elif value.kind == "function":
            known = value.text
        elif value.kind == "key":
            known = self.known(state, value.text)
            stored = self.program.stores.get(last_name(value), frozenset())
            if known is None and key.startswith("$") and len(stored) == 1:
                known = next(iter(stored))  # a pointer that is about to be called
        opens = state.opens
        if value.kind == "key":
            opens = tuple(
                each._replace(key=key) if each.key == value.text else each for each in opens
            )
        closed = tuple(each for each in state.closed if not is_part(each.key, key))
        state = replace(state.forgetting(key), opens=opens, closed=closed)
        if known is not None and (isinstance(known, str) or self._matters(function, key, 1)):
            state = state.knowing(key, known)
        if isinstance(known, str) and known != NOT_ZERO and value.kind == "key":
            name = last_name(Value("key", key))  # a pointer that a caller has given
            if outer_name(key) and name not in self.program.constants:
                self.program.stores[name] = self.program.stores.get(name, frozenset()) | {known}
        return state

    def _call(self, function: Function, node: Node, state: State) -> Iterable[State]:
        self.hear(function, node, state)
        if node.name in ("fork", "vfork"):
            return forked(state, node)
        if node.name in STARTS and (begun := self.program.started_by(node, state)):
            at = STARTS[node.name][0]
            handle = last_name(node.arguments[at]) if at >= 0 else node.result
            made = Started(begun, handle, node.place, len(self.callers))
            others = tuple(each for each in state.started if each.function != begun)
            state = replace(state, started=(*others, made))
        elif node.name in JOINS and node.arguments and state.started:
            state = joined(state, frozenset((last_name(node.arguments[0]),)))
        if node.name == "cleared":
            return [state.knowing(node.arguments[0].text, 0)]
        if (locked := after_lock(state, node, function)) is not None:
            return [locked]
        if self.annotated.says:
            state = self.annotated.before(state, node)
        if attach_of(node.name):
            after = self._forget_arguments(self.calls.after(state, node), node)
            return entered(after, node) or [after]
        targets = self._targets(node, state)
        if not targets or state.at is At.WRONG or self._is_skipped(node):
            return [self._outside(node, self.annotated.after(state, node))]
        if len(targets) > 1:  # it depends on what was stored, and so may others
            known = self.program.changing.isdisjoint(each.id for each in targets)
            return [self._forget_arguments(state, node) if known else replace(state, at=At.LOST)]
        found: list[State] = []
        for target in targets:
            found += self._into(function, node, state, target)
        return found

    def _is_skipped(self, node: Node) -> bool:
        """Whether what is said of a function is enough: it is judged by itself."""
        return self.annotated.is_steady(node) and node.target not in self.program.asking

    def _outside(self, node: Node, state: State) -> State:
        """A function whose definition was not read."""
        if node.pointer:
            self.program.unresolved[node.pointer] += 1
        if state.at is At.NOT_STARTED and not node.is_system:
            state = replace(state, at=At.LOST)  # it may have started Python
        return self._forget_arguments(state, node)

    def _forget_arguments(self, state: State, node: Node) -> State:
        for value in node.arguments:
            if value.kind == "address":
                state = state.forgetting(value.text)
        return state

    def _targets(self, node: Node, state: State) -> list[Function]:
        ids: Iterable[str] = [node.target]
        if node.pointer and not node.target:
            known = self.known(state, node.pointer)
            stored = self.program.stores.get(last_name(Value("key", node.pointer)), frozenset())
            ids = [known] if isinstance(known, str) else sorted(stored) if len(stored) < 5 else ()
        return [self.program.functions[each] for each in ids if each in self.program.functions]

    def _into(
        self, function: Function, node: Node, state: State, target: Function
    ) -> Iterator[State]:
        is_plain = target.id not in self.program.changing
        if is_plain and state.at in _PLAIN and not (state.is_child or state.root is Root.HANDLER):
            self.reached.add(target.id)
            yield self._forget_arguments(state, node)
            return
        names = Renaming(target.parameters, node.arguments)
        self.callers.append(state.stepped(
            Step(node.place, function.name, f"calls {target.name}", state.at)
        ))  # fmt: skip
        entered = self._entered(state, node, target, names)
        hands = any(known in target.parameters for known, _ in entered.facts)
        asks = target.id in self.program.asking
        is_even = not (is_plain or hands or asks) and self._is_even(target, state)
        outcomes = [] if is_even else self.run(target, entered)
        self.callers.pop()
        if is_even:
            yield self._forget_arguments(state, node)
            return
        if not is_told_apart(outcomes):
            yield replace(state, at=At.LOST)
            return
        for outcome in outcomes:
            if outcome.state.at is not At.WRONG:
                yield self._back(function, node, state, outcome, names, target)

    def _is_even(self, target: Function, state: State) -> bool:
        """Whether it leaves the thread as it finds it, without a mistake, whatever is known."""
        if state.at in _OUTSIDE:
            return False
        start = (target.id, state.root, state.at, *state.around())
        if start not in self._even:
            self._even[start] = False  # where it calls itself
            said, self.calls.say = self.calls.say, _Silent()
            bare = replace(state, opens=(), closed=(), facts=frozenset(), trail=None)
            ends = [outcome.state for outcome in self.run(target, bare)]
            silent, self.calls.say = self.calls.say, said
            even = all(
                end.at is state.at and not end.opens and not end.closed
                and end.around() == state.around() for end in ends
            )  # fmt: skip
            quiet = isinstance(silent, _Silent) and not silent.heard
            self._even[start] = even and quiet and bool(ends)
            self._outcomes.pop((target.id, *bare.key()), None)
        return self._even[start]

    def _entered(self, state: State, node: Node, target: Function, names: Renaming) -> State:
        facts: set[tuple[str, object]] = set()
        for parameter, value in zip(target.parameters, node.arguments, strict=False):
            wanted = self._matters(target, parameter, 1) or self._hands_on(target, parameter)
            if value.kind == "number" and wanted:
                facts.add((parameter, value.number))
            elif value.kind == "function":
                facts.add((parameter, value.text))
            elif value.kind == "key" and state.fact(value.text) is None:
                settled = self.program.constants.get(outer_name(value.text))
                if settled is not None and self._matters(target, parameter, 1):
                    facts.add((parameter, settled))
        for key, known in state.facts:
            if not key.startswith(("?", "$", "^")):
                inside = names.into(key)
                wanted = isinstance(known, str) and known != NOT_ZERO
                if not inside.startswith("^") and (wanted or self._matters(target, inside, 1)):
                    facts.add((inside, known))
        opens = tuple(each._replace(key=names.into(each.key)) for each in state.opens)
        moved = (each._replace(key=names.into(each.key)) for each in state.closed)
        closed = tuple(each for each in moved if each.key in target.parameters)
        return replace(state, opens=opens, closed=closed, facts=frozenset(facts))

    def _back(
        self, function: Function, node: Node, state: State, outcome: Outcome,
        names: Renaming, target: Function,
    ) -> State:  # fmt: skip
        inner = outcome.state

        def outer(key: str) -> str:
            if outcome.value.kind == "key" and key == outcome.value.text:
                return node.result
            back = names.back(key)
            return "~" if back is None else back

        opens = tuple(each._replace(key=outer(each.key)) for each in inner.opens)
        own = (*function.owned, *function.parameters)
        moved = (each for each in inner.closed if each.key in target.parameters)
        done = (each._replace(key=outer(each.key)) for each in moved)
        closed = tuple(dict.fromkeys((*state.closed, *(each for each in done if each.key in own))))
        after = self._forget_arguments(state, node)
        if len(opens) > MOST_OPEN:
            self.program.given_up[function.name] += 1
            inner, opens = replace(inner, at=At.LOST), ()
        changed = inner.at is not state.at or len(inner.opens) != len(state.opens)
        after = replace(
            after, root=inner.root, at=inner.at, opens=opens, closed=closed,
            is_child=inner.is_child, is_copy=inner.is_copy, locks=inner.locks,
            started=tuple(
                each._replace(depth=min(each.depth, len(self.callers))) for each in inner.started
            ),
        )  # fmt: skip
        for key, known in inner.facts:
            back = None if key.startswith(("?", "$", "^")) else names.back(key)
            if back and key not in names.keys:
                after = after.forgetting(back)
                if self._matters(function, back, 1):
                    after = after.knowing(back, known)
        if node.result and outcome.known is not None:
            after = after.knowing(node.result, outcome.known)
        if changed:
            for step in inner.steps():
                after = after.stepped(step)
            text = f"{target.name} returns"
            after = after.stepped(Step(node.place, function.name, text, inner.at))
        return after

    def _returned(self, function: Function, node: Node, state: State) -> Outcome:
        known: object = None
        if node.value.kind == "number":
            known = node.value.number
        elif node.value.kind == "key":
            known = self.known(state, node.value.text)
        elif node.value.kind == "address":
            known = NOT_ZERO
        lost = self._lost(function, node, state)
        if lost is not None:
            self.calls.function = function
            if self.calls.say("lost", node, state, lost):
                state = replace(state, at=At.WRONG)
            else:  # it can be asked for elsewhere
                moved = (e._replace(key="~") if e is lost else e for e in state.opens)
                state = replace(state, opens=tuple(moved))
        own = function.owned
        kept = frozenset(
            (key, fact) for key, fact in state.facts
            if not key.startswith(("?", "$")) and base_of(key) not in own
        )  # fmt: skip
        return Outcome(replace(state, facts=kept), node.value, known)

    def _lost(self, function: Function, node: Node, state: State) -> Open | None:
        """What is still open and can never be undone: its result dies here."""
        for each in state.opens:
            is_own = each.key in function.owned and each.key not in function.escaped
            returned = node.value.kind == "key" and node.value.text == each.key
            if each.kind != "restore" and is_own and not returned and each.before is not At.LOST:
                return each
        return None
