"""A translation unit becomes the graphs of its functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pynodes.lint.annotations import Reader
from pynodes.lint.clang import errors_of, is_inline, is_pythons, parse
from pynodes.lint.graph import UNKNOWN, Function, Node, Place, Unit
from pynodes.lint.names import FUNCTIONS, identity, is_hidden, owner_of, qualified
from pynodes.lint.prototypes import headers_of, prototype
from pynodes.lint.statements import Statements

_BLOCKS = ("NAMESPACE", "LINKAGE_SPEC", "UNEXPOSED_DECL", "STRUCT_DECL", "CLASS_DECL")
_LOOKED_AT = frozenset((*_BLOCKS, *FUNCTIONS, "VAR_DECL", "FIELD_DECL"))
_DEFINE = re.compile(r"\s*#\s*define\s+(\w+)(.*)")
_CLEANUP = re.compile(r"\b(?:__)?cleanup(?:__)?\s*\(\s*(\w+)\s*\)")
_VERSION = re.compile(r"(?:/python(3\.\d+t?)d?)?/Python\.h$")
_SILENCED = re.compile(r"pynodes-lint:\s*(?:allow\s+)?([\w-]+)\s*[:,-]?\s*(.*?)\s*(?:\*/)?\s*$")
_WORD = re.compile(r"\w+")


def lowered(path: Path, flags: Sequence[str], folder: Path | None = None) -> Unit:
    """What one file gives, with its headers that are the program's own."""
    return Lowering(parse(path, flags, folder), str(path), folder).unit


class Lowering:
    """A translation unit on its way."""

    def __init__(self, tree: Any, path: str, folder: Path | None = None) -> None:
        self.tree = tree
        self.unit = Unit(path, str(folder or ""), errors=errors_of(tree))
        names = dict.fromkeys(str(each.include.name) for each in tree.get_includes())
        self.unit.includes = tuple(map(self.unit.whole, names))
        found = (match[1] or "3" for name in names if (match := _VERSION.search(name)))
        self.unit.python = next(found, "")
        self._named = 0
        self._own: dict[str, bool] = {}
        self._macros: dict[str, str] | None = None
        self._texts: dict[str, list[str]] = {}
        self._definitions: dict[str, Any] = {}
        self._annotations = Reader()
        if self.unit.python:
            self._walk(tree.cursor)
            self._read_comments()
            self.unit.unread = self._annotations.unread

    def _walk(self, parent: Any) -> None:
        for cursor in parent.get_children():
            kind = cursor.kind.name
            if kind not in _LOOKED_AT:
                continue
            location = cursor.location
            if location.file is None or not self._is_own(location):
                continue
            if kind in FUNCTIONS or kind == "FIELD_DECL":
                self._annotated(cursor, kind)
            if kind in FUNCTIONS:
                self._definitions.setdefault(cursor.spelling, cursor)
                if cursor.is_definition():
                    self.function(cursor, qualified(cursor), identity(cursor))
            elif kind == "VAR_DECL":
                self._variable(cursor)
            else:
                self._walk(cursor)

    def _annotated(self, cursor: Any, kind: str) -> None:
        """What is said of a function, or of those that a field points to."""
        if kind == "FIELD_DECL" and not _is_pointer_to_function(cursor.type):
            return
        name = cursor.location.file.name
        said = self._annotations.read(cursor, self.unit.whole(name), self._lines(name))
        if said is not None:
            known_as = cursor.get_usr() if kind == "FIELD_DECL" else identity(cursor)
            self.unit.says.setdefault(known_as, said)

    def _is_own(self, location: Any) -> bool:
        """Whether a file is the program's."""
        name = location.file.name
        if name not in self._own:
            self._own[name] = not (location.is_in_system_header or is_pythons(name))
        return self._own[name]

    def _variable(self, cursor: Any) -> None:
        """A table with functions in it, or a variable with one."""
        outside = Function("", "", Place(self.unit.path, 0), ())
        body = Statements(self.unit, outside, lambda each: None, self._lambda)
        for child in cursor.get_children():
            is_size = "ARRAY" in cursor.type.kind.name and child.kind.name != "INIT_LIST_EXPR"
            if child.kind.is_expression() and not is_size:
                found = body.value(child)
                body.stored(cursor, UNKNOWN, found, cursor)
                self.unit.given.append((f"::{cursor.spelling}", found))
        self.unit.owners.setdefault(f"::{cursor.spelling}", set()).add(owner_of(cursor))

    def function(self, cursor: Any, name: str, known_as: str) -> None:
        """Its graph."""
        location = cursor.location
        place = Place(self.unit.whole(location.file.name), location.line)
        made = Function(known_as, name, place, (), is_hidden=is_hidden(cursor))
        made.is_inline = not name.count("::") and is_inline(cursor)
        body = Statements(self.unit, made, self._cleanup, self._lambda)
        keys = ["this"] if cursor.kind.name in FUNCTIONS[1:] and not _is_static(cursor) else []
        block = None
        for child in cursor.get_children():
            if child.kind.name == "PARM_DECL":
                keys.append(body.declare(child))
                made.parameters = tuple(keys)
            elif child.kind.name == "COMPOUND_STMT":
                block = child
        made.parameters = tuple(keys)
        if cursor.kind.name == "CONSTRUCTOR":
            self._members(cursor, body)
        if block is not None:
            body.statement(block)
        end = block.extent.end.line if block is not None else place.line
        body.emit(Node("return", Place(place.file, end)))
        made.headers = tuple(map(self.unit.whole, headers_of(cursor)))
        made.prototype = prototype(cursor)
        self.unit.functions.append(made)

    def _members(self, cursor: Any, body: Statements) -> None:
        """What a constructor puts into members before its body."""
        body.members(cursor.semantic_parent, body.place(cursor), "this->")
        member = ""
        for child in cursor.get_children():
            kind = child.kind.name
            if kind == "MEMBER_REF":
                member = child.spelling
            elif member and child.kind.is_expression():
                found = body.value(child)
                body.set(body.place(child), f"this->{member}", found)
                member = ""

    def _lambda(self, cursor: Any) -> str:
        self._named += 1
        location = cursor.location
        known_as = f"{location.file}:{location.line}:lambda{self._named}"
        self.function(cursor, "<lambda>", known_as)
        return known_as

    def _cleanup(self, cursor: Any) -> tuple[str, str] | None:
        """The function that a variable's end runs: name and identity."""
        for child in cursor.get_children():
            if child.kind.name.endswith("_ATTR"):
                text = " ".join(token.spelling for token in child.get_tokens())
                match = _CLEANUP.search(text) or self._in_macros(cursor)
                if match and (named := self._definitions.get(match[1])) is not None:
                    return qualified(named), identity(named)
        return None

    def _in_macros(self, cursor: Any) -> re.Match[str] | None:
        """In the macro that a declaration is made by, or in those that this one uses."""
        location = cursor.location
        lines = self._lines(location.file.name)
        macros = self._all_macros()
        waiting = _WORD.findall(lines[location.line - 1]) if location.line <= len(lines) else []
        seen: set[str] = set()
        while waiting:
            name = waiting.pop()
            if name in seen or name not in macros:
                continue
            if match := _CLEANUP.search(macros[name]):
                return match
            seen.add(name)
            waiting += _WORD.findall(macros[name])
        return None

    def _all_macros(self) -> dict[str, str]:
        """Of the program's own files, by name."""
        if self._macros is None:
            self._macros = {}
            for include in self.tree.get_includes():
                name = str(include.include.name)
                if not (name.startswith("/usr/") or is_pythons(name)):
                    self._macros |= _macros_in(self._lines(name))
            self._macros |= _macros_in(self._lines(self.unit.path))
        return self._macros

    def _lines(self, name: str) -> list[str]:
        if name not in self._texts:
            try:
                whole = Path(self.unit.whole(name))
                text = whole.read_text(encoding="utf-8", errors="replace")
            except OSError:
                text = ""
            self._texts[name] = text.splitlines()
        return self._texts[name]

    def _read_comments(self) -> None:
        """Lines that a comment says to pass over."""
        for name in {made.place.file for made in self.unit.functions}:
            marked = ((n, _SILENCED.search(text)) for n, text in enumerate(self._lines(name), 1))
            found = {n: f"{match[1]}\t{match[2]}" for n, match in marked if match}
            if found:
                self.unit.silenced[name] = found


def _macros_in(lines: list[str]) -> dict[str, str]:
    """What each macro of a file stands for, lines that go on put together."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        match = _DEFINE.match(line) if not name else None
        if match:
            name = match[1]
            found[name] = match[2]
        elif name:
            found[name] += line
        if not line.endswith("\\"):
            name = ""
    return found


def _is_pointer_to_function(kind: Any) -> bool:
    pointee = kind.get_canonical().get_pointee()
    return "FUNCTION" in pointee.kind.name


def _is_static(cursor: Any) -> bool:
    return bool(cursor.kind.name == "CXX_METHOD" and cursor.is_static_method())
