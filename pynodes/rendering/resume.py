"""To go on with an animation: which frames are finished already, and why others are not.

A frame is finished when its picture is a whole file that says it was made of the same: the name of
a file alone says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from pynodes import files
from pynodes.host.judge import Judgement
from pynodes.image import metadata
from pynodes.image.files import numbered, partial_path
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import format_ranges
from pynodes.rendering.origin import Origin, differences
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.request import RenderRequest
from pynodes.words import count, plural

_FINISHED = "finished already"


class Resumed(NamedTuple):
    """What of a request is there.

    Attributes:
        frames: all of them.
        request: what is left to render; None: nothing is.
        finished: a record each of frames that are finished.
        anew: why frames are rendered again that have a picture.
    """

    frames: tuple[int, ...]
    request: RenderRequest | None
    finished: tuple[Record, ...]
    anew: dict[int, str]

    @property
    def reasons(self) -> Iterator[tuple[str, str]]:
        """`frames 1..3 are` and why: each reason once."""
        of_reason: dict[str, list[int]] = {}
        for frame, why in self.anew.items():
            of_reason.setdefault(why, []).append(frame)
        for why, frames in of_reason.items():
            are = "frame {} is" if len(frames) == 1 else "frames {} are"
            yield are.format(format_ranges(frames)), why

    @property
    def summary(self) -> str:
        """How many frames are finished."""
        done = len(self.finished)
        verb = "was" if 1 in (done, len(self.frames)) else "were"
        return f"{count(done)} of {plural(len(self.frames), 'frame')} {verb} finished already"

    def remove_partial(self) -> None:
        """Of frames that are finished: what was killed just then has left it."""
        for record in self.finished:
            assert record.image is not None
            with suppress(OSError):
                partial_path(Path(record.image)).unlink()

    def outcome(self, outcome: Outcome | None = None) -> Outcome:
        """That of all frames, given that of what was left to render, if anything was."""
        if outcome is None:
            return Outcome(self.finished, Judgement(Verdict.OK, _FINISHED))
        place = {frame: at for at, frame in enumerate(self.frames)}
        records = [*self.finished, *outcome.records]
        records.sort(key=lambda record: place[record.frame or 0])
        return outcome._replace(records=tuple(records))


def resume(request: RenderRequest) -> Resumed:
    """Look at the pictures of a request, which are of a form that says what it was made of."""
    origin = request.origin_now()
    finished: list[Record] = []
    anew: dict[int, str] = {}
    left: list[int] = []
    for frame, path in zip(request.job.frames, request.pictures, strict=True):
        about, why = _look(path, origin, frame)
        if about and not why:
            finished.append(_record(request, frame, path, about))
            continue
        left.append(frame)
        if why:
            anew[frame] = why
    if not left:
        return Resumed(request.job.frames, None, tuple(finished), anew)
    out = request.out and (numbered(request.out) if request.several else request.out)
    job = replace(request.job, frames=tuple(left))
    left_of = request._replace(job=job, out=out, origin=origin)
    return Resumed(request.job.frames, left_of, tuple(finished), anew)


def _look(path: Path, origin: Origin, frame: int) -> tuple[dict[str, Any], str]:
    """What a picture says of itself, and why it is not the finished one; nothing of none."""
    if files.kind_of(path) != files.FILE:
        return {}, ""
    try:
        about = metadata.read(path)
    except ValueError as error:
        return {}, str(error)
    except OSError as error:
        return {}, f"it cannot be read: {error.strerror}"
    return about, ", ".join(differences(about, origin, frame))


def _record(request: RenderRequest, frame: int, path: Path, about: dict[str, Any]) -> Record:
    tiles = 1 if request.job.only_tile is not None else request.job.tiles_per_frame
    known = {"image": str(path), "sha256": str(about.get("sha256")), "command": request.command}
    record = Record.of_job(
        Verdict.OK,
        _FINISHED,
        request.job,
        frame=frame,
        tiles=tiles,
        tiles_done=tiles,
        **known,
    )
    return record._replace(tile=None, order=None, threads=None, engine=None, attach=None)
