"""From the bytes that a host sends to events: what was seen, and what listeners hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pynodes.errors import MismatchError
from pynodes.host import find
from pynodes.host.listener import Listener
from pynodes.host.seen import Seen
from pynodes.model import event as ev


class EventReader:
    """Reads the events of one run.

    Args:
        seen: each event is taken into this.
        listeners: they hear of it after that, in order.
        refuse: called when the program is no host of this package; nothing is read from then on.
    """

    def __init__(
        self, seen: Seen, listeners: Sequence[Listener], refuse: Callable[[], None]
    ) -> None:
        self._seen = seen
        self._listeners = listeners
        self._refuse = refuse
        self._lines = _Lines()

    def feed(self, data: bytes) -> None:
        """Bytes came; any, and cut anywhere."""
        self._take(self._lines.feed(data))

    def finish(self) -> None:
        """No more will come."""
        self._take(self._lines.rest())

    def _take(self, lines: Iterator[bytes]) -> None:
        seen = self._seen
        for line in lines:
            if seen.refusal is not None:
                continue
            try:
                event = ev.parse(line)
                if isinstance(event, ev.Hello):
                    find.check_word(event.word, Path(seen.argv[0]))
                elif seen.hello is None:
                    raise MismatchError(
                        "the host's first event is not a hello",
                        where=seen.argv[0],
                        help="let PYNODES_HOST name the host of this package, or unset it",
                    )
            except ev.GarbageError as error:
                seen.n_garbage += 1
                if len(seen.garbage) < 5:
                    seen.garbage.append(f"{error}: {line[:120].decode('utf-8', 'replace')}")
                continue
            except MismatchError as error:
                seen.refusal = error
                self._refuse()
                continue
            seen.take(event)
            for listener in self._listeners:
                listener.event(event)


class _Lines:
    """Cuts bytes into lines; a line without end is given up at 16 times the promised length."""

    def __init__(self) -> None:
        self._part = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        *whole, self._part = (self._part + data).split(b"\n")
        if len(self._part) > 16 * ev.MAX_LINE_BYTES:
            whole.append(self._part)
            self._part = b""
        yield from filter(None, whole)

    def rest(self) -> Iterator[bytes]:
        if self._part:
            yield self._part
            self._part = b""
