"""Calls of functions of which the source says how they want the thread: are they right?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pynodes.lint.annotations import STEADY, Says
from pynodes.lint.calls import Calls
from pynodes.lint.graph import Annotation, Node, Unit
from pynodes.lint.state import At, Open, State

_WANTS_ATTACHED = (Says.ATTACHED, Says.DETACHES)
_WANTS_DETACHED = (Says.DETACHED, Says.ATTACHES)
_WITHOUT_PYTHON = (At.NOT_STARTED, At.STOPPED)


def said_by(units: Iterable[Unit]) -> dict[str, Annotation]:
    """What all files say; what is said of a field holds for the functions that are kept in it."""
    units = list(units)
    found: dict[str, Annotation] = {}
    for unit in units:
        for known_as, said in unit.says.items():
            found.setdefault(known_as, said)
    kept: dict[str, set[Annotation]] = {}
    for unit in units:
        for field, function in unit.kept:
            if field in found and function not in found:
                kept.setdefault(function, set()).add(found[field])
    for function, said_of in kept.items():
        if len({each.says for each in said_of}) == 1:  # else it is called in several ways
            found[function] = min(said_of)
    return found


def ends_of(left: At) -> tuple[At, ...]:
    """The ends of a function that are right for one that says so."""
    return (left, At.LOST, At.WRONG, *_WITHOUT_PYTHON)


class Annotated:
    """What is said of functions and fields, at their calls."""

    def __init__(self, says: Mapping[str, Annotation], calls: Calls) -> None:
        self.says = says
        self.calls = calls

    def _of(self, node: Node) -> Annotation | None:
        return self.says.get(node.target) or self.says.get(node.field)

    def is_steady(self, node: Node) -> bool:
        """Whether it leaves the thread as it finds it: that is judged where it is defined."""
        said = self._of(node)
        return said is not None and said.says in STEADY

    def before(self, state: State, node: Node) -> State:
        """Is the thread as the function wants it? If nothing is known of it, it is taken to be."""
        said = self._of(node)
        if said is None:
            return state
        if said.may_block and state.at is At.ATTACHED:
            self.calls.say("may block", node, state)
        if said.says in _WANTS_ATTACHED:
            if state.at is At.DETACHED:
                last = state.opens[-1] if state.opens else None
                return self._wrong("said attached", node, state, last)
            return replace(state, at=At.ATTACHED) if state.at is At.CALLER else state
        if said.says in _WANTS_DETACHED:
            if state.at is At.ATTACHED:
                last = state.opens[-1] if state.opens else None
                return self._wrong("said detached", node, state, last)
            return replace(state, at=At.DETACHED) if state.at is At.CALLER else state
        return state

    def _wrong(self, kind: str, node: Node, state: State, other: Open | None) -> State:
        is_said = self.calls.say(kind, node, state, other)
        return replace(state, at=At.WRONG) if is_said else state

    def after(self, state: State, node: Node) -> State:
        """What a function whose definition was not read does, by what is said of it."""
        said = self._of(node)
        if said is None or state.at in (At.WRONG, At.LOST):
            return state
        if said.says == Says.ATTACHES:
            return self.calls.restored(state, node)
        if said.says == Says.DETACHES:
            return self.calls.saved(state, node)
        return replace(state, at=At.LOST) if said.says == Says.CHANGES else state
