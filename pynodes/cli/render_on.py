"""`pynodes render --on`: the frames of a render, made by a cluster."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pynodes.cli.console import Console
from pynodes.cli.on import OnCluster, on_cluster
from pynodes.cli.progress import Progress
from pynodes.errands.errand import Need, Spot
from pynodes.errands.needs import FolderThere, HostThere
from pynodes.errors import PynodesError, needed
from pynodes.host.identity import identify
from pynodes.rendering.frames import Frames
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.sources import made_of
from pynodes.words import count, plural, time_left


class FramesShown:
    """The live line: how many frames are done, and which machine made the last ones."""

    def __init__(self, console: Console, when: str, frames: int) -> None:
        self._console = console
        self._progress = Progress(console, when, "frames")
        self._total = frames
        self.done = 0
        self._last = ""
        self._begun_s = time.monotonic()
        self._shown: set[tuple[str, str, str]] = set()

    def start(self, label: str) -> None:
        self._progress.start(self._total, label)

    def came(self, outcome: Outcome, spot: Spot) -> None:
        """Some frames came from a machine: each error of theirs is shown once."""
        self.done += len(outcome.records)
        self._last = f"last from {spot.name}"
        for record in outcome.records:
            for note in record.errors:
                key = (note.kind, note.node or "", note.exception or note.what)
                if key not in self._shown and note not in outcome.notes:
                    self._shown.add(key)
                    self._console.error(note.what, note.where, note.help, note.detail, note.again)
            for warning in record.warnings:
                if ("warning", "", warning) not in self._shown:
                    self._shown.add(("warning", "", warning))
                    self._console.warning(warning, record.image or "")
        self.tick()

    def tick(self) -> None:
        spent_s = time.monotonic() - self._begun_s
        left = ""
        if 0 < self.done < self._total:
            left = time_left(spent_s * (self._total - self.done) / self.done)
        line = f"{count(self.done)} of {plural(self._total, 'frame')}"
        self._progress.show(self.done, "frames", left, self._last, line, left, self._last)

    def end(self) -> None:
        self._progress.end()


def render_on(
    console: Console,
    request: RenderRequest,
    on: OnCluster,
    progress: str,
) -> Outcome:
    """Have a cluster render all frames of a request; after a Ctrl-C, what came until then.

    Raises:
        PynodesError: there is no cluster, or it cannot render.
    """
    identity = identify(request.host)
    needs: list[Need] = [HostThere(identity)]
    named = (text for _, text in request.job.defines)
    shown = FramesShown(console, progress, len(request.job.frames))
    with _seen_everywhere(on.shared) as of_folder:
        enter = on_cluster(
            console,
            on,
            timed=False,
            needs=[*needs, *of_folder],
            travels=made_of((request.job.scene,), named),
            tick=shown.tick,
        )
        assert enter is not None
        frames = Frames(request, identity, is_shared=on.shared is not None, shown=shown.came)
        try:
            with enter() as place:
                shown.start("frames")
                return frames.carried_out(place)
        except KeyboardInterrupt:
            return frames.interrupted()
        except PynodesError:
            if shown.done:
                came = f"{count(shown.done)} of {plural(len(request.job.frames), 'frame')} came"
                console.note(f"{came}; the same command with --resume goes on from there")
            raise
        finally:
            shown.end()


@contextmanager
def _seen_everywhere(folder: Path | None) -> Iterator[list[Need]]:
    """While workers look whether a folder is the same there, a file in it says so."""
    if folder is None:
        yield []
        return
    from pynodes.process.scratch import scratch

    with needed(
        "nothing can be written to the shared folder", folder, "name another with --shared"
    ):
        folder.mkdir(parents=True, exist_ok=True)
    with scratch(folder) as inside:
        word = inside.name
        (inside / "word").write_text(word)
        yield [FolderThere(inside, "word", word)]
