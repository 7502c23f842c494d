"""Scenes as a sweep measures them: a host a run, and every picture held against one thread's."""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from pynodes.errands.errand import Bench
from pynodes.errors import PynodesError, needed
from pynodes.host.hosts import same_host
from pynodes.host.listener import Listener
from pynodes.image.compare import compare, difference_picture
from pynodes.image.files import open_frame, preload, save
from pynodes.model import event as ev
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.process.evidence_folder import own_folder
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.run import render
from pynodes.store.model import TIMELINE, RunDraft, now
from pynodes.sweep.estimate import Cost, predict, samples_of
from pynodes.sweep.scene_plan import SceneCell
from pynodes.sweep.subject import InterruptedSweep, ReferenceMade, Subject, SubjectMaker
from pynodes.sweep.work_folder import WorkFolder


@dataclass(frozen=True, slots=True)
class SceneMaker(SubjectMaker[SceneCell]):
    """What all runs of scenes share."""

    limit_s: float
    cores: tuple[int, ...]

    def subject(self, bench: Bench) -> SceneRuns:
        return SceneRuns(self, bench)

    def changed(self, cell: SceneCell) -> tuple[str, str]:
        what = "the picture of one thread is not what it was when this sweep began"
        return what, str(cell.job.scene)

    def seconds(self, cell: SceneCell, cost: Cost | None, cores: int) -> float | None:
        if cost is None:
            return None
        return predict(cell.job, cost, cell.host.free_threaded, cores)


class SceneRuns(Subject[SceneCell]):
    """Renders cells, and keeps the pixels of references."""

    def __init__(self, how: SceneMaker, bench: Bench) -> None:
        self._folder = WorkFolder(bench.folder, bench.scratch)
        self._listener = bench.listener
        self._located = bench.located
        self._how = how
        self._references: dict[str, _ReferencePixels] = {}
        preload()

    def reference(self, cell: SceneCell, name: str) -> ReferenceMade:
        costs = _TileCosts()
        outcome, request = self._reference(cell, name, costs)
        sums = tuple(record.sha256 for record in outcome.records)
        image: Path | None = None
        if outcome.verdict is Verdict.OK:
            image = self._folder.path / f"reference-{cell.draft.reference}.png"
            save(open_frame(request.pictures[0]), image)
        records = tuple(
            _stored(record, image, request.command) | {"tile_costs": costs.of_frame(record.frame)}
            for record in outcome.records
        )
        cost = Cost.of(outcome, samples_of(cell.reference))
        return ReferenceMade(outcome.verdict, sums, image, records, cost)

    def _reference(
        self, cell: SceneCell, name: str, *listeners: Listener
    ) -> tuple[Outcome, RenderRequest]:
        request = self._request(cell, cell.reference, self._folder.scratch / f"{name}.npy", name)
        outcome = self._run(request, *listeners)
        if outcome.verdict is Verdict.OK:
            sums = tuple(record.sha256 for record in outcome.records)
            self._references[cell.draft.reference] = _ReferencePixels(request.pictures, sums)
        return outcome, request

    def run(
        self,
        cell: SceneCell,
        name: str,
        expected: ReferenceMade | None,
        *,
        keep_wrong: bool,
        traced: bool = False,
    ) -> RunDraft:
        out = self._folder.scratch / f"{name}.npy"
        job = cell.job
        if traced:
            place = self._folder.path / name
            with needed("the timeline cannot be kept", place, "make room"):
                own_folder(place)
            job = replace(job, trace=place / TIMELINE)
        request = self._request(cell, job, out, name)
        begun = now()
        outcome = self._run(request)
        worst = outcome.verdict
        evidence = self._folder.path / name
        try:
            sample = RunDraft(
                round=0,
                begun=begun,
                verdict=worst,
                verdict_text=_said(next(r for r in outcome.records if r.verdict is worst)),
                wall_s=outcome.host_s,
                # The scratch folder goes away, so the line to paste writes next to it.
                command=request._replace(out=self._folder.path / out.name).command,
                records=(),
                evidence=evidence if evidence.is_dir() else None,
            )
            if worst is Verdict.OK and expected is not None and expected.verdict is Verdict.OK:
                if tuple(record.sha256 for record in outcome.records) == expected.sums:
                    sample = replace(sample, wrong_pixels=0, max_difference=0.0)
                else:
                    reference = self._pixels(cell, name, expected.sums)
                    kept = self._folder.path / name if keep_wrong else None
                    sample = _compared(request, sample, reference, kept)
            records = [_stored(record, sample.image, sample.command) for record in outcome.records]
            return replace(sample, records=records)
        finally:
            request.remove_pictures()

    def _pixels(self, cell: SceneCell, name: str, sums: tuple[str | None, ...]) -> _ReferencePixels:
        """Those of a reference, made once more where another machine has made it.

        Raises:
            PynodesError: they come out otherwise here.
        """
        known = self._references.get(cell.draft.reference)
        if known is None:
            outcome, request = self._reference(cell, f"{name}-reference")
            found = tuple(record.sha256 for record in outcome.records)
            known = _ReferencePixels(request.pictures, found)
        if known.sums != sums:
            raise PynodesError(
                "the picture of one thread is not the same on all machines",
                str(cell.job.scene),
                "look at what its nodes ask of the machine, such as the time or files of its own",
            )
        return known

    def _request(self, cell: SceneCell, job: Any, out: Path, name: str) -> RenderRequest:
        return RenderRequest(
            host=same_host(cell.host),
            job=replace(job, scene=self._located(job.scene)),
            out=out,
            evidence=self._folder.path / name,
            limit_s=self._how.limit_s,
            cores=self._how.cores,
            measured=True,
            scratch=self._folder.scratch,
        )

    def _run(self, request: RenderRequest, *listeners: Listener) -> Outcome:
        outcome = render(request, self._listener, _NoteHost(self._folder), *listeners)
        self._folder.host_ended()
        if outcome.ended_here:
            raise InterruptedSweep
        for error in itertools.chain.from_iterable(r.errors for r in outcome.records):
            if error.kind == "output":  # no cell's fault: the next would meet the same
                raise PynodesError(
                    error.what,
                    error.where,
                    "make room on the disk and give the same command again, it goes on from there",
                )
        return outcome


class _ReferencePixels(NamedTuple):
    """Where the pixels are, and their checksums, one a frame."""

    pictures: list[Path]
    sums: tuple[str | None, ...]


def _said(record: Record) -> str:
    """Why a run ended so; of one that could not start also what is near what was asked for."""
    help = record.errors[0].help if record.errors else ""
    is_ours = record.verdict is Verdict.CANNOT_START and help
    return f"{record.verdict_text}; {help}" if is_ours else record.verdict_text


def _compared(
    request: RenderRequest,
    sample: RunDraft,
    reference: _ReferencePixels,
    kept: Path | None,
) -> RunDraft:
    """Hold the picture against its reference; what is wrong is kept as `kept`, where there is."""
    wrong = of = worst = 0
    largest = 0.0
    for at, picture in enumerate(request.pictures):
        found = compare(open_frame(picture), open_frame(reference.pictures[at]))
        of += found.of
        wrong += found.pixels
        if found.largest > largest:
            largest, worst = found.largest, at
    image = difference = None
    if kept is not None:
        found_pixels = open_frame(request.pictures[worst])
        expected = open_frame(reference.pictures[worst])
        image = kept.with_name(f"{kept.name}.png")
        difference = kept.with_name(f"{kept.name}-difference.png")
        save(found_pixels, image)
        save(difference_picture(found_pixels, expected, largest), difference)
    return replace(
        sample,
        verdict=Verdict.WRONG_IMAGE,
        verdict_text=f"{wrong:,} of {of:,} pixels differ, by at most {largest:.3g}",
        wrong_pixels=wrong,
        max_difference=largest,
        image=image,
        difference=difference,
    )


class _NoteHost(Listener):
    """Writes down which host is at work."""

    def __init__(self, folder: WorkFolder) -> None:
        self._folder = folder

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.Hello) and event.pid > 0:
            self._folder.host_begins(event.pid)


class _TileCosts(Listener):
    """What each tile costs on one thread, in the order in which they are taken."""

    def __init__(self) -> None:
        self._tiles: list[ev.TileDone] = []

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.TileDone):
            self._tiles.append(event)

    def of_frame(self, frame: int | None) -> list[tuple[float, float]]:
        """Seconds outside of Python and attached, a pair a tile."""
        return [
            (round((each.wall - each.wait - each.python) / 1e9, 7), round(each.python / 1e9, 7))
            for each in self._tiles
            if each.frame == frame
        ]


def _stored(record: Record, image: Path | None, command: str) -> dict[str, Any]:
    """A record without the names of files that are gone by now."""
    found = record.to_json()
    found["image"] = None if image is None else os.fspath(image)
    found["command"] = command
    return found
