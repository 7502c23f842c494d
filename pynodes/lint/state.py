"""What is known of a thread at a point of a path: is it attached, what is still to be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from pynodes.lint.graph import Place, Value


class At(StrEnum):
    """Is the thread attached?

    caller: as the caller was, which is not known. lost: it is not known any more, so the path is
    not followed further. wrong: nor is it after a mistake.
    """

    ATTACHED = "attached"
    DETACHED = "detached"
    CALLER = "caller"
    NOT_STARTED = "not started"
    STOPPED = "stopped"
    LOST = "lost"
    WRONG = "wrong"


class Root(StrEnum):
    """Who calls the function that a path begins in."""

    PYTHON = "python"
    THREAD = "thread"
    MAIN = "main"
    HANDLER = "handler"
    UNKNOWN = "unknown"
    SAID = "said"  # as the source says


ENTERED = {
    Root.PYTHON: At.ATTACHED,
    Root.THREAD: At.DETACHED,
    Root.MAIN: At.NOT_STARTED,
    Root.HANDLER: At.CALLER,
    Root.UNKNOWN: At.CALLER,
}


class Step(NamedTuple):
    """A line of a path, and how the thread is after it."""

    place: Place
    function: str
    text: str
    at: At


class Open(NamedTuple):
    """What has to be undone: an `ensure`, a `save` or a `restore`, and where its result is."""

    kind: str
    key: str
    place: Place
    function: str
    before: At


class Closed(NamedTuple):
    """What was undone: a second time is one too many."""

    key: str
    place: Place
    function: str
    opener: str  # the function that had opened it


class Held(NamedTuple):
    """A lock that the path has taken: its name everywhere, and where."""

    name: str
    place: Place
    function: str


class Started(NamedTuple):
    """A thread that the path has started.

    handle: what it is joined by; depth: of the function that has both this and what follows;
    is_joined: it has ended since, for whoever waited.
    """

    function: str
    handle: str
    place: Place
    depth: int
    is_joined: bool = False


Known = tuple[str, object]
Trail = tuple["Trail | None", Step] | None


@dataclass(frozen=True)
class State:
    """A point of a path. The trail is how it got there, which is no part of what it is."""

    root: Root
    at: At
    opens: tuple[Open, ...] = ()
    closed: tuple[Closed, ...] = ()
    facts: frozenset[Known] = frozenset()
    is_child: bool = False  # of fork, before PyOS_AfterFork_Child
    is_copy: bool = False  # so too, of a thread that was attached
    locks: tuple[Held, ...] = ()
    started: tuple[Started, ...] = ()
    trail: Trail = None

    def key(self) -> tuple[object, ...]:
        opens = tuple((each.kind, each.key) for each in self.opens)
        closed = frozenset(each.key for each in self.closed)
        return (self.root, self.at, opens, closed, self.facts, *self.around())

    def around(self) -> tuple[object, ...]:
        """What a path has met beside its attachments."""
        locks = tuple(each.name for each in self.locks)
        started = frozenset((each.function, each.is_joined) for each in self.started)
        return (self.is_child, self.is_copy, locks, started)

    def fact(self, key: str) -> object:
        """What is known of a variable: a number, `not 0`, the id of a function, or None."""
        return next((known for name, known in self.facts if name == key), None)

    def knowing(self, key: str, known: object) -> State:
        kept = {each for each in self.facts if each[0] != key}
        return replace(self, facts=frozenset(kept if known is None else kept | {(key, known)}))

    def forgetting(self, key: str) -> State:
        """Without what is known of a variable, or of parts of it."""
        kept = frozenset(each for each in self.facts if not is_part(each[0], key))
        return self if len(kept) == len(self.facts) else replace(self, facts=kept)

    def stepped(self, step: Step, **changes: object) -> State:
        return replace(self, trail=(self.trail, step), **changes)  # type: ignore[arg-type]

    def steps(self) -> list[Step]:
        """The path, from its begin."""
        found, trail = [], self.trail
        while trail is not None:
            trail, step = trail
            found.append(step)
        return found[::-1]


NOT_ZERO = "not 0"


def is_part(key: str, whole: str) -> bool:
    """Whether a key is a variable, or a part of it, or a comparison with it."""
    if key == whole:
        return True
    if key.startswith("?"):
        return whole in key[1:].split("\t")
    return key.startswith((f"{whole}->", f"{whole}.", f"{whole}[", f"*{whole}"))


def truth(known: object) -> bool | None:
    """Of what is known of a value: is it true?"""
    if known is None:
        return None
    return known != 0


class Renaming:
    """Keys of a caller as its callee has them, and back."""

    def __init__(self, parameters: Iterable[str], arguments: Iterable[Value]) -> None:
        self.pairs = [
            (parameter, value.kind, value.text)
            for parameter, value in zip(parameters, arguments, strict=False)
            if value.kind in ("key", "address") and value.text
        ]
        self.keys = frozenset(parameter for parameter, _, _ in self.pairs)

    def into(self, key: str) -> str:
        if key.startswith("::"):
            return key
        for parameter, kind, text in self.pairs:
            if kind == "key":
                if key == text:
                    return parameter
                if key.startswith((f"{text}->", f"{text}.")):
                    return parameter + key[len(text) :]
                if key == f"*{text}":
                    return f"*{parameter}"
            elif key == text:
                return f"*{parameter}"
            elif key.startswith(f"{text}."):
                return f"{parameter}->{key[len(text) + 1 :]}"
        return f"^{key}" if key else key

    def back(self, key: str) -> str | None:
        """None: it was the callee's own."""
        if key.startswith("::") or not key:
            return key
        if key.startswith("^"):
            return key[1:]
        for parameter, kind, text in self.pairs:
            if key == parameter:
                return text if kind == "key" else None
            if key == f"*{parameter}":
                return f"*{text}" if kind == "key" else text
            if key.startswith((f"{parameter}->", f"{parameter}.")):
                rest = key[len(parameter) :]
                if kind == "key":
                    return text + rest
                return text + "." + rest.removeprefix("->").removeprefix(".")
        return None


def renamed(opens: Iterable[Open], name: Callable[[str], str]) -> Iterator[Open]:
    return (each._replace(key=name(each.key)) for each in opens)
