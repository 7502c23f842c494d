"""Nodes: the Python class an author writes, trees of them, and a library of ready ones.

Imported inside the host, also by interpreters with a GIL of their own, so it uses the standard
library alone.
"""

from __future__ import annotations

from pynodes.nodes import native
from pynodes.nodes._value import RGBA, VALUE, VECTOR
from pynodes.nodes.api import CALL_MODES, Node, Socket, SocketLists
from pynodes.nodes.library import LIBRARY, Ripples, SoapFilm, Tilings
from pynodes.nodes.tree import NodeTree

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
    "native",
]
