"""Nodes: the Python class an author writes, trees of them, and a library of ready ones.

Imported inside the host, also by interpreters with a GIL of their own, so it uses the standard
library alone.
"""

from __future__ import annotations

from pynodes.nodes import native
from pynodes.nodes._here import here
from pynodes.nodes._value import RGBA, VALUE, VECTOR
from pynodes.nodes.api import CALL_MODES, Node, Socket, SocketLists
from pynodes.nodes.tree import NodeTree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pynodes.nodes.library import LIBRARY, Ripples, SoapFilm, Tilings

__all__ = [
    "CALL_MODES",
    "LIBRARY",
    "RGBA",
    "VALUE",
    "VECTOR",
    "Node",
    "NodeTree",
    "Ripples",
    "SoapFilm",
    "Socket",
    "SocketLists",
    "Tilings",
    "here",
    "native",
]


def __getattr__(name: str) -> Any:
    """The library's nodes, loaded when first asked for."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from pynodes.nodes import library

    thing = globals()[name] = getattr(library, name)
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
