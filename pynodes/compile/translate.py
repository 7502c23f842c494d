"""One node to its source in C."""

from __future__ import annotations

import sys
from pathlib import PurePath

from pynodes import files
from pynodes.compile.refusal import NotCompiledError
from pynodes.compile.unit import Unit
from pynodes.compile.views import Self

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pynodes.compile.source import Sources

_HEAD = str(PurePath(__file__).with_name("exact.h"))


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
) -> Translated:
    """A node object to C.

    Args:
        inputs, outputs: its sockets, as (name, type, ...).
        interface: what the host says of itself: `args`, the struct of a call in C, `bytes` of a
            sample's shading, and its `fields`, see `views.Shading`.
        is_live: what it asks of the scene may change between calls.
    Raises:
        NotCompiledError: with the line, and what is not compiled there.
    """
    if type(node).call != "sample":
        raise NotCompiledError(0, "it is called by whole batches")
    call: Any = type(node).__call__
    if type(call).__name__ != "function":
        raise NotCompiledError(0, "its __call__ is no plain function")
    unit = Unit(Self(node, inputs, outputs, interface), sources, is_live)
    try:
        body = unit.source(call)
    except RecursionError:
        raise NotCompiledError(0, "its expressions are too deep") from None
    return Translated(_head(interface), body, tuple(unit.scene.objects))


def _head(interface: Mapping[str, Any]) -> str:
    """What every source begins with."""
    args = "#include <stdint.h>\n" + interface["args"].replace("; ", ";\n    ")
    version = f"#define PN_SUM_COMPENSATES {int(sys.version_info >= (3, 12))}"
    return f"{args}\n{version}\n{files.read(_HEAD, files.SCRIPT).decode()}"
