"""Loops of a function's graph: what is in them, and what they wait for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pynodes.lint.graph import Function, Node, last_name, outer_name
from pynodes.lint.state import State

JOINS = frozenset(
    ("pthread_join", "thrd_join", "std::thread::join", "g_thread_join", "uv_thread_join",
     "std::jthread::join", "SDL_WaitThread")
)  # fmt: skip


@dataclass(frozen=True)
class Loop:
    """`nodes`: indices; `reads`: names, as other functions know them, that decide whether it ends;
    `joins`: handles of threads that are joined in it."""

    nodes: frozenset[int]
    reads: frozenset[str]
    joins: frozenset[str]


def loop_at(function: Function, node: Node) -> Loop | None:
    """The loop that a step is in."""
    loops = loops_of(function)
    return loops.get(id(node))


def loops_of(function: Function) -> dict[int, Loop]:
    """By the identity of each step that is in one."""
    if function.loops is None:
        made: dict[int, Loop] = {}
        for part in _components(function):
            loop = _loop(function, part)
            made |= {id(function.nodes[index]): loop for index in part}
        function.loops = made
    return function.loops


def _loop(function: Function, part: frozenset[int]) -> Loop:
    reads, joins = set[str](), set[str]()
    for index in part:
        node = function.nodes[index]
        if node.kind == "test" and any(way not in part for way in node.next):
            reads |= {outer_name(value.text) for value in (node.value, node.other)}
            reads |= set(_behind(function, part, node))
        if node.kind == "call" and node.name in JOINS and node.arguments:
            joins.add(last_name(node.arguments[0]))
    return Loop(part, frozenset(reads - {""}), frozenset(joins))


def _behind(function: Function, part: frozenset[int], test: Node) -> Iterator[str]:
    """Names that a value came from which is tested."""
    text = test.value.text
    if not text.startswith("$"):
        return
    for index in part:
        node = function.nodes[index]
        if node.kind == "set" and node.result == text:
            yield outer_name(node.value.text)
        elif node.kind == "call" and node.result == text:
            for value in node.arguments:
                yield outer_name(value.text)


def _components(function: Function) -> Iterator[frozenset[int]]:
    """Steps that lead back to themselves: Tarjan's algorithm, without recursion."""
    nodes = function.nodes
    number, low = dict[int, int](), dict[int, int]()
    stack: list[int] = []
    on_stack: set[int] = set()
    for root in range(len(nodes)):
        if root in number:
            continue
        work = [(root, iter(nodes[root].next))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while work:
            at, ways = work[-1]
            for way in ways:
                if way not in number:
                    number[way] = low[way] = len(number)
                    stack.append(way)
                    on_stack.add(way)
                    work.append((way, iter(nodes[way].next)))
                    break
                if way in on_stack:
                    low[at] = min(low[at], number[way])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[at])
                if low[at] == number[at]:
                    part = set[int]()
                    while True:
                        other = stack.pop()
                        on_stack.discard(other)
                        part.add(other)
                        if other == at:
                            break
                    if len(part) > 1 or at in nodes[at].next:
                        yield frozenset(part)


def past_loop(function: Function, node: Node, state: State) -> State:
    """Whoever gets past a loop that joins threads has joined them, however many there were."""
    if not state.started:
        return state
    loop = loop_at(function, node)
    if loop is None or not loop.joins:
        return state
    return joined(state, loop.joins)


def joined(state: State, handles: frozenset[str]) -> State:
    """The threads that one of these handles is of have ended."""
    started = tuple(
        each._replace(is_joined=True) if each.handle in handles else each for each in state.started
    )
    return replace(state, started=started)
