"""Frames of an animation as errands: stretches of them, each rendered by one host somewhere."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from pynodes import outputs
from pynodes.errands.errand import Bench, Done, Errand, Office, Place, Spot
from pynodes.errands.travel import put, relocated
from pynodes.errors import needed
from pynodes.host.hosts import same_host
from pynodes.host.identity import HostIdentity
from pynodes.host.judge import Judgement
from pynodes.image.files import numbered
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.options.kinds import format_ranges
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.run import render

_PICTURES, _EVIDENCE = "pictures", "evidence"
# A machine that is free gets such a part of what is left for each errand that all do at once: long
# stretches first, which start few hosts, and short ones at the end, so that all end together.
_PARTS = 3


@dataclass(frozen=True)
class RenderFrames(Errand[Outcome]):
    """Some frames of a request; their pictures come back unless all machines see their folder."""

    label: str
    request: RenderRequest
    host: HostIdentity
    is_shared: bool

    def do(self, bench: Bench) -> Outcome:
        request = self.request
        assert request.out is not None
        out = request.out
        if not self.is_shared:
            out = bench.folder / _PICTURES / out.name
            out.parent.mkdir(exist_ok=True)
        outcome = render(
            request._replace(
                host=same_host(self.host),
                job=replace(request.job, scene=bench.located(request.job.scene)),
                out=out,
                evidence=bench.folder / _EVIDENCE,
                scratch=bench.scratch,
            ),
            bench.listener,
        )
        if outcome.ended_here:
            raise KeyboardInterrupt
        return outcome


class Frames(Office):
    """The frames of a request, handed out; what came of them, put together.

    Args:
        request: what is to be rendered. Its pictures have numbers, also that of a single frame.
        shown: gets what came of some frames, as it comes, and the machine.
    """

    def __init__(
        self,
        request: RenderRequest,
        host: HostIdentity,
        *,
        is_shared: bool,
        shown: Callable[[Outcome, Spot], None],
    ) -> None:
        assert request.out is not None
        out = numbered(request.out) if request.several else request.out
        self._request = request._replace(origin=request.origin or request.origin_now(), out=out)
        self._host = host
        self._is_shared = is_shared
        self._shown = shown
        self._left = deque(request.job.frames)
        self._slots: dict[str, int] = {}
        self._outcomes: list[Outcome] = []

    def carried_out(self, place: Place) -> Outcome:
        """Have a place render them all.

        Raises:
            PynodesError: a machine cannot render, or there is none any more.
            KeyboardInterrupt: someone asked for the end.
        """
        for done in place.carry_out(self):
            self._take(done)
        return self.outcome

    def next(self, spot: Spot) -> RenderFrames | None:
        if not self._left:
            return None
        self._slots[spot.key] = spot.slots
        many = max(1, len(self._left) // (_PARTS * sum(self._slots.values())))
        frames = tuple(self._left.popleft() for _ in range(many))
        job = self._request.job
        threads = job.threads or max(1, spot.cores // spot.slots)
        label = f"frame{'s' * (many > 1)} {format_ranges(frames)}"
        request = self._request._replace(job=replace(job, frames=frames, threads=threads))
        return RenderFrames(label, request, self._host, self._is_shared)

    @property
    def outcome(self) -> Outcome:
        """That of all frames that came back."""
        frames = self._request.job.frames
        place = {frame: at for at, frame in enumerate(frames)}
        records = [record for each in self._outcomes for record in each.records]
        records.sort(key=lambda record: place[record.frame or 0])
        pictures = {at: picture for each in self._outcomes for at, picture in each.pictures.items()}
        finished = {at for each in self._outcomes for at in _finished(each)}
        bad = (each.judgement for each in self._outcomes if each.judgement.verdict != Verdict.OK)
        lost = (each.evidence_lost for each in self._outcomes if each.evidence_lost)
        return Outcome(
            tuple(records),
            next(bad, Judgement(Verdict.OK, "finished")),
            tuple(note for each in self._outcomes for note in each.notes),
            sum(each.host_s for each in self._outcomes),
            evidence_lost=next(lost, ""),
            left=tuple(frame for frame in frames if frame not in finished),
            pictures=MappingProxyType(pictures),
        )

    def interrupted(self) -> Outcome:
        """That of what came until someone asked for the end."""
        outcome = self.outcome
        text = "interrupted"
        first = outcome.left[:1] or self._request.job.frames[-1:]
        record = Record.of_job(Verdict.INTERRUPTED, text, self._request.job, frame=first[0])
        judgement = Judgement(Verdict.INTERRUPTED, text)
        return outcome._replace(records=(*outcome.records, record), judgement=judgement)

    def _take(self, done: Done) -> None:
        errand = done.errand
        assert isinstance(errand, RenderFrames)
        if done.result is None:
            outcome = _without_workers(errand.request, done.died)
        else:
            outcome = self._kept(done)
        seen = {record.frame for record in outcome.records}
        # A host that died took with it what it had not begun.
        self._left.extend(frame for frame in errand.request.job.frames if frame not in seen)
        self._outcomes.append(outcome)
        self._shown(outcome, done.spot)

    def _kept(self, done: Done) -> Outcome:
        """The outcome with its pictures and evidence in their places. Raises `PynodesError`."""
        request = self._request
        assert request.out is not None
        names: dict[str, str] = {}
        evidence: dict[str, bytes] = {}
        for name, data in done.kept.items():
            kind, _, rest = name.partition("/")
            if kind == _PICTURES and "/" not in rest:
                path = request.out.parent / rest
                with needed("the picture cannot be written", path, "make room"):
                    _write(path, data)
            elif kind == _EVIDENCE:
                evidence[rest] = data
        if done.there:
            folder_here = os.fspath(request.out.parent)
            names[f"{done.there}/{_PICTURES}/"] = "" if folder_here == "." else f"{folder_here}/"
        if evidence and request.evidence is not None:
            folder = request.evidence.with_name(f"{request.evidence.name}-{len(self._outcomes)}")
            with suppress(OSError):
                folder.mkdir(0o700, parents=True, exist_ok=True)
                put(folder, evidence)
            names[f"{done.there}/{_EVIDENCE}"] = os.fspath(folder)
        outcome: Outcome = relocated(done.result, names)
        return outcome


def _write(path: Path, data: bytes) -> None:
    with outputs.replacing(path) as file:
        file.write(data)


def _finished(outcome: Outcome) -> set[int]:
    """Frames with a finished picture."""
    left = set(outcome.left)
    return {record.frame or 0 for record in outcome.records if record.frame not in left}


def _without_workers(request: RenderRequest, died: tuple[str, ...]) -> Outcome:
    """What it is when all who rendered some frames died."""
    text = f"{len(died)} workers died while they rendered it: {', '.join(died)}"
    records = tuple(
        Record.of_job(Verdict.CRASH, text, request.job, frame=frame) for frame in request.job.frames
    )
    return Outcome(records, Judgement(Verdict.CRASH, text), left=request.job.frames)
