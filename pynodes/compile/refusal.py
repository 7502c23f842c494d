"""Why something is not compiled, and what certainly ends in the interpreter."""

from __future__ import annotations

import ast

_NAMES = {
    ast.Dict: "a dict",
    ast.Set: "a set",
    ast.Lambda: "a lambda",
    ast.JoinedStr: "an f-string",
    ast.Await: "await",
    ast.Yield: "yield",
    ast.YieldFrom: "yield from",
    ast.DictComp: "a dict comprehension",
    ast.SetComp: "a set comprehension",
    ast.GeneratorExp: "a generator outside of sum, min, max, any and all",
    ast.NamedExpr: "an assignment inside an expression",
    ast.Starred: "a starred value",
    ast.Slice: "a slice",
    ast.FunctionDef: "a function inside a function",
    ast.AsyncFunctionDef: "an async function",
    ast.ClassDef: "a class inside a function",
    ast.Delete: "del",
    ast.With: "with",
    ast.AsyncWith: "async with",
    ast.AsyncFor: "async for",
    ast.Match: "match",
    ast.Import: "an import inside a function",
    ast.ImportFrom: "an import inside a function",
    ast.MatMult: "the operator @",
}


class NotCompiledError(Exception):
    """`what` stays with the interpreter, because of that line; 0: of the node as a whole."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}" if line else what)


class BailsError(Exception):
    """What is translated would always raise: the interpreter is to do it."""


class NoCompilerError(Exception):
    """There is no C compiler, it failed, or what it makes has no place: in words for people."""


class NotWideError(Exception):
    """What is translated is computed sample by sample only."""


def refused(node: ast.AST, what: str) -> NotCompiledError:
    """What to raise: the line of the node, and what is not compiled there."""
    return NotCompiledError(getattr(node, "lineno", 0), what)


def refused_form(node: ast.AST) -> NotCompiledError:
    """The same, naming a form of the language."""
    named = _NAMES.get(type(node), f"the form {type(node).__name__}")
    return refused(node, f"{named} is not compiled")
