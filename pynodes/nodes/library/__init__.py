"""Nodes that come with the package. Each file stands alone: copy one and change it."""

from __future__ import annotations

from pynodes.nodes.api import Node
from pynodes.nodes.library.ripples import Ripples
from pynodes.nodes.library.soapfilm import SoapFilm
from pynodes.nodes.library.tilings import Tilings

LIBRARY: tuple[type[Node], ...] = (Tilings, Ripples, SoapFilm)
"""All of them, in the order `pynodes nodes` lists them."""

__all__ = ["LIBRARY", "Ripples", "SoapFilm", "Tilings"]
