"""One node to its source in C."""

from __future__ import annotations

import sys
from pathlib import PurePath

from pynodes import files
from pynodes.compile.emit import WIDE
from pynodes.compile.entry import Entry, wide_types
from pynodes.compile.refusal import NotCompiledError, NotWideError
from pynodes.compile.scene import Scene
from pynodes.compile.tables import Tables
from pynodes.compile.unit import Unit
from pynodes.compile.views import Self

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FunctionType
    from typing import Any

    from pynodes.compile.source import Sources

_HEADS = [str(PurePath(__file__).with_name(each)) for each in ("exact.h", "exact_math.h", "wide.h")]


class Translated:
    """`head` and `body` are the source; `objects` are those of the scene whose matrices it reads,
    in order."""

    def __init__(self, head: str, body: str, objects: tuple[str, ...]) -> None:
        self.head = head
        self.body = body
        self.objects = objects

    @property
    def source(self) -> str:
        """The whole text."""
        return f"{self.head}\n{self.body}"


def translate(
    node: Any,
    inputs: Sequence[Any],
    outputs: Sequence[Any],
    interface: Mapping[str, Any],
    sources: Sources,
    is_live: bool = False,
    linked: Sequence[bool] | None = None,
) -> Translated:
    """A node object to C.

    Args:
        inputs, outputs: its sockets, as (name, type, ...).
        interface: what the host says of itself: `args`, the struct of a call in C, `bytes` of a
            sample's shading, and its `fields`, see `views.Shading`.
        is_live: what it asks of the scene may change between calls.
        linked: which inputs differ between samples; None: all.
    Raises:
        NotCompiledError: with the line, and what is not compiled there.
    """
    if type(node).call != "sample":
        raise NotCompiledError(0, "it is called by whole batches")
    call: Any = type(node).__call__
    if type(call).__name__ != "function":
        raise NotCompiledError(0, "its __call__ is no plain function")
    this = Self(node, inputs, outputs, interface)
    scene, tables = Scene(is_live), Tables()
    entry = Entry(this, linked if linked is not None else [True] * len(inputs))
    try:
        parts = [Unit(this, sources, scene, tables).body(call), entry.each()]
        wide = _wide(Unit(this, sources, scene, tables, WIDE), call, entry)
    except RecursionError:
        raise NotCompiledError(0, "its expressions are too deep") from None
    body = "\n\n".join(
        part for part in ["\n".join(tables.lines), *parts, *wide, entry.entry(bool(wide))] if part
    )
    return Translated(_head(interface), body, tuple(scene.objects))


def _wide(unit: Unit, call: FunctionType, entry: Entry) -> list[str]:
    """The same for many samples at once; empty where that is not possible."""
    try:
        body = unit.body(call)
    except NotWideError:
        return []
    objects = len(unit.scene.objects)
    wide = entry.wide(unit.seen, objects)
    return ["#if PN_HAS_FMA", wide_types(unit.seen, objects), body, wide, "#endif"]


def _head(interface: Mapping[str, Any]) -> str:
    """What every source begins with."""
    args = "#include <stdint.h>\n" + interface["args"].replace("; ", ";\n    ")
    version = f"#define PN_SUM_COMPENSATES {int(sys.version_info >= (3, 12))}"
    rules = [files.read(each, files.SCRIPT).decode() for each in _HEADS]
    return "\n".join([args, version, *rules])
