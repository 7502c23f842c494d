"""The source of a function, and what its file does to names that look constant."""

from __future__ import annotations

import ast
import builtins

from pynodes import files
from pynodes.compile.refusal import NotCompiledError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType, FunctionType
    from typing import Any

_CHANGING = frozenset(
    ("append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse")
    + ("add", "update", "setdefault", "popitem", "discard", "__setitem__", "__delitem__")
)


class Module:
    """One source file: its functions by first line, and the names that they change."""

    def __init__(self, path: str) -> None:
        source = files.read(path, files.SCRIPT)
        self.tree = ast.parse(source, path)
        self.code = compile(source, path, "exec", dont_inherit=True)
        self.rebound: set[str] = set()
        self.changed: set[str] = set()
        self.functions: dict[tuple[str, int], ast.FunctionDef] = {}
        for each in ast.walk(self.tree):
            if isinstance(each, ast.FunctionDef):
                first = min([each.lineno, *(d.lineno for d in each.decorator_list)])
                self.functions[each.name, first] = each
                self._look(each)

    def _look(self, function: ast.FunctionDef) -> None:
        """Note which names and attributes a function may change."""
        making = function.name == "__init__"
        for each in ast.walk(function):
            if isinstance(each, ast.Global | ast.Nonlocal):
                self.rebound.update(each.names)
            elif making:
                continue
            elif isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute):
                if each.func.attr in _CHANGING:
                    self.changed.add(_name(each.func.value))
            elif isinstance(each, ast.Subscript) and not isinstance(each.ctx, ast.Load):
                self.changed.add(_name(each.value))
            elif isinstance(each, ast.AugAssign):
                self.changed.add(_name(each.target))


def _name(node: ast.AST) -> str:
    """The variable or attribute that an expression begins at; empty for none."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


class Sources:
    """The modules that were read, by path."""

    def __init__(self) -> None:
        self._modules: dict[str, Module] = {}

    def module(self, path: str) -> Module:
        """Raises NotCompiledError for a file that cannot be read any more."""
        found = self._modules.get(path)
        if found is None:
            try:
                found = self._modules[path] = Module(path)
            except (OSError, SyntaxError, ValueError) as problem:
                raise NotCompiledError(0, f"its source cannot be read: {problem}") from None
        return found

    def function(self, function: FunctionType) -> ast.FunctionDef:
        """The definition of a function, which is what runs to the last instruction.

        Raises:
            NotCompiledError: there is none, or the file has changed since.
        """
        code = function.__code__
        module = self.module(code.co_filename)
        found = module.functions.get((code.co_name, code.co_firstlineno))
        if found is None or not any(_same(code, each) for each in _codes(module.code)):
            raise NotCompiledError(0, f"the source of {code.co_name} is not what runs")
        if code.co_flags & 0x2A0:  # a generator, a coroutine
            raise NotCompiledError(found.lineno, "a generator or coroutine is not compiled")
        return found

    def check_constant(self, function: FunctionType, name: str, line: int) -> None:
        """Raises NotCompiledError when the function's file changes that global name."""
        module = self.module(function.__code__.co_filename)
        if name in module.rebound:
            raise NotCompiledError(line, f"the global {name} changes")

    def check_unchanged(self, function: FunctionType, name: str, line: int) -> None:
        """Raises NotCompiledError when the file changes the list of that name."""
        if name in self.module(function.__code__.co_filename).changed:
            raise NotCompiledError(line, f"{name} is changed by a function")


def _codes(code: CodeType) -> Iterator[CodeType]:
    for each in code.co_consts:
        if isinstance(each, type(code)):
            yield each
            yield from _codes(each)


def _same(one: CodeType, other: CodeType) -> bool:
    return (
        one.co_name == other.co_name
        and one.co_firstlineno == other.co_firstlineno
        and one.co_code == other.co_code
        and one.co_names == other.co_names
        and one.co_varnames == other.co_varnames
        and _constants(one) == _constants(other)
    )


def _constants(code: CodeType) -> list[str]:
    return [
        type(each).__name__ if hasattr(each, "co_code") else repr(each) for each in code.co_consts
    ]


def global_of(function: FunctionType, name: str) -> tuple[bool, Any]:
    """(there is one, the object) that a name means in a function, its own variables aside."""
    closed = function.__code__.co_freevars
    if name in closed and function.__closure__ is not None:
        try:
            return True, function.__closure__[closed.index(name)].cell_contents
        except ValueError:
            return False, None
    if name in function.__globals__:
        return True, function.__globals__[name]
    return hasattr(builtins, name), getattr(builtins, name, None)
