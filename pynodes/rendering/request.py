"""A job with its places: what to render, where its files go, and whether they can be there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pynodes import printable
from pynodes.image.files import check_output, frame_path, host_pattern, partial_path
from pynodes.model.job import Job
from pynodes.rendering.pipeline import absolute

if TYPE_CHECKING:
    from pynodes.rendering.origin import Origin


class RenderRequest(NamedTuple):
    """A job with its places. `out` may hold `#`s for the frame number.

    With `cores` the host may use these alone. `measured` leaves everything that this side has to do
    until the host has ended, so that it takes no time from it. `scratch` is the folder for what is
    needed while the host runs, instead of one of its own. `bits` are those of a sample in a PNG.
    `origin` is what the pictures are made of, where that is known before the host is started.
    Without `out` no picture is written. With `held` the frames are kept in memory, in the outcome.
    """

    host: Path
    job: Job
    out: Path | None
    evidence: Path | None
    limit_s: float | None = None
    cores: tuple[int, ...] = ()
    measured: bool = False
    scratch: Path | None = None
    bits: int = 8
    origin: Origin | None = None
    held: bool = False

    @property
    def several(self) -> bool:
        return len(self.job.frames) > 1

    @property
    def pictures(self) -> list[Path]:
        """Where the pictures go, one a frame."""
        if self.out is None:
            return []
        return [frame_path(self.out, frame, self.several) for frame in self.job.frames]

    @property
    def suffix(self) -> str:
        """The form of the pictures: .png and so on; empty for none."""
        return self.out.suffix.lower() if self.out is not None else ""

    def origin_now(self) -> Origin:
        """What the pictures are made of, as the scene's files are now."""
        from pynodes.rendering.origin import origin_of

        return origin_of(self.job, self.bits if self.suffix == ".png" else None)

    def remove_pictures(self) -> None:
        """Remove what was rendered, finished or not."""
        for picture in self.pictures:
            picture.unlink(missing_ok=True)
            partial_path(picture).unlink(missing_ok=True)

    @property
    def command(self) -> str:
        """The host's command line as a person can paste it, anywhere; its picture is a `.npy`."""
        out = host_pattern((self.out or default_output(self.job)).absolute(), self.several)
        if not self.several:
            out = frame_path(out, self.job.frames[0], several=False)
        job = absolute(self.job)
        if job.trace is not None:
            job = replace(job, trace=job.trace.with_suffix(".json"))
        pinned = ["taskset", "-c", ",".join(map(str, self.cores))] if self.cores else []
        return printable.command([*pinned, self.host, *job.to_argv(out)])

    def check(self) -> None:
        """Refuse places that cannot be written, before any work. Raises `CannotStartError`."""
        for path in (*self.pictures[:1], *self.pictures[-1:]):
            check_output(path, self.job.image_bytes)
        if self.job.trace is not None:
            from pynodes.trace.keep import check_place

            check_place(self.job.trace)


def default_output(job: Job) -> Path:
    """`<scene>.png` in the current folder; `<scene>-tile7.png` for a single tile."""
    tile = "" if job.only_tile is None else f"-tile{job.only_tile}"
    return Path(f"{job.scene.stem}{tile}.png")
