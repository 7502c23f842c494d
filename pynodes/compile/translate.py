"""One node to its source in C."""

from __future__ import annotations

import re
import sys
from pathlib import PurePath

from pynodes import files
from pynodes.compile.emit import FAST, WIDE
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

_EXACT = ("exact.h", "exact_math.h", "wide.h")
_FAST = ("fast.h",)
_WIDE_LINES_MAX = 1500  # the C compiler takes more than a second for more


class Translated:
    """`head` and `body` are the source; `objects` are those of the scene whose matrices it reads,
    in order. `fast` is the source in single precision; empty where there is none, `not_fast` why.
    """

    def __init__(self, head: str, body: str, objects: tuple[str, ...]) -> None:
        self.head = head
        self.body = body
        self.objects = objects
        self.fast = ""
        self.not_fast = ""

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
    is_fast: bool = False,
) -> Translated:
    """A node object to C.

    Args:
        inputs, outputs: its sockets, as (name, type, ...).
        interface: what the host says of itself: `args`, the struct of a call in C, `bytes` of a
            sample's shading, and its `fields`, see `views.Shading`.
        is_live: what it asks of the scene may change between calls.
        linked: which inputs differ between samples; None: all.
        is_fast: translate for single precision too.
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
    fast, not_fast = "", ""
    try:
        parts = [Unit(this, sources, scene, tables).body(call), entry.each()]
        wide, _ = _wide(Unit(this, sources, scene, tables, WIDE), call, entry)
        if is_fast:
            single = Tables()
            made, not_fast = _wide(Unit(this, sources, scene, single, FAST), call, entry)
            if made:
                fast = _fast_source(interface, [*single.lines, *made, entry.fast()])
    except RecursionError:
        raise NotCompiledError(0, "its expressions are too deep") from None
    if wide:
        wide = ["#if PN_HAS_FMA", *wide, "#endif"]
    body = "\n\n".join(
        part for part in ["\n".join(tables.lines), *parts, *wide, entry.entry(bool(wide))] if part
    )
    translated = Translated(_head(interface, _EXACT), body, tuple(scene.objects))
    translated.fast, translated.not_fast = fast, not_fast
    return translated


def _fast_source(interface: Mapping[str, Any], parts: list[str]) -> str:
    return "\n".join([_head(interface, _FAST), "\n\n".join(parts)])


def _wide(unit: Unit, call: FunctionType, entry: Entry) -> tuple[list[str], str]:
    """(The same for many samples at once, why that is not possible)."""
    try:
        body = unit.body(call)
        if body.count("\n") > _WIDE_LINES_MAX:
            raise NotWideError("so long a node")
        if unit.wide is FAST:
            _check_range(body)
    except NotWideError as why:
        return [], str(why)
    objects = len(unit.scene.objects)
    return [
        wide_types(unit.seen, objects),
        body,
        entry.wide(unit.seen, objects, unit.wide is FAST),
    ], ""


def _check_range(text: str) -> None:
    """Raises NotWideError for numbers that single precision, or an int of 32 bits, has not."""
    for found in re.findall(r"PN_I\((-?\d+)\)", text):
        if abs(int(found)) >= 1 << 31:
            raise NotWideError("an int past 31 bits")
    for found in re.findall(r"PN_F\(\(?(-?0x[^)]*)", text):
        if abs(float.fromhex(found)) > 3.4e38:
            raise NotWideError("a float past 3.4e38")


def _head(interface: Mapping[str, Any], files_: Sequence[str]) -> str:
    """What every source begins with."""
    args = "#include <stdint.h>\n" + interface["args"].replace("; ", ";\n    ")
    version = f"#define PN_SUM_COMPENSATES {int(sys.version_info >= (3, 12))}"
    rules = [
        files.read(str(PurePath(__file__).with_name(each)), files.SCRIPT).decode()
        for each in files_
    ]
    return "\n".join([args, version, *rules])
