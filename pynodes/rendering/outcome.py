"""What came of a render: pictures as frames are done, and in the end a record of each.

Loaded while the host starts. Prints nothing; listeners hear of everything while it happens.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from signal import Signals
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from pynodes.host.follow import follow
from pynodes.host.judge import Judgement, judge
from pynodes.host.launch import Launch
from pynodes.host.listener import Listener
from pynodes.host.seen import FrameSeen, Seen
from pynodes.image.files import frame_path, preload
from pynodes.image.frame import SMALL
from pynodes.model import event as ev
from pynodes.model.figures import Shown, of_totals, unknown
from pynodes.model.place import describe_place
from pynodes.model.record import Compiled, ErrorNote, FlawNote, NodeCost, NodeProfile, Record
from pynodes.model.verdict import Verdict, worst
from pynodes.options.engines import engine_of
from pynodes.rendering.origin import Origin, about_frame
from pynodes.rendering.pipeline import HostRun, Picture
from pynodes.rendering.request import RenderRequest

if TYPE_CHECKING:
    from pynodes.profile.calls import Call


class Outcome(NamedTuple):
    """One record a frame, and the errors that no event reported while the host ran.

    `host_s` is from the start of the host program to its end. `ended_here` is true when a signal to
    this process ended it. `evidence_lost` says why evidence could not be kept, if so. Of the frames
    that are `left` there is no finished picture. `pictures` are those that were kept, by
    frame. `ended_by` is the signal to this process, other than SIGINT, that ended the host.
    `profile` is what was sampled of all frames.
    """

    records: tuple[Record, ...]
    judgement: Judgement
    notes: tuple[ErrorNote, ...] = ()
    host_s: float = 0.0
    ended_here: bool = False
    trace_is_short: bool = False
    evidence_lost: str = ""
    left: tuple[int, ...] = ()
    pictures: Mapping[int, Picture] = MappingProxyType({})
    ended_by: Signals | None = None
    profile: Call | None = None

    @property
    def verdict(self) -> Verdict:
        """The worst of the records; a Ctrl-C before all that was seen until then."""
        found = {record.verdict for record in self.records}
        return Verdict.INTERRUPTED if Verdict.INTERRUPTED in found else worst(found) or Verdict.OK


def outcome_of(
    request: RenderRequest,
    host: HostRun,
    launch: Launch,
    raw: Path,
    began_ns: int,
    listeners: Sequence[Listener],
) -> Outcome:
    """Hear a render to its end.

    Args:
        launch: the host, at work.
        raw: where it puts frames.
        began_ns: when all this began.
        listeners: they hear of it, in order.
    """
    frames = _Frames(request, host, raw)
    host.listeners = (*listeners, frames)
    has_workers = engine_of(request.job.engine).unit == "worker"
    seen = follow(launch, host.listeners, has_workers=has_workers)
    host.keep_trace(seen, partial(_about, request))
    judgement = judge(seen, request.job)
    for frame, of_frame in seen.frames.items():
        if frame not in frames.pictures and of_frame.tiles_done > 0:
            frames.convert(frame, of_frame.is_whole, of_frame.totals)
    wall_ns = time.monotonic_ns() - began_ns
    notes = (*_notes(judgement), *host.notes())
    records = tuple(_records(request, seen, judgement, frames, notes, wall_ns))
    as_json = [record.to_json() for record in records]
    evidence = host.keep_evidence(judgement.verdict, seen, as_json)
    if evidence is not None:
        records = tuple(record._replace(evidence=str(evidence)) for record in records)
    ended_here = seen.interrupts > 0 or seen.ended_by is not None
    is_short = bool(host.trace_warnings)
    lost = host.evidence_lost
    profile = _profile(seen.frames.values())
    left = tuple(frame for frame in request.job.frames if not frames.is_finished(frame, seen))
    return Outcome(
        records,
        judgement,
        notes,
        seen.wall_ns / 1e9,
        ended_here,
        is_short,
        lost,
        left,
        frames.pictures,
        seen.ended_by,
        profile,
    )


class _Frames(Listener):
    """Turns frame files into pictures as they come in."""

    def __init__(self, request: RenderRequest, host: HostRun, raw: Path) -> None:
        self.host = host
        self.pictures: dict[int, Picture] = {}
        self._raw = raw
        self._request = request
        self._origin: Origin | None = None
        self._small = not request.measured and is_small(request)
        if not request.measured and not self._small:
            # Imports take long: they run while the host does.
            threading.Thread(target=preload, name="preload", daemon=True).start()
        if not request.measured:
            self._origin = request.origin or request.origin_now()

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.FrameDone) and event.tiles_done > 0 and not self._request.measured:
            self.convert(event.frame, event.is_whole, event.totals)

    def convert(self, frame: int, whole: bool, totals: ev.Totals) -> None:
        about = None
        if self._origin is not None:
            errors = totals.get("node_errors", 0)
            about = about_frame(self._origin, frame, finished=whole, node_errors=errors)
        request = self._request
        out = request.out and frame_path(request.out, frame, request.several)
        raw = frame_path(self._raw, frame, several=False)
        self.pictures[frame] = self.host.keep_picture(
            raw,
            out,
            move=request.measured,
            whole=whole,
            about=about,
            bits=request.bits,
            small=self._small,
            held=request.held,
        )
        with suppress(OSError):
            raw.unlink()

    def is_finished(self, frame: int, seen: Seen) -> bool:
        picture = self.pictures.get(frame)
        return _is_whole(seen, frame) and picture is not None and picture.error is None


def is_small(request: RenderRequest) -> bool:
    """Whether all its pictures together take less time without NumPy than it takes to load that."""
    if request.suffix not in ("", ".png") or request.bits != 8:
        return False
    job = request.job
    return not request.suffix or job.width * job.height * len(job.frames) <= SMALL


def _notes(judgement: Judgement) -> Iterator[ErrorNote]:
    """The end of a host that could not speak."""
    if judgement.verdict not in (Verdict.OK, Verdict.NODE_ERROR) and not judgement.said:
        names = ("node", "pixel", "thread", "tile", "frame")
        yield ErrorNote(
            kind=str(judgement.verdict),
            what=judgement.text,
            where=judgement.where,
            help=judgement.help,
            again=judgement.again,
            **{name: getattr(first, name) for first in judgement.in_hand[:1] for name in names},
        )


def _records(
    request: RenderRequest,
    seen: Seen,
    judgement: Judgement,
    rendered: _Frames,
    notes: tuple[ErrorNote, ...],
    wall_ns: int,
) -> Iterator[Record]:
    """One record a frame that began; the run's own verdict stands at the frame it belongs to.

    Workers may be at several frames when it ends: all that are not whole have that verdict.
    """
    host = rendered.host
    frames = [frame for frame in request.job.frames if frame in seen.frames]
    blamed = _blamed(request, seen, judgement)
    if blamed is not None and blamed not in frames:
        frames.append(blamed)
    last = blamed if blamed is not None else frames[-1]
    for frame in frames:
        of_frame = seen.frames.get(frame)
        errors = _errors(request, seen, frame, is_last=frame == last)
        if frame == last:
            errors += notes
        record = Record.of_job(
            judgement.verdict,
            judgement.text,
            request.job,
            frame=frame,
            tiles=1 if request.job.only_tile is not None else request.job.tiles_per_frame,
            host=os.fspath(request.host),
            figures={**unknown(), "wall_s": wall_ns / 1e9},
            errors=tuple(errors),
            warnings=(
                *_warnings(seen, frame, rendered.pictures.get(frame)),
                *rendered.host.trace_warnings,
            ),
            not_finite=tuple(_not_finite(request, seen, frame)),
            trace=os.fspath(rendered.host.trace) if rendered.host.trace is not None else None,
            command=request.command,
        )
        record = _with_machine(record, seen)
        if of_frame is not None:
            record = _with_frame(record, of_frame)
        picture = rendered.pictures.get(frame)
        if picture is not None and picture.error is None:
            image = str(picture.path) if picture.path is not None else None
            record = record._replace(image=image, sha256=picture.sha256)
        if frame == blamed:
            record = record._replace(
                signal=judgement.signal, in_hand=judgement.in_hand, again=judgement.again
            )
        elif blamed is None or _is_whole(seen, frame):
            record = _with_own_verdict(record, picture)
        if host.trace_error is not None and record.verdict is Verdict.OK:
            text = host.trace_error.what
            record = record._replace(verdict=Verdict.CANNOT_START, verdict_text=text)
        yield record


def _blamed(request: RenderRequest, seen: Seen, judgement: Judgement) -> int | None:
    """The frame that a run ended badly at, or before; None when it did not."""
    begun = any(frame in seen.frames for frame in request.job.frames)
    if judgement.verdict in (Verdict.OK, Verdict.NODE_ERROR) and begun:
        return None
    if judgement.blamed is not None:
        return judgement.blamed
    unfinished = (frame for frame in request.job.frames if not _is_whole(seen, frame))
    return next(unfinished, request.job.frames[-1])


def _errors(request: RenderRequest, seen: Seen, frame: int, *, is_last: bool) -> list[ErrorNote]:
    """The errors of a frame, each once; the last one also has those of no frame."""
    found = [
        ErrorNote.from_event(event, request.job, seen.engine_of(frame), seen.flaws.samples(event))
        for event in seen.errors
        if event.frame == frame
        or (event.frame < 0 and event.kind not in ("node", "lost") and is_last)
    ]
    errors = list(
        {
            (note.kind, note.node, note.exception or note.what): note for note in reversed(found)
        }.values()
    )
    return errors[::-1]


def _is_whole(seen: Seen, frame: int) -> bool:
    return frame in seen.frames and seen.frames[frame].is_whole


def _with_own_verdict(record: Record, picture: Picture | None) -> Record:
    """The verdict of a frame that is finished, whatever came later."""
    if picture is not None and picture.error is not None:
        text = picture.error.what
        return record._replace(verdict=Verdict.CANNOT_START, verdict_text=text)
    failed = [error for error in record.errors if error.kind == "node"]
    if failed or record.node_errors:
        names = ", ".join(dict.fromkeys(error.node or "?" for error in failed)) or "see above"
        again = failed[0].again if failed else None
        text = f"error in node {names}"
        return record._replace(verdict=Verdict.NODE_ERROR, verdict_text=text, again=again)
    return record._replace(verdict=Verdict.OK, verdict_text="finished")


def _with_machine(record: Record, seen: Seen) -> Record:
    figures = dict(record.figures)
    if (bye := seen.bye) is not None:
        figures["ready_s"] = bye.start_ns / 1e9 or None
        figures["stop_s"] = bye.stop_ns / 1e9
        figures["peak_mib"] = bye.peak_kib / 1024 or None
    if (interp := seen.interp) is not None:
        figures["start_s"] = interp.start_ns / 1e9
        compiler = interp.compiler or None
        record = record._replace(python=interp.python, gil=interp.gil, compiler=compiler)
    return record._replace(figures=figures)


# What a scene's event says as it was in the end: all that a record has of it.
_OF_SCENE = {*ev.SceneBegun._fields} & {*Record._fields}


def _with_frame(record: Record, of_frame: FrameSeen) -> Record:
    scene = of_frame.scene
    said = {name: getattr(scene, name) for name in _OF_SCENE}
    totals = of_frame.totals
    calls = totals.get("node_calls", 0)
    record = record._replace(
        **{name: value for name, value in said.items() if value not in ("", None)},
        tiles_done=of_frame.tiles_done,
        figures={
            **record.figures,
            **of_totals(totals, Shown.RECORD),
            "load_s": scene.load_ns / 1e9,
            "compile_s": scene.compile_ns / 1e9,
        },
        ns_per_node_call=totals["python_cpu_ns"] / calls
        if calls and "python_cpu_ns" in totals
        else None,
        node_costs=tuple(_costs(of_frame)),
        compiled=tuple(
            map(Compiled, scene.nodes, scene.interpreted, scene.exact or ("",) * len(scene.nodes))
        ),
        profile=_node_profiles(of_frame),
        per_thread=tuple(
            {"thread": each.thread, **of_totals(each.totals, Shown.THREAD)}
            for each in of_frame.threads
        ),
    )
    done = of_frame.done
    if done is None:
        return record
    return record._replace(
        tiles=done.tiles, tiles_done=done.tiles_done, node_errors=done.node_errors
    )


def _costs(of_frame: FrameSeen) -> list[NodeCost]:
    """What each node took, the costliest first; what is left of very many is last."""
    cpu_ns = of_frame.totals.get("cpu_ns", 0)
    found: dict[tuple[str, str, bool], list[int]] = {}
    for event in of_frame.costs:
        sums = found.setdefault((event.node, event.tree, event.native), [0, 0, 0, 0])
        for i, value in enumerate((event.calls, event.samples, event.cpu_ns, event.others)):
            sums[i] += value
    costs = [
        NodeCost(*key, calls, samples, ns / 1e9, ns / cpu_ns if cpu_ns else None, others)
        for key, (calls, samples, ns, others) in found.items()
    ]
    return sorted(costs, key=lambda cost: (cost.others > 0, -cost.cpu_s))


def _node_profiles(of_frame: FrameSeen) -> tuple[NodeProfile, ...]:
    profile = _profile([of_frame])
    if profile is None:
        return ()
    from pynodes.profile.calls import node_profiles

    return tuple(node_profiles(profile))


def _profile(of_frames: Iterable[FrameSeen]) -> Call | None:
    """What was sampled of some frames; None where nothing was asked for, or was sampled."""
    frames = list(of_frames)
    places = [place for frame in frames for place in frame.places]
    if not places:
        return None
    from pynodes.profile.calls import calls_of

    costs: Counter[tuple[str, str]] = Counter()
    for frame in frames:
        for cost in frame.costs:
            costs[cost.node, cost.tree] += cost.cpu_ns
    return calls_of(places, {key: ns / 1e9 for key, ns in costs.items()})


def _not_finite(request: RenderRequest, seen: Seen, frame: int) -> Iterator[FlawNote]:
    for event in seen.flaws.not_finite(frame):
        pixel = (*event.pixel, event.sample)
        again = request.job.again(event.tile, frame, seen.engine_of(frame), pixel)
        samples = seen.flaws.samples(event)
        yield FlawNote(
            event.node, event.tree, samples, event.pixel, event.sample, event.inputs, again
        )


def _warnings(seen: Seen, frame: int, picture: Picture | None) -> Iterator[str]:
    for event in seen.flaws.not_finite(frame):
        place = describe_place(node=event.node, pixel=event.pixel, sample=event.sample)
        yield f"NaN or infinity of finite inputs ({place})"
    for warned in seen.warnings:
        yield f"{warned.what} ({warned.where})" if warned.where else warned.what
    if seen.n_garbage:
        noun = "line" if seen.n_garbage == 1 else "lines"
        yield f"{seen.n_garbage} {noun} of the host's events made no sense: {seen.garbage[0]}"
    if picture is not None:
        yield from picture.warnings


def _about(request: RenderRequest, seen: Seen) -> dict[str, Any]:
    """What a timeline is of, for who finds the file later."""
    interp = seen.interp
    return {
        "scene": request.job.scene.name,
        "command": request.command,
        "python": interp.python if interp else None,
        "gil": interp.gil if interp else None,
        "engines": sorted({frame.scene.engine for frame in seen.frames.values()}),
        "frames": sorted(seen.frames),
    }
