"""What `-D` can name in a scene script or a node's file, read from its source: nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from pynodes import files

_MAX_BYTES = 1 << 20  # a person waits; more is no script that somebody wrote
_NOT_PARAMETERS = ("get", "size", "asked", "unused")
_LISTS = ("input", "i")


def scene_names(path: Path) -> dict[str, str]:
    """Names with their defaults as they are written; empty for a default that is not known.

    Of a scene they are what `build` asks its parameters for, of a node without a scene its inputs
    and the options of its `__init__`. A file that cannot be read, or is no Python, has none.
    """
    try:
        if files.kind_of(path) != files.FILE or path.stat().st_size > _MAX_BYTES:
            return {}
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError, MemoryError, RecursionError):
        return {}
    build = next(
        (f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name == "build"), None
    )
    found: dict[str, str] = {}
    if build is not None:
        given = build.args.args[0].arg if build.args.args else "params"
        pairs = _asked(tree, given)
    else:
        pairs = (pair for cls in tree.body if isinstance(cls, ast.ClassDef) for pair in _node(cls))
    for name, default in pairs:
        if default or name not in found:
            found[name] = default
    return found


def _asked(tree: ast.AST, given: str) -> Iterator[tuple[str, str]]:
    """What is asked of the parameters, which are called `given` throughout the script."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(value=ast.Name(id=name), attr="get"),
                args=[ast.Constant(value=str(key)), *rest],
            ) if name == given:
                yield key, _literal(rest[0]) if rest else ""
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key))) if (
                name == given
            ):
                yield key, ""
            case ast.Compare(
                left=ast.Constant(value=str(key)), comparators=[ast.Name(id=name)]
            ) if name == given:
                yield key, ""
            case ast.Attribute(value=ast.Name(id=name), attr=key) if (
                name == given and key not in _NOT_PARAMETERS
            ):
                yield key, ""


def _node(cls: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Inputs of a node, and options of its `__init__`."""
    for node in ast.walk(cls):
        match node:
            case ast.Assign(targets=[ast.Attribute(attr=attr)], value=ast.List(elts=items)) if (
                attr in _LISTS
            ):
                yield from _sockets(items)
            case ast.FunctionDef(name="__init__", args=arguments):
                names = [each.arg for each in arguments.args]
                defaults = arguments.defaults
                yield from zip(
                    names[-len(defaults) or None :], map(_literal, defaults), strict=False
                )
                for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
                    yield each.arg, _literal(default) if default is not None else ""


def _sockets(items: list[ast.expr]) -> Iterator[tuple[str, str]]:
    for item in items:
        match item:
            case ast.Call(args=[ast.Constant(value=str(name)), *rest]):
                yield name.replace(" ", "_"), _literal(rest[0]) if rest else ""


def _literal(node: ast.expr) -> str:
    """A default as it is typed after `=`; empty where it is no constant."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return ""
    return value if isinstance(value, str) else ast.unparse(node).replace(" ", "")
