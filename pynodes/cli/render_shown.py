"""What `pynodes render` shows while the host runs. Loaded while that starts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pynodes.cli.console import Console
from pynodes.cli.progress import TileProgress
from pynodes.cli.shown import HostShown
from pynodes.model import event as ev
from pynodes.model.job import Job
from pynodes.model.place import describe_place
from pynodes.model.record import ErrorNote
from pynodes.options.engines import engine_of
from pynodes.words import duration, plural


class RenderShown(HostShown):
    """Shows what happens while it happens: progress, warnings, each error once."""

    def __init__(self, console: Console, progress: TileProgress, job: Job) -> None:
        super().__init__(console, "finishing the tiles in hand")
        self._progress = progress
        self._job = job
        self._engine = ""
        self._tiles: Counter[int] = Counter()

    def event(self, event: ev.Event) -> None:
        super().event(event)
        match event:
            case ev.TileDone():
                self._tiles[event.frame] += 1
                self._progress.tile_done()
            case ev.SceneBegun():
                self._begin(event)
            case ev.Interp():
                gil = "GIL on" if event.gil else "GIL off"
                self.console.detail(
                    f"Python {event.python}, {gil}, {event.executable},"
                    f" up in {duration(event.start_ns / 1e9)}"
                )
            case _:
                pass

    def picture(self, path: Path, warnings: tuple[str, ...]) -> None:
        for warning in warnings:
            self.console.warning(warning, str(path))

    def paused(self, now: bool) -> None:
        self._progress.pause(now)

    def tick(self) -> None:
        self._progress.tick()

    def end(self) -> None:
        super().end()
        self._progress.end()

    def _begin(self, event: ev.SceneBegun) -> None:
        frames = self._job.frames
        self._engine = event.engine
        # Sent a second time when `auto` goes on with another engine: then it begins anew.
        self._progress.take_back(self._tiles.pop(event.frame, 0))
        label = self._job.scene.stem
        if len(frames) > 1 and event.frame in frames:
            label += f" frame {event.frame} ({frames.index(event.frame) + 1} of {len(frames)})"
        self.console.detail(
            f"{label}: {plural(event.objects, 'object')}, {plural(event.triangles, 'triangle')},"
            f" {plural(event.lamps, 'lamp')}, nodes {', '.join(event.nodes) or 'all native'}"
        )
        unit = engine_of(event.engine).unit
        why = f" ({event.why})" if event.why else ""
        self.console.detail(
            f"{label}: engine {event.engine}{why}, {plural(event.threads, unit)},"
            f" attached per {event.attach}, {plural(event.tiles, 'tile')}"
        )
        self._progress.begin(event.tiles * len(frames), label)

    def look_help(self, event: ev.NotFinite) -> str:
        pixel = (*event.pixel, event.sample)
        again = self._job.again(event.tile, event.frame, self._engine, pixel)
        return f"all values of that sample: {again}"

    def show_error(self, event: ev.Failed) -> None:
        note = ErrorNote.from_event(event, self._job, self._engine)
        detail = event.detail
        if event.detail_file:
            detail = f"{detail.rstrip()}\n... all of it is in {event.detail_file}"
        where = event.where
        if event.kind == "node":
            place = describe_place(
                node=note.node,
                pixel=note.pixel,
                sample=note.sample,
                batch=note.batch,
                tile=note.tile,
                frame=note.frame if len(self._job.frames) > 1 else None,
                thread=note.thread,
                unit=engine_of(self._engine).unit,
            )
            inputs = f"with {event.inputs}" if event.inputs else ""
            where = "\n".join(filter(None, (place, inputs, where)))
        self.console.error(event.what, where, note.help, detail, note.again)
