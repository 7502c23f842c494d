"""Expressions: the calls, assignments and tests in them, in the order in which they happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pynodes.lint.builder import Builder, Scope
from pynodes.lint.clang import evaluated, is_pythons
from pynodes.lint.graph import UNKNOWN, Node, Use, Value, number
from pynodes.lint.handed import FIELDS, HANDED, slot_of
from pynodes.lint.names import FUNCTIONS, identity, owner_of, qualified
from pynodes.lint.prototypes import prototype

# of clang_getCursorBinaryOperatorKind and clang_getCursorUnaryOperatorKind
_COMPARE = {11: ("<", True), 12: (">", True), 13: (">", False), 14: ("<", False)}
_COMPARE |= {15: ("==", True), 16: ("==", False)}
_AND, _OR, _ASSIGN, _COMMA = 20, 21, 22, 33
_INCREMENTS, _ADDRESS, _DEREFERENCE, _MINUS, _NOT = (1, 2, 3, 4), 5, 6, 8, 10

_THROUGH = {
    "PAREN_EXPR", "UNEXPOSED_EXPR", "CSTYLE_CAST_EXPR", "CXX_STATIC_CAST_EXPR",
    "CXX_REINTERPRET_CAST_EXPR", "CXX_CONST_CAST_EXPR", "CXX_DYNAMIC_CAST_EXPR",
    "CXX_FUNCTIONAL_CAST_EXPR", "CONST_CAST_EXPR",
}  # fmt: skip
_NUMBERS = {"INTEGER_LITERAL", "CHARACTER_LITERAL", "CXX_BOOL_LITERAL_EXPR"}
_NULLS = {"CXX_NULL_PTR_LITERAL_EXPR", "GNU_NULL_EXPR"}
# What the end of an object calls: fields of a type, and their numbers as slots.
_ENDS = ("tp_dealloc", "tp_finalize", "tp_del")
_END_SLOTS = (52, 53, 80)
_VARIABLES = ("VAR_DECL", "PARM_DECL")


class Expressions(Builder):
    """Each expression gives a `Value`; what happens on the way is in the graph."""

    statement: Callable[[Any], None]
    lambda_of: Callable[[Any], str]
    locals: dict[int, str]
    guards: dict[str, Value]  # which lock a variable has, for as long as it lives

    def value(self, cursor: Any) -> Value:
        kind = cursor.kind.name
        if kind in _THROUGH:
            return self._through(cursor)
        if kind in _NUMBERS:
            known = evaluated(cursor)
            return UNKNOWN if known is None else number(known)
        if kind in _NULLS:
            return number(0)
        method = getattr(self, f"_{kind.lower()}", None)
        if method is not None:
            found = method(cursor)
            return found if isinstance(found, Value) else UNKNOWN
        for child in cursor.get_children():
            if child.kind.is_expression():
                self.value(child)
        return UNKNOWN

    def _through(self, cursor: Any) -> Value:
        found = UNKNOWN
        children = list(cursor.get_children())
        if any(child.kind.name == "MEMBER_REF" for child in children):  # offsetof: by its address
            self.unit.shared |= {f".{child.spelling}" for child in children}
            return UNKNOWN
        parts = [child for child in children if child.kind.is_expression()]
        for child in parts:
            found = self.value(child)
            if child is parts[0] and len(parts) > 1:
                first = found
        if len(parts) > 1:  # of the compiler, such as __atomic_load_n(&done, 2)
            key = first.text if first.kind == "address" else f"*{first.text}" if first.text else ""
            word = next((token.spelling for token in cursor.get_tokens()), "")
            if key and "load" not in word:
                self.set(self.place(cursor), key, UNKNOWN)
            return Value("key", key) if key else UNKNOWN
        return found

    def _decl_ref_expr(self, cursor: Any) -> Value:
        named = cursor.referenced
        if named is None:
            return UNKNOWN
        kind = named.kind.name
        if kind in FUNCTIONS:
            return Value("function", identity(named))
        if kind == "ENUM_CONSTANT_DECL":
            return number(named.enum_value)
        if kind in _VARIABLES:
            key = self.locals.get(named.hash)
            if key is None:
                key = f"::{named.spelling}"
                self.unit.owners.setdefault(key, set()).add(owner_of(named))
            return Value("key", key)
        return UNKNOWN

    def _cxx_this_expr(self, cursor: Any) -> Value:
        return Value("key", "this")

    def _member_ref_expr(self, cursor: Any) -> Value:
        named = cursor.referenced
        if named is not None and named.kind.name in FUNCTIONS:
            return Value("function", identity(named))
        base = next((c for c in cursor.get_children() if c.kind.is_expression()), None)
        if named is not None:
            owner = named.semantic_parent
            self.unit.owners.setdefault(f".{cursor.spelling}", set()).add(owner_of(owner))
        if base is None:
            return Value("key", f"this->{cursor.spelling}")
        found = self.value(base)
        if found.kind == "address":
            return Value("key", f"{found.text}.{cursor.spelling}")
        if found.kind != "key":
            return UNKNOWN
        pointer = base.type.get_canonical().kind.name == "POINTER"
        return Value("key", f"{found.text}{'->' if pointer else '.'}{cursor.spelling}")

    def _array_subscript_expr(self, cursor: Any) -> Value:
        base, *index = cursor.get_children()
        found = self.value(base)
        for each in index:
            self.value(each)
        return Value("key", f"{found.text}[]") if found.kind == "key" else UNKNOWN

    def _unary_operator(self, cursor: Any) -> Value:
        operator = _operator(cursor, "Unary")
        (child,) = cursor.get_children()
        if operator == _NOT:
            return self.truth(cursor)
        found = self.value(child)
        if operator == _ADDRESS and found.kind == "key":
            if found.text.startswith("*"):
                return Value("key", found.text[1:])
            return Value("address", found.text)
        if operator == _ADDRESS and found.kind == "function":
            return found
        if operator == _DEREFERENCE:
            if found.kind == "address":
                return Value("key", found.text)
            return Value("key", f"*{found.text}") if found.kind == "key" else found
        if operator in _INCREMENTS:
            self.set(self.place(cursor), found.text, UNKNOWN)
        if operator == _MINUS and found.kind == "number":
            return number(-found.number)
        return UNKNOWN

    def _binary_operator(self, cursor: Any) -> Value:
        operator = _operator(cursor, "Binary")
        if operator in (_AND, _OR) or operator in _COMPARE:
            return self.truth(cursor)
        left, right = cursor.get_children()
        if operator == _ASSIGN:
            found = self.value(right)
            target = self.value(left)
            self.stored(left, target, found, cursor)
            if target.kind == "key":
                self.set(self.place(cursor), target.text, found)
            return found
        self.value(left)
        found = self.value(right)
        return found if operator == _COMMA else UNKNOWN

    def _compound_assignment_operator(self, cursor: Any) -> Value:
        target, source = cursor.get_children()
        self.value(source)
        self.set(self.place(cursor), self.value(target).text, UNKNOWN)
        return UNKNOWN

    def _conditional_operator(self, cursor: Any) -> Value:
        condition, yes, no = cursor.get_children()
        return self._either(cursor, condition, lambda: self.value(yes), lambda: self.value(no))

    def truth(self, cursor: Any) -> Value:
        """A test as 0 or 1."""
        return self._either(cursor, cursor, lambda: number(1), lambda: number(0))

    def _either(
        self, cursor: Any, test: Any, yes: Callable[[], Value], no: Callable[[], Value]
    ) -> Value:
        ways, end, key = (self.label(), self.label()), self.label(), self.result()
        self.branch(test, ways)
        for way, give in zip(ways, (yes, no), strict=True):
            self.at = way
            self.set(self.place(cursor), key, give())
            self.goto(end)
        self.at = end
        return Value("key", key)

    def branch(self, cursor: Any, ways: tuple[int, int]) -> None:
        """Go to the first way where the expression is true, to the second where it is not."""
        kind = cursor.kind.name
        if kind in _THROUGH and len(children := list(cursor.get_children())) == 1:
            return self.branch(children[0], ways)
        if kind == "UNARY_OPERATOR" and _operator(cursor, "Unary") == _NOT:
            (child,) = cursor.get_children()
            return self.branch(child, (ways[1], ways[0]))
        if kind == "CALL_EXPR" and cursor.spelling == "__builtin_expect":
            return self.branch(next(iter(cursor.get_arguments())), ways)
        operator = _operator(cursor, "Binary") if kind == "BINARY_OPERATOR" else 0
        if operator in (_AND, _OR):
            left, right = cursor.get_children()
            middle = self.label()
            first = (middle, ways[1]) if operator == _AND else (ways[0], middle)
            self.branch(left, first)
            self.at = middle
            return self.branch(right, ways)
        if operator in _COMPARE:
            sign, is_so = _COMPARE[operator]
            left, right = (self.value(each) for each in cursor.get_children())
            if left.kind == "number" and right.kind != "number" and sign == "==":
                left, right = right, left
            way = ways if is_so else (ways[1], ways[0])
            if sign == "==" and right.kind == "number" and right.number == 0:
                return self.test(self.place(cursor), left, (way[1], way[0]))
            return self.test(self.place(cursor), left, way, sign, right)
        return self.test(self.place(cursor), self.value(cursor), ways)

    def _stmtexpr(self, cursor: Any) -> Value:
        found = UNKNOWN
        self.scopes.append(Scope())
        for block in cursor.get_children():
            for child in block.get_children():
                if child.kind.is_expression():
                    found = self.value(child)
                else:
                    found = UNKNOWN
                    self.statement(child)
        self.leave(self.place(cursor), len(self.scopes) - 1)
        self.scopes.pop()
        return found

    def _lambda_expr(self, cursor: Any) -> Value:
        return Value("function", self.lambda_of(cursor))

    def _cxx_throw_expr(self, cursor: Any) -> Value:
        for child in cursor.get_children():
            self.value(child)
        self.leave(self.place(cursor), 0)
        self.emit(Node("throw", self.place(cursor)))
        self.at = None
        return UNKNOWN

    def _init_list_expr(self, cursor: Any) -> Value:
        self.initialised(cursor)
        return UNKNOWN

    def initialised(self, cursor: Any) -> None:
        """What stands in a table: of functions, whose it is says who calls them."""
        kind = cursor.type.get_canonical()
        declared = kind.get_declaration()
        file = declared.location.file
        slot = "python" if file is not None and is_pythons(file.name) else "table"
        fields = list(kind.get_fields()) if kind.kind.name == "RECORD" else []
        names = [each.spelling for each in fields]
        at, seen, found = 0, set[str](), UNKNOWN
        for child in cursor.get_children():
            if not child.kind.is_expression():
                continue
            members = [c.spelling for c in child.get_children() if c.kind.name == "MEMBER_REF"]
            name = members[0] if members else ""
            known = next((FIELDS[each] for each in members if each in FIELDS), slot)
            if name:
                *_, child = child.get_children()
                at = names.index(name) if name in names else len(names)
            before = found.number
            found = self.value(child)
            field = names[at] if at < len(names) else ""
            at += 1
            if found.kind == "function":
                is_end = name in _ENDS or field in _ENDS or before in _END_SLOTS
                self.use("end" if known == "python" and is_end else known, found, cursor)
                if at <= len(fields) and slot != "python" and field:
                    self.unit.kept.append((fields[at - 1].get_usr(), found.text))
            elif (
                found.kind == "key" and known != "table" and found.text in self.function.parameters
            ):
                name = f"handed to {known}"  # who calls this function knows which one it is
                place = self.place(cursor)
                self.emit(Node("call", place, name=name, arguments=(found,), is_system=True))
            if field and slot != "python":
                self.unit.owners.setdefault(f".{field}", set()).add(owner_of(declared))
                self.unit.given.append((f".{field}", found))
                if found.kind == "function":
                    self.unit.stores.append((field, found.text))
                seen.add(field)
        if slot != "python":
            self.unit.given += [(f".{each}", number(0)) for each in names if each not in seen]

    def use(self, slot: str, value: Value, cursor: Any) -> None:
        self.unit.uses.append(Use(slot, value.text, self.place(cursor)))

    def stored(self, target: Any, key: Value, value: Value, cursor: Any) -> None:
        """A value goes into a variable or a field: of a function, who may call it."""
        if value.kind == "address":
            self.function.escaped.add(value.text)
        if value.kind != "function":
            return
        field = target.referenced
        parent = field.semantic_parent if field is not None else None
        file = parent.location.file if parent is not None else None
        if target.spelling in FIELDS and file is not None and not is_pythons(file.name):
            self.use(FIELDS[target.spelling], value, cursor)
        elif file is not None and is_pythons(file.name):
            self.use("python", value, cursor)
        else:
            self.unit.stores.append((target.spelling, value.text))
            if field is not None and field.kind.name == "FIELD_DECL":
                self.unit.kept.append((field.get_usr(), value.text))

    def _call_expr(self, cursor: Any, this: Value | None = None) -> Value:
        named = cursor.referenced
        arguments = tuple(self.value(each) for each in cursor.get_arguments())
        if cursor.spelling == "__builtin_expect":
            return arguments[0]
        node = Node("call", self.place(cursor), result=self.result())
        if named is not None and named.kind.name in FUNCTIONS:
            node.name, node.target = qualified(named), identity(named)
            node.is_system = bool(named.location.is_in_system_header)
            if node.name.startswith(("Py", "_Py")) and named.get_definition() is None:
                self.unit.api.setdefault(node.name, prototype(named))
            if named.kind.name == "CONSTRUCTOR" and len(arguments) == 1 and _copies(named):
                return arguments[0]
            if named.kind.name in ("CXX_METHOD", "CONSTRUCTOR", "CONVERSION_FUNCTION"):
                arguments = (this or self._object(cursor), *arguments)
        else:
            callee = next(iter(cursor.get_children()), None)
            found = self.value(callee) if callee is not None else UNKNOWN
            node.pointer = found.text if found.kind == "key" else "?"
            node.field = _field_of(callee)
            if node.pointer.startswith("$"):
                nodes = self.function.nodes
                node.choices = tuple(e.value for e in nodes if e.result == node.pointer)
            if found.kind == "function":
                node.target = found.text
        node.arguments = arguments
        if arguments and arguments[0].text in self.guards and node.name.startswith("std::"):
            word = node.name.rpartition("::")[2]
            if word in ("lock", "unlock"):
                node.name, node.arguments = f"std::mutex::{word}", (self.guards[arguments[0].text],)
        self._hand_on(node, named, cursor)
        self.emit(node)
        if node.name in ("pthread_once", "std::call_once"):
            self._once(node)
        return Value("key", node.result)

    def _object(self, cursor: Any) -> Value:
        """What a method is called on, as its `this`."""
        callee = next(iter(cursor.get_children()), None)
        base = next(iter(callee.get_children()), None) if callee is not None else None
        if base is None or not base.kind.is_expression():
            return Value("key", "this")
        found = self.value(base)
        is_pointer = base.type.get_canonical().kind.name == "POINTER"
        return found if is_pointer or found.kind != "key" else Value("address", found.text)

    def _hand_on(self, node: Node, named: Any, cursor: Any) -> None:
        """What is given away by its address; functions, with who calls them then."""
        owner = named.semantic_parent if named is not None else None
        title = owner.displayname if owner is not None and node.name.startswith("std::") else ""
        shift = 1 if title else 0
        for i, value in enumerate(node.arguments):
            if value.kind == "address":
                self.function.escaped.add(value.text)
            if value.kind == "function":
                slot = slot_of(node.name, i - shift, title)
                self.use(slot, value, cursor)
                if slot == "thread" and node.name not in HANDED:
                    node.name = "std::thread::thread"  # of a container of threads

    def _once(self, node: Node) -> None:
        """What a first use runs, under its lock."""
        functions = [value for value in node.arguments[1:] if value.kind in ("function", "key")][:1]
        for value in functions:
            pointer = value.text if value.kind == "key" else ""
            target = value.text if value.kind == "function" else ""
            self.emit(Node("call", node.place, target=target, pointer=pointer))
        self.emit(Node("call", node.place, name="once over", arguments=node.arguments[:1]))


def _field_of(callee: Any) -> str:
    """The field that a call goes through."""
    while callee is not None and callee.kind.name in (*_THROUGH, "UNARY_OPERATOR"):
        callee = next((c for c in callee.get_children() if c.kind.is_expression()), None)
    named = callee.referenced if callee is not None else None
    return str(named.get_usr()) if named is not None and named.kind.name == "FIELD_DECL" else ""


def _copies(constructor: Any) -> bool:
    return bool(constructor.is_copy_constructor() or constructor.is_move_constructor())


def _operator(cursor: Any, arity: str) -> int:
    from pynodes.lint.clang import cindex

    return int(getattr(cindex().conf.lib, f"clang_getCursor{arity}OperatorKind")(cursor))
