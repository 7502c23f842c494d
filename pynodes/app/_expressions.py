"""Expressions of drivers and number fields: what the host calls to evaluate one.

They share a namespace, one per thread, that lives until an expression fails or what it was made
from changes: then the next expression makes a new one. Per thread, because an expression may be
asked for on any render thread while others are at theirs.
"""

from __future__ import annotations

import _ast
import math
from _thread import _local

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pynodes.app.things import Thing

ONLY_AST = 0x400  # ast.PyCF_ONLY_AST, without the module ast

LIBRARY = "drivers.py"
"""Name of the text that all expressions see, as `drivers` and `p`."""


class _Space:
    """A namespace, and the expressions compiled in it."""

    def __init__(self, epoch: int, library: str | None) -> None:
        self.epoch = epoch
        self.names = _names(library)
        self.functions: dict[str, Callable[[Thing | None, int], Any]] = {}


class _Here(_local):
    """The calling thread's own."""

    space: _Space | None = None


_here = _Here()


def evaluate(
    text: str, title: str, kind: str, owner: str, frame: int, epoch: int, library: str | None
) -> float:
    """The value of an expression.

    Args:
        title: what tracebacks call it.
        kind, owner: the thing that is `self` in it; "" for none.
        epoch: another number than last time makes a new namespace.
        library: source of `drivers.py`.
    Raises:
        TypeError, ValueError: what it gives is not a finite number. Also what it raises; the
        thread's namespace is then dropped.
    """
    from pynodes.app import things

    try:
        space = _here.space
        if space is None or space.epoch != epoch:
            space = _here.space = _Space(epoch, library)
        function = space.functions.get(text)
        if function is None:
            function = space.functions[text] = _compiled(text, title, space.names)
        self = things.of(kind, owner) if owner else None
        return number(function(self, frame))
    except BaseException:
        _here.space = None
        _show_in_tracebacks(text, title)
        raise


def drop() -> None:
    """Drop the calling thread's namespace."""
    _here.space = None


def number(value: Any) -> float:
    """A finite float, from a number."""
    if not isinstance(value, bool | int | float) and not hasattr(value, "__float__"):
        raise TypeError(f"an expression must give a number, not {type(value).__name__}")
    result = float(value)
    if not math.isfinite(result):
        raise ValueError(f"an expression must give a finite number, not {result}")
    return result


def _names(library: str | None) -> dict[str, Any]:
    from pynodes.app import things

    names: dict[str, Any] = {key: value for key, value in vars(math).items() if key[0] != "_"}
    names.update(
        math=math,
        m=math,
        ob=things.object_,
        la=things.lamp,
        ma=things.material,
        cam=things.camera,
        world=things.world,
    )
    if library is not None:
        module = type(math)(LIBRARY.removesuffix(".py"))
        module.__file__ = LIBRARY
        exec(compile(library, LIBRARY, "exec", dont_inherit=True), vars(module))
        names["drivers"] = names["p"] = module
    return names


def _show_in_tracebacks(text: str, title: str) -> None:
    import linecache

    linecache.cache[f"<{title}>"] = (len(text), None, [text.strip()], f"<{title}>")


def _compiled(text: str, title: str, names: dict[str, Any]) -> Callable[[Thing | None, int], Any]:
    """A function of `self` and `frame`: so they are seen inside comprehensions too."""
    name = f"<{title}>"
    source = text.strip()
    tree: Any = compile(source, name, "eval", ONLY_AST, dont_inherit=True)
    line: dict[str, Any] = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}
    arguments = _ast.arguments(
        posonlyargs=[],
        args=[_ast.arg(arg="self", **line), _ast.arg(arg="frame", **line)],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    tree.body = _ast.Lambda(args=arguments, body=tree.body, **line)
    function: Any = eval(compile(tree, name, "eval", dont_inherit=True), names)
    return function
