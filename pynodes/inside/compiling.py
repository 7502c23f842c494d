"""Compiling the nodes of a built scene, for the host to load."""

# ruff: noqa: PTH103, PTH118, PTH123 -- see pynodes.nodes._record for the reason
from __future__ import annotations

import os

from pynodes.nodes.api import Declared, construct, declared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pynodes.compile.cache import Cache, Outcome
    from pynodes.compile.source import Sources
    from pynodes.inside.script import Built
    from pynodes.nodes.api import Node, Socket
    from pynodes.scene.emit import Recipe

try:
    from _pynodes import compiled_interface  # type: ignore[import-not-found]
except ImportError:  # outside of the host
    compiled_interface = None

Sides = list[Declared]


def compiled(built: Built, keep: str, is_live: bool, is_fast: bool) -> list[Outcome]:
    """Compile the scene's nodes, by python index; those with one source share a library.

    Args:
        keep: a folder for the sources in C; empty: they are not kept.
        is_live: what nodes ask of the scene may change while it is rendered.
        is_fast: in single precision too.
    Raises:
        OSError: the folder cannot be used.
    """
    from pynodes.compile.cache import Cache
    from pynodes.compile.refusal import NoCompilerError
    from pynodes.inside.node_instances import own_options

    if keep:
        os.makedirs(keep, exist_ok=True)
    try:
        maker = _Maker(Cache(compiled_interface(), is_live, is_fast), keep, is_live, is_fast)
    except NoCompilerError as problem:
        return [_not_compiled(str(problem))] * len(built.recipes)
    outcomes: list[Outcome] = []
    for recipe in built.recipes:
        try:
            node, inputs, outputs = construct(recipe.cls, own_options(recipe.options))
        except Exception as problem:  # the render threads meet it again, and report it
            outcomes.append(_not_compiled(f"its __init__ raises {type(problem).__name__}"))
            continue
        sides = _declared(inputs), _declared(outputs)
        outcomes.append(maker.outcome(node, sides, recipe))
    return outcomes


class _Maker:
    """Translates and compiles nodes, unless the cache has them."""

    def __init__(self, cache: Cache, keep: str, is_live: bool, is_fast: bool) -> None:
        self._cache = cache
        self._keep = keep
        self._is_live = is_live
        self._is_fast = is_fast
        self._sources: Sources | None = None

    def outcome(self, node: Node, sides: tuple[Sides, Sides], recipe: Recipe) -> Outcome:
        """What becomes of one node."""
        from pynodes.compile.refusal import NoCompilerError, NotCompiledError

        place = self._cache.place(node, sides, recipe.linked)
        found = self._cache.found(place) if not self._keep else None
        if found is not None:
            return found
        try:
            made = self._made(node, sides, recipe)
        except NotCompiledError as problem:
            made = _not_compiled(str(problem))
        except NoCompilerError as problem:
            return _not_compiled(str(problem))
        self._cache.keep(place, made)
        return made

    def _made(self, node: Node, sides: tuple[Sides, Sides], recipe: Recipe) -> Outcome:
        from pynodes.compile.build import FAST_FLAGS, library
        from pynodes.compile.source import Sources
        from pynodes.compile.translate import translate

        if self._sources is None:
            self._sources = Sources()
        made = translate(
            node,
            *sides,
            compiled_interface(),
            self._sources,
            self._is_live,
            recipe.linked,
            self._is_fast,
        )
        if self._keep:
            self._write(f"{_plain(recipe.name)}.c", made.source)
        fast = ""
        if made.fast:
            if self._keep:
                self._write(f"{_plain(recipe.name)}.fast.c", made.fast)
            fast = library(made.fast, FAST_FLAGS)
        return library(made.source), "", made.objects, fast, made.not_fast

    def _write(self, name: str, source: str) -> None:
        with open(os.path.join(self._keep, name), "w", encoding="utf-8") as file:
            file.write(source)


def _not_compiled(why: str) -> Outcome:
    return "", why, (), "", ""


def _declared(sockets: Iterable[Socket]) -> Sides:
    return [declared(each) for each in sockets]


def _plain(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)


def not_compiled(node: Node, inputs: Any, outputs: Any) -> str:
    """Why a node is not compiled; empty when it can be. No compiler is run."""
    if compiled_interface is None:
        return "that is known inside the host alone"
    from pynodes.compile.refusal import NotCompiledError
    from pynodes.compile.source import Sources
    from pynodes.compile.translate import translate

    try:
        translate(node, _declared(inputs), _declared(outputs), compiled_interface(), Sources())
    except NotCompiledError as problem:
        return str(problem)
    return ""
