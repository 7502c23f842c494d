"""Nodes that come with the package. Each file stands alone: copy one and change it.

A file is loaded when its node is first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pynodes.nodes.api import Node
    from pynodes.nodes.library.ripples import Ripples
    from pynodes.nodes.library.soapfilm import SoapFilm
    from pynodes.nodes.library.tilings import Tilings

    LIBRARY: tuple[type[Node], ...]
    """All of them, in the order `pynodes nodes` lists them."""

__all__ = ["LIBRARY", "Ripples", "SoapFilm", "Tilings"]


def __getattr__(name: str) -> Any:
    if name == "LIBRARY":
        return tuple(map(__getattr__, ("Tilings", "Ripples", "SoapFilm")))
    if name in __all__:
        return getattr(__import__(f"{__name__}.{name.lower()}", fromlist=[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
