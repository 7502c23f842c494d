"""One source in C: a node's call, with the functions and tables that it uses."""

from __future__ import annotations

import ast

from pynodes.compile import views
from pynodes.compile.refusal import BailsError, NotCompiledError, refused
from pynodes.compile.statements import Statements
from pynodes.compile.values import (
    C_TYPES,
    Fixed,
    Many,
    Scalar,
    constant,
    filled,
    leaves,
    type_of,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FunctionType
    from typing import Any

    from pynodes.compile.expressions import Expressions
    from pynodes.compile.scene import Scene
    from pynodes.compile.source import Sources
    from pynodes.compile.tables import Tables
    from pynodes.compile.values import Type, Value

_DEPTH_MAX = 40


class _Compiled:
    """A function for one set of types of its arguments."""

    def __init__(self, name: str, returns: Type | None) -> None:
        self.name = name
        self.returns = returns


class Unit:
    """What one node's source has in it."""

    def __init__(
        self,
        node: views.Self,
        sources: Sources,
        scene: Scene,
        tables: Tables,
        wide: frozenset[str] | None = None,
    ) -> None:
        self.node = node
        self.sources = sources
        self.tables = tables
        self.scene = scene
        self.wide = wide
        self.seen: dict[int, str] = {}  # fields of the shading that vectors are made of
        self._functions: list[str] = []
        self._known: dict[Any, _Compiled] = {}
        self._at_work: list[Any] = []
        self._kept: list[Any] = []
        self._parameters = self._socket_parameters()

    def keep(self, thing: Any) -> Value:
        """A constant that was made here, kept alive as long as the unit."""
        self._kept.append(thing)
        return constant(thing)

    def _socket_parameters(self) -> list[str]:
        sides = self.node.sides
        return [
            *(f"const float *restrict in{k}" for k in range(len(sides["input"].sockets))),
            *(f"float *restrict out{k}" for k in range(len(sides["output"].sockets))),
            f"const {'unsigned char' if self.wide is None else 'pn_seen'} *restrict shading",
            f"const {'pn_compiled_args' if self.wide is None else 'pn_same'} *restrict a",
            "pn_call *restrict c",
        ]

    def _socket_arguments(self) -> str:
        return ", ".join(each.split()[-1].lstrip("*") for each in self._parameters)

    def body(self, function: FunctionType) -> str:
        """The call of the node, as functions in C.

        Raises:
            NotCompiledError: with the line and why.
            NotWideError: it cannot be computed for many samples at once.
        """
        definition = self.sources.function(function)
        parameters = _parameter_names(function, definition)
        if len(parameters) != 1:
            raise NotCompiledError(definition.lineno, "__call__ with more than self")
        body = Statements(self, function)
        body.is_call = True
        body.translate(definition, {parameters[0]: Fixed(self.node)})
        lines = [*body.declarations(), *body.lines, self._end("return 0;")]
        call = self._written("call" if self.wide is None else "wide_call", self._parameters, lines)
        return "\n\n".join([*self._functions, call])

    def _end(self, plain: str) -> str:
        return plain if self.wide is None or plain != "return 0;" else "return bad;"

    def _written(self, name: str, parameters: list[str], lines: list[str]) -> str:
        """A function in C."""
        inline = "static inline int"
        if self.wide is not None:
            inline = "static inline __attribute__((always_inline)) int"
            lines = ["int bad = 0;", *lines]
        body = "\n".join(f"    {each}" for each in lines)
        listed = ",\n    ".join(parameters)
        return f"{inline} {name}(\n    {listed})\n{{\n{body}\n}}"

    # --- functions ---

    def call(
        self,
        caller: Expressions,
        node: ast.Call,
        function: FunctionType,
        args: list[Value],
        named: dict[str, Value],
    ) -> Value:
        """A call of a Python function."""
        definition = self.sources.function(function)
        if definition.decorator_list and not _is_static(definition):
            raise refused(node, f"{function.__name__}, which is decorated, is not compiled")
        given = _matched(function, definition, args, named)
        types = {name: type_of(value, node) for name, value in given.items()}
        key = (function.__code__, id(function), tuple(types.items()))
        if key in self._at_work or len(self._at_work) > _DEPTH_MAX:
            raise refused(node, f"{function.__name__} calls itself, which is not compiled")
        made = self._known.get(key)
        if made is None:
            self._at_work.append(key)
            try:
                made = self._known[key] = self._make(function, definition, types)
            finally:
                self._at_work.pop()
        if made.returns is None:
            raise BailsError
        result = caller.declare(made.returns)
        codes = [self._socket_arguments()]
        for value, type_ in zip(given.values(), types.values(), strict=True):
            codes += _handed(caller, value, type_, node)
        codes += [f"&{code}" for code in _names(result)]
        caller.bail_if(f"{made.name}({', '.join(codes)})")
        return result

    def _make(
        self, function: FunctionType, definition: ast.FunctionDef, types: dict[str, Type]
    ) -> _Compiled:
        parameters = list(self._parameters)
        arguments: dict[str, Value] = {}
        count = 0
        for name, type_ in types.items():
            codes = []
            for leaf in leaves(type_):
                codes.append(f"p{count}")
                parameters.append(f"{C_TYPES[str(leaf[0])]} p{count}")
                count += 1
            arguments[name] = filled(type_, codes)
        body = Statements(self, function)
        body.translate(definition, arguments)
        if body.returns is not None:
            parameters += [
                f"{C_TYPES[str(leaf[0])]} *r{k}" for k, leaf in enumerate(leaves(body.returns))
            ]
        name = f"{'f' if self.wide is None else 'w'}{len(self._functions)}"
        if function.__name__.isascii() and function.__name__.isidentifier():
            name = f"{name}_{function.__name__}"
        lines = [*body.declarations(), *body.lines, "return 1;"]
        self._functions.append(self._written(name, parameters, lines))
        return _Compiled(name, body.returns)


def _parameter_names(function: FunctionType, definition: ast.FunctionDef) -> list[str]:
    arguments = definition.args
    if arguments.vararg or arguments.kwarg:
        raise refused(definition, f"{function.__name__} with * or ** is not compiled")
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [each.arg for each in listed]


def _is_static(definition: ast.FunctionDef) -> bool:
    return all(
        isinstance(each, ast.Name) and each.id == "staticmethod"
        for each in definition.decorator_list
    )


def _matched(
    function: FunctionType,
    definition: ast.FunctionDef,
    args: list[Value],
    named: dict[str, Value],
) -> dict[str, Value]:
    """Arguments by the names of parameters. Raises BailsError where Python would raise."""
    names = _parameter_names(function, definition)
    places = names[: len(names) - len(definition.args.kwonlyargs)]
    if len(args) > len(places):
        raise BailsError
    found = dict(zip(places, args, strict=False))
    for name, value in named.items():
        if name in found or name not in names:
            raise BailsError
        found[name] = value
    defaults = function.__defaults__ or ()
    known = dict(zip(places[len(places) - len(defaults) :], defaults, strict=True))
    known |= function.__kwdefaults__ or {}
    for name in names:
        if name not in found:
            if name not in known:
                raise BailsError
            found[name] = constant(known[name])
    return {name: found[name] for name in names}


def _handed(caller: Expressions, value: Value, type_: Type, node: ast.AST) -> list[str]:
    """The numbers of an argument."""
    if isinstance(value, Scalar):
        return [caller.converted(value, type_).code]
    if isinstance(value, Many):
        parts: Any = type_[2]
        pairs = zip(value.items, parts, strict=True)
        return [code for each, part in pairs for code in _handed(caller, each, part, node)]
    return []


def _names(value: Value) -> list[str]:
    if isinstance(value, Scalar):
        return [value.code]
    return [code for each in getattr(value, "items", ()) for code in _names(each)]
