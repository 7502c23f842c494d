"""Statements: where a function goes on, and what the ends of its scopes run."""

from __future__ import annotations

from typing import Any

from pynodes.lint.builder import Scope
from pynodes.lint.clang import CPLUSPLUS
from pynodes.lint.expressions import Expressions
from pynodes.lint.graph import UNKNOWN, Function, Node, Place, Unit, Value
from pynodes.lint.locks import SCOPES
from pynodes.lint.names import identity, qualified

# Classes of binding libraries that attach and detach: what their constructor and end do.
_GUARDS = {
    f"{library}::gil_scoped_{name}": pair
    for library in ("pybind11", "nanobind")
    for name, pair in (
        ("acquire", ("PyGILState_Ensure", "PyGILState_Release")),
        ("release", ("PyEval_SaveThread", "PyEval_RestoreThread")),
    )
}


_CLEARED = "_tmp_op_ptr"  # of Py_CLEAR, since 3.12: what it points to is NULL at its end
_PLAIN = ("INTEGER_LITERAL", "FLOATING_LITERAL", "STRING_LITERAL", "CXX_NULL_PTR_LITERAL_EXPR")


class Statements(Expressions):
    """The body of one function."""

    def __init__(self, unit: Unit, function: Function, cleanups: Any, lambda_of: Any) -> None:
        super().__init__(unit, function)
        self.locals = {}
        self.guards = {}
        self.cleanup_of = cleanups
        self.lambda_of = lambda_of
        self._names: dict[str, int] = {}
        self._exits: list[tuple[int, int | None, int]] = []  # of break, of continue, depth
        self._labels: dict[str, int] = {}
        self._cases: list[list[tuple[Value | None, int]]] = []

    def declare(self, cursor: Any) -> str:
        """A key for a variable of its own."""
        name = cursor.spelling
        times = self._names[name] = self._names.get(name, 0) + 1
        key = name if times == 1 else f"{name}'{times}"
        self.locals[cursor.hash] = key
        return key

    def statement(self, cursor: Any) -> None:
        kind = cursor.kind.name
        method = getattr(self, f"_{kind.lower()}", None) if kind.endswith("_STMT") else None
        if method is not None:
            method(cursor)
        elif kind.endswith("_DECL"):
            self._declaration(cursor)
        elif cursor.kind.is_expression():
            self.value(cursor)
        else:
            for child in cursor.get_children():
                self.statement(child)

    def _compound_stmt(self, cursor: Any) -> None:
        self.scopes.append(Scope())
        for child in cursor.get_children():
            self.statement(child)
        self.leave(self.place(cursor), len(self.scopes) - 1)
        self.scopes.pop()

    def _decl_stmt(self, cursor: Any) -> None:
        for child in cursor.get_children():
            self._declaration(child)

    def _declaration(self, cursor: Any) -> None:
        if cursor.kind.name != "VAR_DECL":
            return
        is_static = cursor.storage_class.name in ("STATIC", "EXTERN")
        if is_static:
            key = f"::{self.function.name}:{cursor.spelling}"
            self.locals[cursor.hash] = key
        else:
            key = self.declare(cursor)
            self.function.owned.add(key)
        self._initialise(cursor, key)
        if (cleanup := self.cleanup_of(cursor)) and not is_static:
            arguments = (Value("address", key),)
            self.scopes[-1].ends.append((cleanup[0], cleanup[1], arguments))

    def _initialise(self, cursor: Any, key: str) -> None:
        kind = cursor.type.get_canonical()
        is_array = "ARRAY" in kind.kind.name
        children = [child for child in cursor.get_children() if child.kind.is_expression()]
        first = children[-1] if children else None
        if first is not None and is_array and first.kind.name != "INIT_LIST_EXPR":
            first = None  # the number of its elements
        name = qualified(kind.get_declaration()) if kind.kind.name == "RECORD" else ""
        if name in _GUARDS:
            begin, end = _GUARDS[name]
            place = self.place(cursor)
            self.emit(Node("call", place, name=begin, result=key, is_system=True))
            self.scopes[-1].ends.append((end, "", (Value("key", key),)))
            return
        if name in SCOPES and first is not None:
            self._guard(cursor, key, first)
            return
        if first is not None:
            inner = _constructed(first)
            if inner is not None and name:
                self._call_expr(inner, Value("address", key))
                self._members_of(inner, key)
            elif key.startswith("::") and _is_cpp(cursor) and first.kind.name not in _PLAIN:
                self._first_use(cursor, key, first)
            else:
                found = self.value(first)
                if cursor.spelling == _CLEARED and found.kind == "address":
                    self.scopes[-1].ends.append(("cleared", "", (found,)))
                self.stored(cursor, Value("key", key), found, cursor)
                if key.startswith("::"):  # once, when the program begins
                    self.unit.given.append((key, found))
                else:
                    self.set(self.place(cursor), key, found)
        if name and (end := _destructor(kind.get_declaration())) is not None:
            arguments = (Value("address", key),)
            self.scopes[-1].ends.append((qualified(end), identity(end), arguments))

    def _guard(self, cursor: Any, key: str, first: Any) -> None:
        """A class of the standard library that has a lock until its scope ends."""
        inner = _constructed(first) or first
        given = [self.value(each) for each in inner.get_arguments()]
        if not given or given[0].kind not in ("key", "address"):
            return
        self.guards[key] = given[0]
        if len(given) == 1:  # a second one says to take it later, or that it is taken
            place = self.place(cursor)
            self.emit(Node("call", place, name="std::mutex::lock", arguments=(given[0],)))
        self.scopes[-1].ends.append(("std::mutex::unlock", "", (given[0],)))

    def _members_of(self, call: Any, key: str) -> None:
        """What a class whose constructor nobody wrote gives its members."""
        named = call.referenced
        if named is None or named.location.is_in_system_header:
            return
        if named.location == named.semantic_parent.location:
            self.members(named.semantic_parent, self.place(call), f"{key}.")

    def members(self, record: Any, place: Place, prefix: str) -> None:
        """What the class itself gives its members."""
        for field in record.get_children():
            parts = [each for each in field.get_children() if each.kind.is_expression()]
            if field.kind.name == "FIELD_DECL" and parts and not field.is_bitfield():
                self.set(place, f"{prefix}{field.spelling}", self.value(parts[-1]))

    def _first_use(self, cursor: Any, key: str, first: Any) -> None:
        """A static variable of C++, made by who comes first while the others wait."""
        place = self.place(cursor)
        self.emit(Node("call", place, name="static", arguments=(Value("key", key),)))
        self.value(first)
        self.emit(Node("call", place, name="once over", arguments=(Value("key", key),)))

    def _if_stmt(self, cursor: Any) -> None:
        children = list(cursor.get_children())
        self.scopes.append(Scope())
        while children and children[0].kind.name in ("DECL_STMT", "VAR_DECL"):
            self.statement(children.pop(0))
        condition, *parts = children
        ways, end = (self.label(), self.label()), self.label()
        self.branch(condition, ways)
        for way, part in zip(ways, (*parts, None), strict=False):
            self.at = way
            if part is not None:
                self.statement(part)
            self.goto(end)
        self.at = end
        self.leave(self.place(cursor), len(self.scopes) - 1)
        self.scopes.pop()

    def _loop(self, condition: Any, body: Any, step: Any = None, *, first: bool = True) -> None:
        """`first`: the condition is looked at before the body."""
        top, inside, again, end = (self.label() for _ in range(4))
        self.goto(top if first else inside)
        self.at = top
        if condition is None:
            self.goto(inside)
        else:
            self.branch(condition, (inside, end))
        self.at = inside
        self._exits.append((end, again, len(self.scopes)))
        self.statement(body)
        self._exits.pop()
        self.here(again)
        if step is not None:
            self.value(step)
        self.goto(top)
        self.at = end

    def _while_stmt(self, cursor: Any) -> None:
        *_, condition, body = cursor.get_children()
        self._loop(condition, body)

    def _do_stmt(self, cursor: Any) -> None:
        body, condition = cursor.get_children()
        self._loop(condition, body, first=False)

    def _for_stmt(self, cursor: Any) -> None:
        *parts, body = cursor.get_children()
        begin, condition, step = _parts_of_for(cursor, parts, body)
        self.scopes.append(Scope())
        if begin is not None:
            self.statement(begin)
        self._loop(condition, body, step)
        self.scopes.pop()

    def _cxx_for_range_stmt(self, cursor: Any) -> None:
        *parts, body = cursor.get_children()
        top, inside, end = (self.label() for _ in range(3))
        for part in parts:
            if part.kind.is_expression():
                self.value(part)
        self.here(top)
        self.test(self.place(cursor), UNKNOWN, (inside, end))
        self.at = inside
        self._exits.append((end, top, len(self.scopes)))
        self.statement(body)
        self._exits.pop()
        self.goto(top)
        self.at = end

    def _switch_stmt(self, cursor: Any) -> None:
        *_, condition, body = cursor.get_children()
        value = self.value(condition)
        choose, end = self.label(), self.label()
        self.goto(choose)
        self._cases.append([])
        self._exits.append((end, None, len(self.scopes)))
        self.statement(body)
        self._exits.pop()
        self.goto(end)
        self.at = choose
        default = end
        for case, label in self._cases.pop():
            if case is None:
                default = label
                continue
            other = self.label()
            self.test(self.place(cursor), value, (label, other), "==", case)
            self.at = other
        self.goto(default)
        self.at = end

    def _case_stmt(self, cursor: Any) -> None:
        *cases, inner = cursor.get_children()
        label = self.label()
        if self._cases:
            known = self.value(cases[0]) if len(cases) == 1 else UNKNOWN
            self._cases[-1].append((known, label))
        self.here(label)
        self.statement(inner)

    def _default_stmt(self, cursor: Any) -> None:
        label = self.label()
        if self._cases:
            self._cases[-1].append((None, label))
        self.here(label)
        for child in cursor.get_children():
            self.statement(child)

    def _break_stmt(self, cursor: Any) -> None:
        self._jump(cursor, 0)

    def _continue_stmt(self, cursor: Any) -> None:
        self._jump(cursor, 1)

    def _jump(self, cursor: Any, which: int) -> None:
        for exits in reversed(self._exits):
            label = exits[which]
            if label is not None:
                self.leave(self.place(cursor), exits[2])
                self.goto(label)
                return
        self.at = None

    def _return_stmt(self, cursor: Any) -> None:
        given = next(iter(cursor.get_children()), None)
        value = self.value(given) if given is not None else UNKNOWN
        self.leave(self.place(cursor), 0)
        self.emit(Node("return", self.place(cursor), value=value))
        self.at = None

    def _goto_stmt(self, cursor: Any) -> None:
        named = next(iter(cursor.get_children()), None)
        if named is None:
            self.at = None
            return
        self.leave(self.place(cursor), 2)  # labels stand in the body itself, mostly
        self.goto(self._label_of(named.spelling))

    def _label_stmt(self, cursor: Any) -> None:
        self.here(self._label_of(cursor.spelling))
        for child in cursor.get_children():
            self.statement(child)

    def _label_of(self, name: str) -> int:
        if name not in self._labels:
            self._labels[name] = self.label()
        return self._labels[name]

    def _cxx_try_stmt(self, cursor: Any) -> None:
        body = next(iter(cursor.get_children()))  # handlers are not followed
        self.statement(body)


def _constructed(cursor: Any) -> Any:
    """The call of a constructor that an initialiser is, without what clang puts around it."""
    while True:
        named = cursor.referenced if cursor.kind.name == "CALL_EXPR" else None
        if named is not None and named.kind.name == "CONSTRUCTOR":
            arguments = list(cursor.get_arguments())
            if named.is_move_constructor() and len(arguments) == 1:
                cursor = arguments[0]
                continue
            return cursor
        children = [each for each in cursor.get_children() if each.kind.is_expression()]
        if cursor.kind.name == "CALL_EXPR" or len(children) != 1:
            return None
        cursor = children[0]


def _is_cpp(cursor: Any) -> bool:
    return str(cursor.translation_unit.spelling).endswith(CPLUSPLUS)


def _destructor(record: Any) -> Any:
    """The destructor of a class of the program."""
    if record.location.is_in_system_header:
        return None
    kinds = (each for each in record.get_children() if each.kind.name == "DESTRUCTOR")
    return next(kinds, None)


def _parts_of_for(cursor: Any, parts: list[Any], body: Any) -> tuple[Any, Any, Any]:
    """Begin, condition, step; clang leaves out those that are not there."""
    if len(parts) == 3:
        return parts[0], parts[1], parts[2]
    depth, ends = 0, []
    for token in cursor.get_tokens():
        sign = token.spelling
        if sign in ("(", "[", "{"):
            depth += 1
        elif sign in (")", "]", "}"):
            depth -= 1
            if depth == 0:
                break
        elif sign == ";" and depth == 1:
            ends.append(token.extent.start.offset)
    found: list[Any] = [None, None, None]
    if len(ends) == 2:
        for part in parts:
            start = part.extent.start.offset
            found[sum(start > end for end in ends)] = part
    elif parts:
        found[1] = parts[0] if parts[0].kind.is_expression() else None
    return found[0], found[1], found[2]
