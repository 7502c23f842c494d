"""Run a host and keep what it leaves: pictures, the timeline, evidence.

What cannot be written is noted, and takes nothing else with it. Prints nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pynodes.errors import PynodesError, needed
from pynodes.failures import explained
from pynodes.image.files import partial_path
from pynodes.model.job import Job
from pynodes.process.scratch import scratch

if TYPE_CHECKING:
    from pynodes.host.listener import Listener
    from pynodes.host.seen import Seen
    from pynodes.image.frame import Frame
    from pynodes.image.pixels import Pixels
    from pynodes.model.record import ErrorNote
    from pynodes.model.verdict import Verdict


class Picture(NamedTuple):
    """A picture that was written, or (with `error`) was not; `sha256` is over the frame's pixels.

    Without a `path` no file was asked for. `frame` is held where that was asked for,
    with what a file of it says `about` itself.
    """

    path: Path | None
    sha256: str | None = None
    warnings: tuple[str, ...] = ()
    error: PynodesError | None = None
    frame: Frame | None = None
    about: Mapping[str, Any] | None = None


class HostRun:
    """One run of a host, and what is kept of it.

    Args:
        job: what it renders, if anything. Its timeline is kept where the job says; viewers can read
            that file as the host leaves it, should this process die before it has made it whole.
        evidence: the folder for what a host that dies or hangs leaves; made when it does.
        folder: for what is needed while it runs; None: it has no job.
        listeners: they hear of it; who starts the host by himself may set them later.
    """

    def __init__(
        self,
        host: Path,
        job: Job | None,
        evidence: Path | None,
        folder: Path | None,
        listeners: Sequence[Listener] = (),
    ) -> None:
        self.listeners = listeners
        self.status = folder / "status" if folder is not None else None
        self.trace: Path | None = None
        self.trace_warnings: list[str] = []
        self.trace_error: PynodesError | None = None
        self.evidence_lost = ""
        self._errors: list[PynodesError] = []
        self._host = host
        self._folder = folder
        self._asked = job.trace if job is not None else None
        self._traced = self._asked
        if self._asked is not None and self._asked.suffix.lower() != ".json":
            assert folder is not None
            self._traced = folder / "trace.json"
        self._job = absolute(replace(job, trace=self._traced)) if job is not None else None
        self._evidence = evidence

    def run(
        self,
        arguments: Sequence[str],
        raw: Path | None,
        about: Callable[[Seen], dict[str, Any]],
        last: Sequence[str] = (),
        start: Callable[..., Seen] | None = None,
        **how: Any,
    ) -> Seen:
        """Run the host to its end, and keep its timeline.

        Args:
            arguments: the host's own, before those of the job.
            raw: where the host puts frames.
            about: what the timeline is of, for who finds the file later.
            last: arguments after those of the job.
            start: what runs it; as a rule `pynodes.host.follow.run`.
            how: for that.
        """
        from pynodes.host import follow

        argv = self.argv(arguments, raw, last)
        seen = (start or follow.run)(argv, *self.listeners, status=self.status, **how)
        self.keep_trace(seen, about)
        return seen

    def argv(
        self, arguments: Sequence[str], raw: Path | None, last: Sequence[str] = ()
    ) -> list[str]:
        """The host's command line, when it is about to be started."""
        argv = [os.fspath(self._host), *arguments]
        if self._evidence is not None:
            argv += ["--evidence", os.fspath(self._evidence.absolute())]
        if self._job is not None:
            argv += self._job.to_argv(raw)
        if self._traced is not None:
            with suppress(OSError):
                self._traced.unlink()  # nothing old
        return [*argv, *last]

    def keep_trace(self, seen: Seen, about: Callable[[Seen], dict[str, Any]]) -> None:
        """When the host has ended: make the file that was asked for of what it traced."""
        if self._traced is not None:
            self._keep_trace(self._traced, about(seen), is_whole=seen.bye is not None)

    def _keep_trace(self, raw: Path, about: dict[str, Any], *, is_whole: bool) -> None:
        from pynodes.trace.keep import keep

        assert self._asked is not None
        if not raw.exists() or raw.stat().st_size == 0:
            return  # the host never came that far
        try:
            torn = keep(raw, self._asked, about)
        except Exception as error:
            self.trace_error = explained(error)
            return
        self.trace = self._asked
        if torn or not is_whole:
            self.trace_warnings.append(
                f"the timeline goes as far as the last frame that was finished ({self.trace})"
            )

    def keep_picture(
        self,
        raw: Path,
        out: Path | None,
        change: Callable[[Pixels], Pixels] = lambda pixels: pixels,
        *,
        move: bool = False,
        whole: bool = True,
        about: Mapping[str, Any] | None = None,
        bits: int = 8,
        small: bool = False,
        held: bool = False,
    ) -> Picture:
        """Write a frame of the host as a picture, if there is an `out`.

        Args:
            change: what is shown of the frame's pixels.
            move: the frame file may become the picture.
            whole: it is finished. Else it goes to `partial_path(out)`, until a finished one comes.
            about: what the file says of itself, besides the checksum of its pixels.
            bits: of a sample in a PNG.
            small: do it without NumPy: a PNG of 8 bits, or no picture.
            held: keep the frame in the picture.
        """
        partial = partial_path(out) if out is not None else None
        if not whole:
            out = partial
        try:
            if small:
                picture = _kept_small(raw, out, about)
            else:
                picture = _kept(raw, out, change, move=move, about=about, bits=bits)
            if held:
                picture = _held(picture, raw, about)
            if whole and partial is not None:
                partial.unlink(missing_ok=True)
        except Exception as error:
            self._errors.append(explained(error))
            picture = Picture(out, error=self._errors[-1])
        if out is not None:
            for listener in self.listeners:
                listener.picture(out, picture.warnings)
        return picture

    def notes(self) -> Iterator[ErrorNote]:
        """What could not be written."""
        from pynodes.model.record import ErrorNote

        for error in (*self._errors, *filter(None, [self.trace_error])):
            yield ErrorNote.from_exception(error)._replace(kind="output")

    def keep_evidence(self, verdict: Verdict, seen: Seen, record: Any) -> Path | None:
        """After a crash or a hang: the host's last words, beside whatever it wrote there itself.

        Returns:
            The folder, when there is anything in it; `evidence_lost` says why something is not.
        """
        from pynodes.model.verdict import Verdict

        folder = self._evidence
        if folder is not None and verdict in (Verdict.CRASH, Verdict.HANG):
            from pynodes.process.evidence_folder import keep
            from pynodes.words import json_text

            text = json_text(record) + "\n"
            words = {"output.txt": seen.tail} if seen.tail else {}
            try:
                keep(folder, {**words, "record.json": text.encode()})
            except OSError as error:
                self.evidence_lost = f"{error.strerror or error} ({folder})"
        return folder if folder is not None and folder.is_dir() else None


@contextmanager
def host_folder(where: Path | None = None, *, guard: bool = True) -> Iterator[Path]:
    """A folder for a host's files while it runs, in `where` or the temporary folder, as `scratch`.

    Raises:
        CannotStartError: it cannot be made.
    """
    help = "make room there, or name another folder; TMPDIR is the temporary one"
    with ExitStack() as stack:
        with needed("the host's files have no place", where or "", help):
            folder = stack.enter_context(scratch(where, guard=guard))
        yield folder


def absolute(job: Job) -> Job:
    """The job with paths that mean the same in every folder."""
    trace = job.trace.absolute() if job.trace is not None else None
    scripts = tuple(script.absolute() for script in job.scripts)
    return replace(job, scene=job.scene.absolute(), scripts=scripts, trace=trace)


def _held(picture: Picture, raw: Path, about: Mapping[str, Any] | None) -> Picture:
    from pynodes.image import frame

    return picture._replace(frame=frame.read(raw), about=_said(about, picture.sha256))


def _kept_small(raw: Path, out: Path | None, about: Mapping[str, Any] | None) -> Picture:
    from pynodes.image.frame import read

    frame = read(raw)
    digest = frame.sha256
    if out is not None:
        frame.save(out, _said(about, digest))
    return Picture(out, digest, tuple(_not_finite_warning(out, frame.not_finite)))


def _kept(
    raw: Path,
    out: Path | None,
    change: Callable[[Pixels], Pixels],
    *,
    move: bool,
    about: Mapping[str, Any] | None,
    bits: int,
) -> Picture:
    from pynodes.image.files import open_frame, save
    from pynodes.image.pixels import sha256

    pixels = open_frame(raw)
    picture = Picture(out, sha256(pixels), tuple(_pixel_warnings(out, pixels)))
    if move and out is not None and out.suffix == ".npy":
        raw.replace(out)
    elif out is not None:
        save(change(pixels), out, _said(about, picture.sha256), bits)
    return picture


def _said(about: Mapping[str, Any] | None, digest: str | None) -> Mapping[str, Any] | None:
    return {**about, "sha256": digest} if about is not None else None


def _pixel_warnings(out: Path | None, pixels: Pixels) -> Iterator[str]:
    from pynodes.image.files import loses_alpha
    from pynodes.image.pixels import count_not_finite

    yield from _not_finite_warning(out, count_not_finite(pixels))
    if out is not None and loses_alpha(out, pixels):
        suffix = out.suffix.lower()
        how = "left out" if suffix == ".pfm" else "laid over black"
        yield f"{suffix} has no transparency: it was {how}"


def _not_finite_warning(out: Path | None, pixels: int) -> Iterator[str]:
    from pynodes.image.files import ROUNDED

    if pixels:
        noun = "pixel is" if pixels == 1 else "pixels are"
        suffix = out.suffix.lower() if out is not None else ""
        shown = f"; {suffix} shows NaN as black" if suffix in ROUNDED else ""
        yield f"{pixels} {noun} NaN or infinite{shown}"
