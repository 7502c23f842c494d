"""How calls come back: the ends of all paths through a function, one of each kind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from pynodes.lint.graph import Node, Value
from pynodes.lint.state import NOT_ZERO, At, State, truth


class Outcome(NamedTuple):
    """How a call comes back: the state in the callee's terms, and what it returns."""

    state: State
    value: Value
    known: object


def merged(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """One of each way in which the thread is left, with what is known in all of them."""
    found: dict[tuple[object, ...], Outcome] = {}
    for each in outcomes:
        is_named = any(opened.key == each.value.text for opened in each.state.opens)
        value = each.value if is_named else Value()
        bare = replace(each.state, facts=frozenset())
        key = (value, truth(each.known), *bare.key())
        before = found.get(key)
        if before is None:
            found[key] = Outcome(each.state, value, each.known)
            continue
        known = each.known if each.known == before.known else None
        if known is None and each.known is not None and truth(each.known):
            known = NOT_ZERO
        facts = before.state.facts & each.state.facts
        found[key] = Outcome(replace(before.state, facts=facts), value, known)
    return list(found.values())


def is_told_apart(outcomes: Iterable[Outcome]) -> bool:
    """Whether what a call returns says how it leaves the thread."""
    found: dict[bool | None, tuple[object, ...]] = {}
    for each in outcomes:
        if each.state.at is At.WRONG:
            continue
        left = (each.state.at, tuple(opened.kind for opened in each.state.opens))
        if found.setdefault(truth(each.known), left) != left:
            return False
    unknown = found.get(None)
    return unknown is None or all(left == unknown for left in found.values())


def base_of(key: str) -> str:
    return key.split("->")[0].split(".")[0].split("[")[0].removeprefix("*")


def comparison(node: Node) -> str:
    """A key for a comparison, the same wherever the same things are compared."""
    other = node.other.text or str(node.other.number)
    return f"?{node.value.text}\t{other}\t{node.operator}"
