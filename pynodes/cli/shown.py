"""What every command shows of a host while it runs, and of one that plays."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pynodes.cli.console import Console
from pynodes.cli.progress import Progress
from pynodes.cli.stacks import Stacks
from pynodes.host.flaws import Flaws
from pynodes.host.listener import Listener
from pynodes.model import event as ev
from pynodes.model.place import describe_place
from pynodes.model.verdict import Verdict
from pynodes.process.evidence_folder import NOT_KEPT
from pynodes.words import count, duration, nanoseconds, plural

if TYPE_CHECKING:
    from pynodes.replay.play import Played

_AT_THE_END = ("cancelled", "lost")


class HostShown(Listener):
    """Shows warnings, what the host prints, and each error once.

    That of a node is noted at once, and shown at the end of its frame: then it is known which
    sample was the first in the picture.

    Args:
        ending: what is done after the first Ctrl-C.
    """

    def __init__(self, console: Console, ending: str) -> None:
        self.console = console
        self._ending = ending
        self._shown: set[tuple[str, str, str]] = set()
        self._flaws = Flaws()
        self._noted: set[tuple[str, str]] = set()
        self._stacks: Stacks | None = None  # once they are asked for

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.Warned):
            self.console.warning(event.what, event.where, event.help)
        elif isinstance(event, ev.Failed) and event.kind == "node":
            if self._flaws.take(event) and (event.node, event.exception) not in self._noted:
                self._noted.add((event.node, event.exception))
                self.console.note(f"node {event.node} raises {event.exception} ...")
        elif isinstance(event, ev.NotFinite):
            self._flaws.take(event)
        elif isinstance(event, ev.Failed) and event.kind not in _AT_THE_END:
            self.failed(event)
        elif isinstance(event, ev.FrameDone):
            self._show_flaws(event.frame)

    def end(self) -> None:
        """The host has ended: show what belongs to no frame that was finished."""
        if self._stacks is not None:
            self.console.forward(self._stacks.end())
            if self._stacks.empty:
                self.console.note(f"{plural(self._stacks.empty, 'thread')} without a Python frame")
            self._stacks = None
        self._show_flaws(None)

    def _show_flaws(self, frame: int | None) -> None:
        for event in self._flaws.errors(frame):
            self.failed(event)
        for found in self._flaws.not_finite(frame):
            if (found.tree, found.node, "") not in self._shown:
                self._shown.add((found.tree, found.node, ""))
                self.show_not_finite(found)

    def show_not_finite(self, event: ev.NotFinite) -> None:
        """A node made what is not finite."""
        self.console.warning(
            f"node {event.node} makes NaN or infinity of finite inputs",
            f"{self.place_of(event)}\nwith {event.inputs or 'no inputs'}",
            self.look_help(event),
        )

    def place_of(self, event: ev.NotFinite) -> str:
        """Where in the picture."""
        return describe_place(pixel=event.pixel, sample=event.sample, tile=event.tile)

    def look_help(self, event: ev.NotFinite) -> str:
        """How to look into the sample."""
        return f"`pynodes render` shows all values of that sample with {event.again}"

    def failed(self, event: ev.Failed) -> None:
        """An error came, which the end does not say again."""
        key = (event.kind, event.who or event.node, event.exception or event.what)
        if key not in self._shown:
            self._shown.add(key)
            self.show_error(event)

    def show_error(self, event: ev.Failed) -> None:
        """The same error comes once."""
        self.console.error(event.what, event.where, event.help, event.detail)

    def text(self, data: bytes) -> None:
        self.console.forward(data if self._stacks is None else self._stacks.feed(data))

    def interrupted(self, times: int) -> None:
        words = (f"{self._ending}; Ctrl-C again stops at once", "stopping now", "killed")
        self.console.note(words[min(times, 3) - 1])

    def limit_reached(self) -> None:
        self.console.note("the time limit is over: asking for all stacks, then ending the host")
        self._stacks = Stacks()


class ReplayShown(HostShown):
    """Shows errors as they come, and now and then how far it is.

    Args:
        length_s: how long it takes, where that is known.
    """

    def __init__(self, console: Console, length_s: float = 0.0) -> None:
        super().__init__(console, "ending the replay")
        self._progress = Progress(console, "lines")
        self._of = f" of {duration(length_s)}" if length_s else ""
        self._began_s = time.monotonic()
        self._entries = 0
        self._errors = 0
        self._passes = 0

    def event(self, event: ev.Event) -> None:
        super().event(event)
        if isinstance(event, ev.Entered):
            self._entries += event.times
            self.console.detail(_entry_line(event))
        elif isinstance(event, ev.FrameDone) and event.pass_number:
            self._passes += 1

    def failed(self, event: ev.Failed) -> None:
        if event.expected:
            self.console.detail(f"as expected: {event.what} ({event.where})")
        else:
            self._errors += 1
            super().failed(event)

    def tick(self) -> None:
        self._progress.show(
            0,
            "",
            "",
            "",
            f"{duration(time.monotonic() - self._began_s)}{self._of}",
            f"{count(self._entries)} {'entry' if self._entries == 1 else 'entries'}",
            f"{plural(self._passes, 'frame')} beside" if self._passes else "",
            plural(self._errors, "error"),
        )


def _entry_line(event: ev.Entered) -> str:
    where = "main thread" if event.thread == -1 else f"thread {event.thread}"
    times = f" x {event.times}" if event.times > 1 else ""
    what = f": {event.what}" if event.what else ""
    return (
        f"{event.at / 1e9:8.3f} s  {'  ' * event.depth}{event.kind} {event.who}{times}, {where},"
        f" waited {nanoseconds(event.wait)}, took {nanoseconds(event.took)},"
        f" {event.result}{what}"
    )


def show_end(console: Console, played: Played) -> None:
    """What no event said: how a host ended that could not say so, and what is kept of it."""
    judgement = played.judgement
    if not judgement.said and judgement.verdict not in (Verdict.OK, Verdict.INTERRUPTED):
        console.error(judgement.text, judgement.where, judgement.help)
    for note in played.notes:
        console.error(note.what, note.where, note.help, note.detail)
    if played.evidence_lost:
        console.warning(NOT_KEPT, played.evidence_lost)
    if played.evidence is not None and played.verdict in (Verdict.CRASH, Verdict.HANG):
        console.note(f"the host's last words are kept in {played.evidence}")
