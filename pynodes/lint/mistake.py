"""What is wrong in a program, as reading found it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pynodes.lint.graph import Place
from pynodes.lint.state import At, Closed, Open, Root, State, Step


@dataclass(frozen=True)
class Mistake:
    """`kind`: the word of calls.py; `place`: the line to change; `node`: the call it shows at."""

    kind: str
    place: Place
    function: str
    call: str
    root: Root
    steps: tuple[Step, ...]
    other: Open | Closed | None = None
    partner: tuple[str, Place] | None = None
    end: Place | None = None  # where it shows, when that is another line
    left: At = At.LOST  # how the thread is then


def steps_of(callers: Iterable[State], state: State) -> tuple[Step, ...]:
    """The whole path, from where the first function begins."""
    steps = [step for caller in callers for step in caller.steps()]
    return (*steps, *state.steps())
