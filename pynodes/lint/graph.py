"""A function as a graph of what matters to attachment: calls, assignments, tests, returns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Value(NamedTuple):
    """What an expression gives.

    kind: number, key (a variable or a part of one, by its text), address (of such), function, or
    empty where it is not known. A call's result is a key of its own: `$7`.
    """

    kind: str = ""
    text: str = ""
    number: int = 0


UNKNOWN = Value()


def outer_name(key: str) -> str:
    """How other functions may name it: `.fixed` of `thread->rig->fixed`, `::jobs`; else nothing."""
    if not key or key[0] in "$?~^":
        return ""
    text = key.replace("->", ".").replace("[]", "").lstrip("*")
    _, dot, part = text.rpartition(".")
    if dot:
        return f".{part}"
    return text if text.startswith("::") else ""


def last_name(value: Value) -> str:
    """The field or variable that a value is, without what it is a part of: `done`."""
    if value.kind not in ("key", "address"):
        return ""
    text = value.text.replace("->", ".").replace("[]", "").rsplit(".", 1)[-1]
    return text.removeprefix("::").lstrip("*").partition("'")[0]


def number(n: int) -> Value:
    return Value("number", "", n)


class Place(NamedTuple):
    file: str
    line: int


@dataclass(slots=True)
class Node:
    """A step, and what comes next.

    Of a test `next` has the ways of true and false. Of a call `name` is what it is declared as,
    `target` which definition, empty through a pointer, which `pointer` names then.
    """

    kind: str  # join, call, set, test, return
    place: Place
    next: list[int] = field(default_factory=list)
    name: str = ""
    target: str = ""
    pointer: str = ""
    choices: tuple[Value, ...] = ()  # what the pointer may be, where the call itself chooses
    result: str = ""
    arguments: tuple[Value, ...] = ()
    value: Value = UNKNOWN  # that is set or returned
    other: Value = UNKNOWN  # what a test compares with
    operator: str = ""  # of a test: == < >; of truth: empty
    field: str = ""  # of a call through a field: which one, by clang's name for it
    is_system: bool = False  # the call's function is declared in a system header
    ends: bool = False  # the call does not return


@dataclass(slots=True)
class Function:
    """A definition.

    Attributes:
        id: the same in all files for what has linkage, else with its file.
        parameters: their keys.
        owned: keys of variables that live and die in it.
        escaped: those whose address goes elsewhere, or whose value is stored elsewhere.
        is_hidden: no other file can name it.
        is_inline: of C: a part of whoever calls it.
        loops: what pynodes.lint.loops has found.
    """

    id: str
    name: str
    place: Place
    parameters: tuple[str, ...]
    nodes: list[Node] = field(default_factory=list)
    owned: set[str] = field(default_factory=set)
    escaped: set[str] = field(default_factory=set)
    is_hidden: bool = False
    prototype: str = ""  # its declaration, where others can write it
    headers: tuple[str, ...] = ()  # of the program, which have it and its types
    is_inline: bool = False
    loops: dict[int, Any] | None = None

    def calls(self) -> Iterator[Node]:
        return (node for node in self.nodes if node.kind == "call")


class Annotation(NamedTuple):
    """What is written of a function: `says` is a word of annotations.Says, or empty.

    `place`: where it stands.
    """

    says: str
    place: Place
    may_block: bool = False


class Use(NamedTuple):
    """A function is handed on: how is `slot` (who calls it then), where."""

    slot: str
    function: str
    place: Place


@dataclass
class Unit:
    """What one file gives."""

    path: str
    folder: str = ""  # that names of files are relative to
    includes: tuple[str, ...] = ()  # all files that it was read from, but itself
    functions: list[Function] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    stores: list[tuple[str, str]] = field(default_factory=list)  # into a pointer: name, function
    kept: list[tuple[str, str]] = field(default_factory=list)  # in a field: clang's name, function
    api: dict[str, str] = field(default_factory=dict)  # Python's functions: name, declaration
    says: dict[str, Annotation] = field(default_factory=dict)  # of functions and fields
    unread: set[Place] = field(default_factory=set)  # comments on attachment with a condition
    given: list[tuple[str, Value]] = field(default_factory=list)  # to a name, by an initialiser
    owners: dict[str, set[str]] = field(default_factory=dict)  # of fields and outer variables
    shared: set[str] = field(default_factory=set)  # names whose address is taken
    python: str = ""  # whose headers it includes
    errors: list[str] = field(default_factory=list)
    silenced: dict[str, dict[int, str]] = field(default_factory=dict)  # by file and line

    def whole(self, name: str) -> str:
        """The path of a file that clang names."""
        return os.path.normpath(os.path.join(self.folder, name))  # noqa: PTH118
