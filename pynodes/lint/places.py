"""Which line is to be changed: of all functions on a path the one that should know."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pynodes.lint.graph import Function, Place
from pynodes.lint.state import ENTERED, At, State


class Line(NamedTuple):
    function: str
    place: Place


def call_in(callers: Sequence[State], index: int) -> Line:
    """Where the function at that depth calls the next one; 0 is the outermost."""
    step = callers[index].steps()[-1]
    return Line(step.function, step.place)


def line_to_change(
    callers: Sequence[State], function: Function, here: Line, state: State, *, is_lock: bool = False
) -> Line:
    """Where an attached thread goes off to do what it should do detached.

    The function that is attached, because Python called it or because it attached, calls something
    that waits. When that lies deeper than in a function of its own it is a matter of others, who
    need not know of Python: then the line is the one in the attached function.

    Args:
        is_lock: the function that waits is a lock, which others take without knowing how.
    """
    last = len(callers)
    shown = last - 1 if last and (function.is_inline or is_lock) else last
    attached = _attached_at(callers, state)
    if shown - attached > 1:
        shown = attached
    return here if shown == last else call_in(callers, shown)


def _attached_at(callers: Sequence[State], state: State) -> int:
    """How deep the innermost function lies that is attached by itself, or by who called it."""
    before_at, before_opens = ENTERED.get(state.root, At.CALLER), 0
    found = 0
    for index, each in enumerate((*callers, state)):
        if each.at is At.ATTACHED and (
            before_at is not At.ATTACHED or len(each.opens) > before_opens
        ):
            found = index
        before_at, before_opens = each.at, len(each.opens)
    return found
