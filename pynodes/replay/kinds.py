"""The kinds of events: their keys, what each takes, and the order in which the host gets them.

One row a kind. The host has a function of the same name for each (host/app/parts.c).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """A key of an event.

    Args:
        kind: `text`, `int`, `number`, `value` (a boolean, number, text or list of numbers),
            `texts`, `area`, `script` and `file` (an existing file, found from the replay's folder),
            `path` (likewise, but it need not exist), `frames`, `code` (a number or a name of
            `pynodes.app.codes`), `name` (a text or a number), `json` (anything) or a tuple of
            words.
        default: None for a key that must be there.
    """

    name: str
    kind: str | tuple[str, ...]
    default: Any = None


KINDS: dict[str, tuple[Key, ...]] = {
    "answer": (Key("value", "json"),),
    "cancel": (),
    "delete": (Key("what", ("node", "text", "object")), Key("name", "text")),
    "edit": (Key("text", "text"), Key("source", "file")),
    "file": (Key("path", "path"),),
    "frame": (Key("number", "int"),),
    "image": (Key("path", "path"),),
    "key": (
        Key("area", "area"),
        Key("code", "code"),
        Key("value", "int", 1),
        Key("ascii", "text", ""),
    ),
    "load": (Key("path", "path"),),
    "menu": (Key("group", "text"), Key("name", "text"), Key("submenu", "text", "")),
    "mouse": (
        Key("area", "area"),
        Key("code", "code"),
        Key("value", "int", 1),
        Key("ascii", "text", ""),
    ),
    "options": (Key("object", "text"),),
    "press": (Key("area", "area"), Key("button", "name"), Key("value", "value", "")),
    "quit": (),
    "redraw": (Key("area", "area"),),
    "refresh": (Key("object", "text"),),
    "render": (Key("mode", ("still", "anim"), "still"), Key("frames", "frames", ())),
    "save": (Key("path", "path"),),
    "script": (Key("name", "script"), Key("args", "texts", ())),
    "type": (Key("area", "area"), Key("button", "name"), Key("text", "text")),
    "undo": (),
    "update": (Key("object", "text"),),
}

VIEW = "view3d"
"""The area that is no script's own."""
