"""What was seen of one run of the host, as it was seen; `judge` gives it a name."""

from __future__ import annotations

import signal
from collections import Counter

from pynodes.errors import PynodesError
from pynodes.host.flaws import Flaws
from pynodes.host.status import Slot
from pynodes.model import event as ev


class FrameSeen:
    """What the host said about one frame; `of_tiles` are the sums over its tile events."""

    def __init__(self, scene: ev.SceneBegun) -> None:
        self.scene = scene
        self.done: ev.FrameDone | None = None
        self.threads: list[ev.ThreadDone] = []
        self.costs: list[ev.CostDone] = []
        self.places: list[ev.PlaceSampled] = []
        self.profiles: list[ev.ProfileDone] = []
        self.tiles_seen: set[int] = set()
        self.of_tiles: Counter[str] = Counter(node_calls=0, python_ns=0, wait_ns=0)

    @property
    def totals(self) -> ev.Totals:
        """The figures of the frame, or as far as they are known from its tiles."""
        return self.of_tiles if self.done is None else self.done.totals

    @property
    def tiles_done(self) -> int:
        return len(self.tiles_seen)

    @property
    def is_whole(self) -> bool:
        """Every tile of the frame is in the picture, by the host's own account."""
        return self.done is not None and self.done.is_whole


class Seen:
    """Everything that was seen of one run of the host. Times in ns of this process's clock."""

    def __init__(
        self, argv: tuple[str, ...], *, limit_s: float | None = None, begin_ns: int = 0
    ) -> None:
        self.argv = argv
        self.hello: ev.Hello | None = None
        self.interp: ev.Interp | None = None
        self.frames: dict[int, FrameSeen] = {}
        self.flaws = Flaws()
        self.others: list[ev.Failed] = []
        self.warnings: list[ev.Warned] = []
        self.entries: list[ev.Entered] = []
        self.looked: list[ev.NodeLooked | ev.ValueLooked] = []
        self.passes: list[ev.FrameDone] = []
        self.crash: ev.Crashed | None = None
        self.bye: ev.Bye | None = None
        self.garbage: list[str] = []
        self.n_garbage = 0
        self.refusal: PynodesError | None = None
        self.returncode = 0
        self.tail: bytes = b""
        self.slots: tuple[Slot, ...] = ()
        self.interrupts = 0
        self.ended_by: signal.Signals | None = None
        self.killed = False
        self.limit_s = limit_s
        self.limit_hit = False
        self.stalled = False
        self.stuck_after_bye = False
        self.last_tile_age_ns: int | None = None
        self.begin_ns = begin_ns
        self.wall_ns = 0

    def take(self, event: ev.Event) -> None:
        """Add one event."""
        match event:
            case ev.TileDone():
                seen = self.frames.get(event.frame)
                if seen is not None:
                    seen.tiles_seen.add(event.i)
                    seen.of_tiles["node_calls"] += event.calls
                    seen.of_tiles["python_ns"] += event.python
                    seen.of_tiles["wait_ns"] += event.wait
            case ev.SceneBegun():
                self.frames[event.frame] = FrameSeen(event)
            case ev.ThreadDone():
                if event.frame in self.frames:
                    self.frames[event.frame].threads.append(event)
            case ev.CostDone():
                if event.frame in self.frames:
                    self.frames[event.frame].costs.append(event)
            case ev.PlaceSampled():
                if event.frame in self.frames:
                    self.frames[event.frame].places.append(event)
            case ev.ProfileDone():
                if event.frame in self.frames:
                    self.frames[event.frame].profiles.append(event)
            case ev.FrameDone():
                if event.pass_number:
                    self.passes.append(event)
                if event.pass_number <= 1 and event.frame in self.frames:
                    self.frames[event.frame].done = event
            case ev.Entered():
                self.entries.append(event)
            case ev.NodeLooked() | ev.ValueLooked():
                self.looked.append(event)
            case ev.Failed(kind="node"):
                self.flaws.take(event)
            case ev.Flawed() | ev.NotFinite():
                self.flaws.take(event)
            case ev.Failed():
                self.others.append(event)
            case ev.Warned():
                self.warnings.append(event)
            case ev.Hello():
                self.hello = event
            case ev.Interp():
                self.interp = event
            case ev.Crashed():
                self.crash = event
            case ev.Bye():
                self.bye = event

    @property
    def errors(self) -> list[ev.Failed]:
        """All errors, those of nodes first."""
        return [*self.flaws.errors(), *self.others]

    def engine_of(self, frame: int) -> str:
        """The engine that renders (or rendered) a frame; empty when it is not known."""
        return self.frames[frame].scene.engine if frame in self.frames else ""
