"""The kinds of events: their keys, what each takes, and the order in which the host gets them.

The rows stand with what they play, in the modules of `pynodes.app`; the host has a function for
each kind in the part that plays it (host/app/parts.def).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pynodes.app import EVENTS


@dataclass(frozen=True, slots=True)
class Key:
    """A key of an event.

    Args:
        kind: `text`, `int`, `value` (a boolean, number, text or list of numbers),
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
    kind: tuple(Key(*key) for key in keys) for kind, keys in sorted(EVENTS.items())
}

VIEW = "view3d"
"""The area that is no script's own."""
