"""HTML from nested calls: text is escaped and made printable, what is `Markup` already is not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from pynodes import printable

_OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
_VOID = {"br", "col", "hr", "img", "link", "meta"}


class Markup(str):
    """Text that is HTML."""

    __slots__ = ()


Child: TypeAlias = str | int | Iterable["Child"] | None


def tag(name: str, /, *children: Child, **attributes: object) -> Markup:
    """One element.

    Args:
        attributes: `class_` and `for_` lose their underscore, `aria_label` becomes `aria-label`;
            None and False leave the attribute out, True gives it without a value.
    """
    words = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{words}>")
    return Markup(f"<{name}{words}>{join(children)}</{name}>")


def join(children: Iterable[Child], between: str = "") -> Markup:
    """Children one after the other."""
    return Markup(between.join(_inside(child) for child in children))


def words(text: str) -> Markup:
    """A text whose options are not broken at their hyphens."""
    parts, options = _OPTION.split(text), _OPTION.findall(text)
    spans = [tag("span", option, class_="option") for option in options]
    return join([*(each for pair in zip(parts, spans, strict=False) for each in pair), parts[-1]])


def _inside(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return escape(printable.text(child), quote=False)
    if isinstance(child, int):
        return str(child)
    return join(child)


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(printable.text(str(value)))}"'
