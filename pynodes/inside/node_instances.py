"""Node objects of a built scene, for the calling thread alone."""

from __future__ import annotations

import sys

from pynodes.nodes.api import BATCH, Node, construct, declared

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import ModuleType
    from typing import Any

    from pynodes.inside.script import Built, Loaded
    from pynodes.nodes.api import Declared

DOCUMENT = "document"  # how the tag of an application's document begins


def instances(built: Built) -> list[Node]:
    """Make the scene's node objects, by python index, for the calling thread alone.

    Raises:
        TypeError: a node that declares other sockets than when the scene was built.
    """
    from _pynodes import bind  # type: ignore[import-not-found]

    nodes: list[Node] = []
    for recipe in built.recipes:
        cls = _own_class(recipe.cls, built.loaded)
        node, inputs, outputs = construct(cls, own_options(recipe.options))
        for side, now, then in (
            ("inputs", inputs, recipe.inputs),
            ("outputs", outputs, recipe.outputs),
        ):
            sockets = tuple(declared(socket) for socket in now)
            if sockets != then:
                raise TypeError(
                    f"node {recipe.name} ({cls.__name__}) declared other {side} this time:"
                    f" {_named(sockets)}, not {_named(then)}; __init__ must always do the same"
                )
        bind(node, recipe.inputs, recipe.outputs, cls.call == BATCH)
        nodes.append(node)
    return nodes


def _own_class(cls: type[Node], loaded: Loaded) -> type[Node]:
    """The class to use on this thread.

    For a thread with a copy of the script (a tag, but for documents) a node from another module
    comes from a copy of that module, so that threads share no class, global or constant. A class
    that cannot be found again by name (made inside a function, or without a source file) is shared.
    """
    home = cls.__module__
    own = loaded.tag and not loaded.tag.startswith(DOCUMENT)
    if not own or home == loaded.module.__name__:
        return cls
    module = loaded.copies.get(home)
    if module is None:
        module = loaded.copies[home] = _copy_module(home, loaded.tag)
    found: Any = module
    for part in cls.__qualname__.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and issubclass(found, Node) else cls


def _copy_module(name: str, tag: str) -> ModuleType:
    """A second module from the same source file, or the module itself without one."""
    from importlib.machinery import SourceFileLoader
    from importlib.util import module_from_spec, spec_from_file_location

    original = sys.modules[name]
    spec = getattr(original, "__spec__", None)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        return original
    copy_name = f"{name}__{tag}"
    copy_spec = spec_from_file_location(copy_name, spec.origin)
    if copy_spec is None or copy_spec.loader is None:
        return original
    module = module_from_spec(copy_spec)
    sys.modules[copy_name] = module
    copy_spec.loader.exec_module(module)
    return module


def own_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options for one instance: copies, so that no two share a list; locks and files stay."""
    own = dict(options)
    for name, value in options.items():
        if value is None or isinstance(value, int | float | str):
            continue
        from copy import deepcopy

        try:
            own[name] = deepcopy(value)
        except Exception:
            continue
    return own


def _named(sockets: tuple[Declared, ...]) -> str:
    return ", ".join(f"{name} {value}" for name, _, value, _, _ in sockets) or "none"
