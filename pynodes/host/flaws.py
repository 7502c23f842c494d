"""What went wrong at nodes, put together from what each thread (or worker) saw."""

from __future__ import annotations

from typing import TypeAlias

from pynodes.model import event as ev

Key: TypeAlias = tuple[int, str, str, str]


def key_of(event: ev.Failed | ev.Flawed) -> Key:
    """A flaw is a node of a frame with a type of exception."""
    return event.frame, event.tree, event.node, event.exception


class Flaws:
    """The node errors of a run, each once, at its first sample in the order of the picture."""

    def __init__(self) -> None:
        self._first: dict[Key, ev.Failed] = {}
        self._samples: dict[Key, dict[int, int]] = {}

    def take(self, event: ev.Failed | ev.Flawed) -> bool:
        """Add what one thread saw; true when it is the first to see that flaw."""
        key = key_of(event)
        if isinstance(event, ev.Flawed):
            self._samples.setdefault(key, {})[event.thread] = event.samples
            return False
        before = self._first.get(key)
        if before is None or event.order < before.order:
            self._first[key] = event
        return before is None

    def errors(self, frame: int | None = None) -> list[ev.Failed]:
        """Those of a frame, or all, in the order of the picture."""
        found = (each for each in self._first.values() if frame in (None, each.frame))
        return sorted(found, key=lambda each: (each.order, each.node, each.exception))

    def samples(self, error: ev.Failed) -> int | None:
        """How many samples have the flaw; None when no thread came to say so."""
        return sum(self._samples.get(key_of(error), {}).values()) or None
