"""What went wrong at nodes, put together from what each thread (or worker) saw."""

from __future__ import annotations

from typing import TypeAlias

from pynodes.model import event as ev

Key: TypeAlias = tuple[int, str, str, str]
Flaw: TypeAlias = ev.Failed | ev.NotFinite


def key_of(event: Flaw | ev.Flawed) -> Key:
    """A flaw is a node of a frame with a type of exception, or that made what is not finite."""
    return event.frame, event.tree, event.node, event.exception


class Flaws:
    """The flaws of a run, each once, at its first sample in the order of the picture."""

    def __init__(self) -> None:
        self._first: dict[Key, Flaw] = {}
        self._samples: dict[Key, dict[int, int]] = {}

    def take(self, event: Flaw | ev.Flawed) -> bool:
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
        """What nodes of a frame, or of all, raised, in the order of the picture."""
        return [each for each in self._in_order(frame) if isinstance(each, ev.Failed)]

    def not_finite(self, frame: int | None = None) -> list[ev.NotFinite]:
        """What nodes of a frame, or of all, made that is not finite, in the same order."""
        return [each for each in self._in_order(frame) if isinstance(each, ev.NotFinite)]

    def _in_order(self, frame: int | None) -> list[Flaw]:
        found = (each for each in self._first.values() if frame in (None, each.frame))
        return sorted(found, key=lambda each: (each.order, each.node, each.exception))

    def samples(self, error: Flaw) -> int | None:
        """How many samples have the flaw; None when no thread came to say so."""
        return sum(self._samples.get(key_of(error), {}).values()) or None
