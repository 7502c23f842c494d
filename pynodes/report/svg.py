"""An SVG drawing made fit for a page: colours from the page's theme, no ids that could clash."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")


def inline(drawing: str, name: str, label: str, colors: dict[str, str]) -> str:
    """The drawing as an element for an HTML page.

    Args:
        name: what its ids begin with; each drawing of a page has its own.
        label: what a screen reader says instead.
        colors: from colours in the drawing to what stands for them, such as `var(--ink)`.
    """
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    root = ET.fromstring(drawing)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
                parent.remove(child)
    used = set(_references(root))
    for element in root.iter():
        _rename(element, name, used)
        for key in ("style", "fill", "stroke"):
            value = element.get(key)
            if value is not None:
                element.set(key, _recolored(value, colors))
    for key in ("width", "height", "version"):
        root.attrib.pop(key, None)
    root.set("role", "img")
    root.set("aria-label", label)
    return ET.tostring(root, encoding="unicode")


def _references(root: ET.Element) -> list[str]:
    found = []
    for element in root.iter():
        for key, value in element.attrib.items():
            if key in ("href", f"{{{_XLINK}}}href"):
                found.append(value.removeprefix("#"))
            found += _REFERENCE.findall(value)
    return found


def _rename(element: ET.Element, name: str, used: set[str]) -> None:
    own = element.get("id")
    if own is not None:
        if own in used:
            element.set("id", f"{name}-{own}")
        else:
            del element.attrib["id"]
    for key, value in list(element.attrib.items()):
        if key in ("href", f"{{{_XLINK}}}href"):
            element.set(key, f"#{name}-{value.removeprefix('#')}")
        elif "url(#" in value:
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _recolored(value: str, colors: dict[str, str]) -> str:
    for color, instead in colors.items():
        value = value.replace(color, instead)
    return value
