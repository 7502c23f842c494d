"""Rendering from Python: `pynodes.render` and `pynodes.look`, for scripts and notebooks.

The same as the commands, by the same way. Nothing is written that was not asked for; what the host
and its nodes print goes to `sys.stderr`.

In the main thread a Ctrl-C (in a notebook: an interrupt of the kernel) ends the host, then
KeyboardInterrupt is raised. In other threads signals stay what they are.
"""

from __future__ import annotations

import os
import sys
from ast import literal_eval
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO
from os import PathLike
from pathlib import Path
from signal import raise_signal
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict, TypeVar, Unpack, cast, overload

from pynodes import decode, printable
from pynodes.decode import DecodeError
from pynodes.errors import BadValueError, PynodesError, form_lines
from pynodes.host.chosen import host_for
from pynodes.host.listener import Listener
from pynodes.model import event as ev
from pynodes.model.job import Job
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.options.called import as_called, meant, place_called
from pynodes.options.places import Script
from pynodes.rendering.look import Look
from pynodes.rendering.look import look as look_into
from pynodes.rendering.origin import about_file
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.pipeline import Picture
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.run import rendering
from pynodes.words import duration, plural

if TYPE_CHECKING:
    from pynodes.image.frame import Frame
    from pynodes.image.pixels import Pixels

Place: TypeAlias = str | PathLike[str]
Progress: TypeAlias = Callable[[int, int], object]
Value = TypeVar("Value")

# Of `render`, besides its options.
_ARGUMENTS = ("frames", "params", "out", "limit_s", "python", "check", "progress")
_SECONDS = decode.optional(decode.number(1e-9, 1e9))


@contextmanager
def _with_notes() -> Iterator[None]:
    """A traceback of an error of ours says where it is, and what to do, in words of a call."""
    try:
        yield
    except PynodesError as error:
        error.help, error.where = as_called(error.help), place_called(error.where)
        if isinstance(error, BadValueError):  # others may be in the words of a node
            error.what = as_called(error.what)
            error.args = (error.what,)
        for line in [*form_lines("", error.where, error.help, error.detail)][1:]:
            error.add_note(line)
        raise


class Options(TypedDict, total=False):
    """The options of a render that may be given by name, as in docs/command-line.md.

    `threads` None is one per usable core. Those of places take a path; `scripts` several.
    """

    threads: int | None
    width: int
    height: int
    samples: int
    tile: int
    order: str
    seed: int
    engine: str
    attach: str
    node_sharing: str
    turnstile: bool
    switch_interval: float | None
    compile: str
    keep_c: Place | None
    gil_returns: str
    heartbeat: int | None
    preview: str
    scripts: Sequence[Place]
    only_tile: int | None
    on_error: str
    stop_on_error: bool
    trace: Place | None
    trace_calls: bool
    profile: bool


class Rendered:
    """One frame that was rendered, whole or as far as it got. Notebooks show its picture.

    Attributes:
        record: what `--json` prints, as a value.
        path: where the picture is; None when none was asked for or it could not be written.
    """

    def __init__(self, record: Record, picture: Picture | None) -> None:
        self.record = record
        self.path = Path(record.image) if record.image is not None else None
        self._picture = picture
        self._image: Pixels | None = None

    @property
    def verdict(self) -> Verdict:
        """How it ended."""
        return self.record.verdict

    @property
    def is_partial(self) -> bool:
        """Whether tiles are missing."""
        return self.record.tiles_done < (self.record.tiles or 0)

    @property
    @_with_notes()
    def image(self) -> Pixels:
        """The pixels: a float32 array `(height, width, 4)`, linear RGBA, top row first.

        It is made when it is first asked for.
        Raises:
            PynodesError: not one tile was finished, or NumPy is not installed.
        """
        if self._image is None:
            try:
                self._image = self._frame.array()
            except ImportError as error:
                what = f"the pixels are a NumPy array, and it cannot be loaded: {error}"
                raise PynodesError(what, help="`pip install numpy`") from None
        return self._image

    @_with_notes()
    def save(self, path: Place) -> None:
        """Write the picture, in the form that the name says: .png, .jpg, .npy, .pfm, .exr.

        Raises:
            PynodesError: it cannot be written, or not one tile was finished.
        """
        from pynodes.image.files import check_output

        path = Path(path)
        check_output(path)
        frame, about = self._frame, self._picture.about if self._picture is not None else None
        if about is not None:
            about = about_file(about, 8 if path.suffix.lower() == ".png" else None)
        frame.save(path, about)

    def _repr_png_(self) -> bytes | None:
        if self._picture is None or self._picture.frame is None:
            return None
        file = BytesIO()
        self._picture.frame.write_png(file)
        return file.getvalue()

    def __repr__(self) -> str:
        record = self.record
        facts = [f"frame {record.frame}", f"{record.width}x{record.height}"]
        facts.append(plural(record.samples or 0, "sample"))
        if self.is_partial:
            facts.append(f"{record.tiles_done} of {plural(record.tiles or 0, 'tile')}")
        if (spent_s := record.figures.get("wall_s")) is not None:
            facts.append(duration(spent_s))
        if record.sha256 is not None:
            facts.append(f"sha256 {record.sha256[:16]}")
        ended = str(self.verdict)
        if self.verdict is not Verdict.OK:
            ended += f" ({record.verdict_text})"
        return printable.line(f"<Rendered {', '.join(facts)}: {ended}>")

    @property
    def _frame(self) -> Frame:
        if self._picture is None or self._picture.frame is None:
            what = "there is no picture: not one tile was finished"
            raise PynodesError(what, f"frame {self.record.frame}", self.record.verdict_text)
        return self._picture.frame


class RenderFailedError(PynodesError):
    """A render that did not end well: a node raised, the host crashed, the limit was over.

    Attributes:
        rendered: what there is of each frame that was begun.
        verdict: the worst of theirs.
    """

    def __init__(self, rendered: Sequence[Rendered], verdict: Verdict) -> None:
        self.rendered = tuple(rendered)
        self.verdict = verdict
        self.exit_code = verdict.exit_code
        first = next(each.record for each in rendered if each.verdict is verdict)
        note = first.errors[0] if first.errors else None
        if note is None:
            super().__init__(first.verdict_text)
        else:
            help = "\n".join(filter(None, (note.help, note.again and f"`{note.again}`")))
            super().__init__(note.what, note.where, help, note.detail)


@overload
def render(
    scene: Place,
    *,
    frames: int = 1,
    params: Mapping[str, object] | None = None,
    out: Place | None = None,
    limit_s: float | None = None,
    python: str | None = None,
    check: bool = True,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Rendered: ...
@overload
def render(
    scene: Place,
    *,
    frames: Iterable[int],
    params: Mapping[str, object] | None = None,
    out: Place | None = None,
    limit_s: float | None = None,
    python: str | None = None,
    check: bool = True,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> tuple[Rendered, ...]: ...
@_with_notes()
def render(
    scene: Place,
    *,
    frames: int | Iterable[int] = 1,
    params: Mapping[str, object] | None = None,
    out: Place | None = None,
    limit_s: float | None = None,
    python: str | None = None,
    check: bool = True,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> Rendered | tuple[Rendered, ...]:
    """Render a scene script, or a file with a node.

    Args:
        frames: one frame's number, or several: then a tuple is returned, one for each frame that
            was begun.
        params: parameters of the scene, or inputs of a node on the preview, as `-D`.
        out: where pictures go, as `-o`; None: nowhere, they are in what is returned.
        limit_s: give up after so many seconds.
        python: render with this Python, one that `pynodes hosts` lists.
        check: raise an error when a render does not end well; else look at its `verdict`.
        progress: called as tiles are finished, with how many are and how many there will be.
        options: as in `Options`.
    Raises:
        BadValueError: a value that an option does not accept, or an option that is not known.
        RenderFailedError: with `check`; what there is of the frames is in it.
        CannotStartError: there is no host, or the picture cannot be written where it should.
        KeyboardInterrupt: after the host has ended.
    """
    python = _checked("python", _name, python)
    job = _job(scene, params, dict(options), python, frames=_numbers(frames))
    request = RenderRequest(
        host=host_for(python),
        job=job,
        out=_checked("out", _place, out),
        evidence=None,
        limit_s=_checked("limit_s", _SECONDS, limit_s),
        held=True,
    )
    outcome = _heard(request, _checked("progress", _callback, progress))
    found = tuple(
        Rendered(record, outcome.pictures.get(record.frame or 0)) for record in outcome.records
    )
    if check and outcome.verdict is not Verdict.OK:
        raise RenderFailedError(found, outcome.verdict)
    return found if isinstance(frames, Iterable) else found[0]


@_with_notes()
def look(
    scene: Place,
    x: int,
    y: int,
    sample: int = 0,
    *,
    frame: int = 1,
    params: Mapping[str, object] | None = None,
    limit_s: float | None = None,
    python: str | None = None,
    **options: Unpack[Options],
) -> Look:
    """Look into one sample of a pixel: what each node of its tree got and gave, as `--pixel` shows.

    Args:
        x: from the left.
        y: from the top.
        sample: of the samples of the pixel, from 0.
    Raises:
        PynodesError: as `render`; a node that raised is in what is returned.
    """
    pixel = tuple(_checked(name, _whole, at) for name, at in zip("xy", (x, y), strict=True))
    pixel = (*pixel, _checked("sample", _whole, sample))
    python = _checked("python", _name, python)
    job = _job(scene, params, dict(options), python, frames=_numbers(frame), pixel=pixel)
    seconds = _checked("limit_s", _SECONDS, limit_s)
    looked = look_into(host_for(python), job, seconds, _Heard(job, None))
    if not looked.looks:
        note = looked.errors[0] if looked.errors else None
        if note is None:
            ended = looked.judgement
            raise PynodesError(ended.text, ended.where, ended.help)
        raise PynodesError(note.what, note.where, note.help, note.detail)
    return looked.looks[0]


class _Heard(Listener):
    """Passes on what comes of a host: progress, and what it prints."""

    def __init__(self, job: Job, progress: Progress | None) -> None:
        self._progress = progress
        self._frames = len(job.frames)
        self._tiles: dict[int, set[int]] = {}
        self._of = 0
        self._stream = printable.Stream()

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.SceneBegun):
            self._tiles[event.frame] = set()  # also when `auto` begins anew
            self._of = event.tiles * self._frames
        elif isinstance(event, ev.TileDone):
            self._tiles.setdefault(event.frame, set()).add(event.i)
            if self._progress is not None:
                self._progress(sum(map(len, self._tiles.values())), self._of)

    def text(self, data: bytes) -> None:
        with suppress(OSError, ValueError):  # nobody reads it, or it is closed
            sys.stderr.write(self._stream.text(data))


def _heard(request: RenderRequest, progress: Progress | None) -> Outcome:
    """Render; signals that came for this process are its own again afterwards."""
    with rendering(request) as work:
        outcome = work.outcome(_Heard(request.job, progress))
    if outcome.ended_by is not None:
        raise_signal(outcome.ended_by)
    elif outcome.ended_here:
        raise KeyboardInterrupt
    return outcome


def _job(
    scene: Place,
    params: Mapping[str, object] | None,
    options: dict[str, Any],
    python: str | None,
    **fixed: Any,
) -> Job:
    kinds: dict[Any, decode.Decoder[Any]] = {
        int: _whole,
        Place: _place,
        Place | None: _place,
        Sequence[Place]: _places,
    }
    known = decode.of_fields(Options, kinds)
    given = {}
    for name, value in options.items():
        if name not in known:
            help = meant(name, (*known, *_ARGUMENTS))
            raise BadValueError(f"{name!r} is not an option of a render", help=help)
        given[name] = _checked(name, known[name], value)
    given["scripts"] = tuple(map(_script, given.get("scripts", ())))
    defines = tuple(_defines(_checked("params", _mapping, params)))
    # Nothing is configured here: lines to paste must not be either.
    aside = ("--no-config", *(() if python is None else ("--python", python)))
    return Job(scene=_script(scene), defines=defines, aside=aside, **given, **fixed)


def _numbers(frames: object) -> tuple[int, ...]:
    many = frames if isinstance(frames, Iterable) and not isinstance(frames, str) else (frames,)
    found = tuple(_checked("frames", _whole, frame) for frame in many)
    if not found:
        help = "give one, or several: range(1, 11)"
        raise BadValueError("no frame is asked for", help=help)
    return found


def _checked(name: str, kind: decode.Decoder[Value], value: object) -> Value:
    """A value of some kind, of the argument of that name."""
    try:
        return kind(_plain(value))
    except DecodeError as error:
        raise BadValueError(error.within(name).what) from None


def _plain(value: object) -> Any:
    """A value as Python has it, of one of NumPy's."""
    return value.item() if hasattr(value, "item") else value


def _whole(value: Any) -> int:
    if type(value) is int:
        return value
    raise DecodeError(value, "a whole number")


def _name(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise DecodeError(value, "a text")


def _mapping(value: Any) -> Mapping[str, object]:
    if value is None or (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
        return value or {}
    raise DecodeError(value, "a dict with names as keys")


def _callback(value: Any) -> Progress | None:
    if value is None or callable(value):
        return cast("Progress | None", value)
    raise DecodeError(value, "a function")


def _place(value: Any) -> Path | None:
    if value is None:
        return None
    if isinstance(value, str | PathLike) and os.fspath(value):  # "" is a folder to pathlib
        return Path(value)
    raise DecodeError(value, "a path")


def _places(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str | PathLike) or not isinstance(value, Iterable):
        raise DecodeError(value, "a list of paths")
    return tuple(value)


def _script(path: Place) -> Path:
    return cast(Path, Script().parse(str(_checked("the scene", _place, path))))


def _defines(params: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Values as texts that the host reads back: Python literals."""
    for name, value in params.items():
        text = repr(_plain(value))
        try:
            is_literal = literal_eval(text) == _plain(value)
        except (ValueError, SyntaxError):
            is_literal = False
        if not is_literal:
            help = "give a number, a text, or a tuple of these"
            raise BadValueError(f"{text} cannot be a parameter", f"params[{name!r}]", help)
        yield name, text
