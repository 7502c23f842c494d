"""Carry a plan out: what is not stored yet is run, judged, held against its reference and stored.

Each run is stored before the next begins, so whatever ends this process takes one run at most. A
run that goes wrong is a result like any other.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pynodes.errors import PynodesError
from pynodes.host.listener import Listener
from pynodes.image.compare import compare, difference_picture
from pynodes.image.files import open_frame, preload, save
from pynodes.machine import moment_facts
from pynodes.model import event as ev
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.run import render
from pynodes.store.model import Reference, RunDraft, now
from pynodes.store.store import Store
from pynodes.sweep.estimate import Estimate
from pynodes.sweep.listener import SweepListener
from pynodes.sweep.plan import PlannedCell, SweepPlan, runs
from pynodes.sweep.work_folder import WorkFolder, at_work, others_at_work

# What ends like this once ends like this again, and takes long: it is not repeated.
_NOT_REPEATED = frozenset({Verdict.CANNOT_START, Verdict.HANG})


class PictureChangedError(PynodesError):
    """The reference of a sweep that is gone on with is not what it was."""


class InterruptedSweep(Exception):  # noqa: N818 - not an error
    """Someone asked for the end; all that was finished is stored."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much to run."""

    repeat: int = 5
    warmup: int = 1
    limit_s: float = 600.0


@dataclass(slots=True)
class SweepResult:
    """What a sweep gave: its number in the store, and runs made now, by verdict."""

    sweep: int
    made: int = 0
    others: int = 0
    verdicts: Counter[Verdict] = field(default_factory=Counter)


def run_sweep(
    plan: SweepPlan,
    database: Path,
    limits: Limits,
    listener: SweepListener,
    *,
    command: str,
    fresh: bool = False,
) -> SweepResult:
    """Run what is missing of a plan.

    Raises:
        InterruptedSweep: Ctrl-C or another request to end.
        PynodesError: the store, a host program or the place for pictures is not usable.
    """
    preload()
    with ExitStack() as stack:
        store = stack.enter_context(Store.create(database))
        sweep = store.begin_sweep(plan.draft, fresh=fresh)
        result = SweepResult(sweep)
        folder = store.folder_of(sweep)
        work_folder = stack.enter_context(at_work(folder, str(sweep)))
        numbers = store.put_cells(sweep, (cell.draft for cell in plan.cells))
        done = {cell.key: store.rounds_of(numbers[cell.key]) for cell in plan.cells}
        todo = [
            (number, cell)
            for number, cell in runs(plan, limits.repeat)
            if number not in done[cell.key] and not _is_settled(done[cell.key])
        ]
        if not todo:
            return result
        result.others = others_at_work(folder)
        facts = {**moment_facts(), "others": result.others}
        session = store.begin_session(sweep, command, facts)
        work = _Work(plan, store, work_folder, limits, listener, result, session, numbers, done)
        try:
            work.all(todo)
        except (InterruptedSweep, KeyboardInterrupt):
            store.end_session(session, "interrupted")
            raise InterruptedSweep from None
        except PynodesError as error:
            with suppress(PynodesError):  # when it is the store that failed
                store.end_session(session, error.what)
            raise
        store.end_session(session, "done")
        return result


@dataclass(slots=True)
class _Work:
    """One start of a sweep."""

    plan: SweepPlan
    store: Store
    folder: WorkFolder
    limits: Limits
    listener: SweepListener
    result: SweepResult
    session: int
    numbers: Mapping[str, int]
    done: dict[str, dict[int, Verdict]]
    before: Mapping[str, Reference] = field(default_factory=dict)
    references: dict[str, _ReferencePixels] = field(default_factory=dict)
    estimate: Estimate = field(default_factory=Estimate)
    shown: set[str] = field(default_factory=set)  # cells whose wrong picture is kept
    count: int = 0
    left: Counter[str] = field(default_factory=Counter)

    def all(self, todo: Sequence[tuple[int, PlannedCell]]) -> None:
        self._remember()
        wanted = {cell.draft.reference: cell for _, cell in todo}
        warm = {cell.key: self.limits.warmup for _, cell in todo}
        cells = {cell.key: cell for _, cell in todo}
        self.left.update(cell.key for _, cell in todo)
        self.left.update(warm)
        total = len(todo) + sum(warm.values()) + len(wanted)
        stored = sum(len(rounds) for rounds in self.done.values())
        self.listener.begins(total, stored)
        for cell in wanted.values():
            self._make_reference(cell)
        self.estimate.learn_jobs(cells.values())
        for number, cell in todo:
            for each in [0] * warm.pop(cell.key, 0) + [number]:
                if _is_settled(self.done[cell.key]):
                    self.count += 1
                    self.left[cell.key] = 0
                else:
                    self._measure(cell, each)

    def _remember(self) -> None:
        """What earlier starts have stored: times, pictures that are kept."""
        stored = self.store.sweep(self.result.sweep)
        self.before = stored.references
        for cell in stored.cells:
            for sample in cell.samples:
                self.estimate.learn(cell.key, sample.wall_s)
                if sample.difference is not None:
                    self.shown.add(cell.key)

    def _make_reference(self, cell: PlannedCell) -> None:
        """Render on one thread what the cells are held against, and keep the pixels at hand."""
        key = cell.draft.reference
        out = self.folder.scratch / f"reference-{key}.npy"
        request = self._request(cell, cell.reference, out, f"reference-{key}")
        what = f"reference of {cell.label}"
        outcome = self._run(request, what)
        verdict = outcome.verdict
        found = _ReferencePixels(request.pictures, [record.sha256 for record in outcome.records])
        before = self.before.get(key)
        if before is not None and before.verdict is Verdict.OK and verdict is Verdict.OK:
            was = [record.get("sha256") for record in before.records]
            if was != found.sums and self._is_deterministic(cell, found, key):
                raise PictureChangedError(
                    "the picture of one thread is not what it was when this sweep began",
                    str(cell.job.scene),
                    "something that the scene is made of has changed: measure anew with --fresh",
                )
        image: Path | None = None
        if verdict is Verdict.OK:
            self.references[key] = found
            image = self.folder.path / f"reference-{key}.png"
            save(open_frame(request.pictures[0]), image)
        self.estimate.learn_reference(key, outcome)
        records = [_stored(record, image, request.command) for record in outcome.records]
        sha256 = ",".join(map(str, found.sums)) if all(found.sums) else None
        self.store.put_reference(self.result.sweep, key, verdict, sha256, image, records)

    def _is_deterministic(self, cell: PlannedCell, found: _ReferencePixels, key: str) -> bool:
        """Whether one thread renders the same picture again, now that nobody changed anything."""
        out = self.folder.scratch / f"again-{key}.npy"
        request = self._request(cell, cell.reference, out, f"reference-{key}-again")
        self.count -= 1
        outcome = self._run(request, f"reference of {cell.label}, again")
        request.remove_pictures()
        return [record.sha256 for record in outcome.records] == found.sums

    def _measure(self, cell: PlannedCell, number: int) -> None:
        """One run of one cell, until it is stored."""
        token = secrets.token_hex(3)
        round_name = f"round-{number}" if number else f"warm-up-{token}"
        name = f"cell-{cell.draft.position}-{round_name}"
        out = self.folder.scratch / f"{name}.npy"
        request = self._request(cell, cell.job, out, name)
        begun = now()
        what = cell.label + ("" if number else ", warm-up")
        outcome = self._run(request, what)
        worst = outcome.verdict
        evidence = self.folder.path / name
        try:
            sample = RunDraft(
                round=number,
                begun=begun,
                verdict=worst,
                verdict_text=next(r.verdict_text for r in outcome.records if r.verdict is worst),
                wall_s=outcome.host_s,
                # The scratch folder goes away, so the line to paste writes next to it.
                command=request._replace(out=self.folder.path / out.name).command,
                records=(),
                evidence=evidence if evidence.is_dir() else None,
            )
            if sample.verdict is Verdict.OK and cell.draft.reference in self.references:
                sample = self._compared(cell, request, outcome, sample, name)
            records = [_stored(record, sample.image, sample.command) for record in outcome.records]
            sample = replace(sample, records=records)
        finally:
            request.remove_pictures()
        if sample.verdict in _NOT_REPEATED:
            number = number or 1  # a warm-up that ends like this is the run, and the only one
            sample = replace(sample, round=number)
        self.store.put_sample(self.numbers[cell.key], self.session, sample)
        if number:
            self.done[cell.key][number] = sample.verdict
        self.left[cell.key] -= 1
        self.estimate.learn(cell.key, sample.wall_s)
        self.result.made += 1
        self.result.verdicts[sample.verdict] += 1
        self.listener.run_ended(what, sample)

    def _compared(
        self,
        cell: PlannedCell,
        request: RenderRequest,
        outcome: Outcome,
        sample: RunDraft,
        name: str,
    ) -> RunDraft:
        """Hold the picture against its reference."""
        reference = self.references[cell.draft.reference]
        if [record.sha256 for record in outcome.records] == reference.sums:
            return replace(sample, wrong_pixels=0, max_difference=0.0)
        wrong = of = worst = 0
        largest = 0.0
        for at, picture in enumerate(request.pictures):
            found = compare(open_frame(picture), open_frame(reference.pictures[at]))
            of += found.of
            wrong += found.pixels
            if found.largest > largest:
                largest, worst = found.largest, at
        image = difference = None
        if cell.key not in self.shown:
            self.shown.add(cell.key)
            found_pixels = open_frame(request.pictures[worst])
            expected = open_frame(reference.pictures[worst])
            image = self.folder.path / f"{name}.png"
            difference = self.folder.path / f"{name}-difference.png"
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

    def _request(self, cell: PlannedCell, job: Any, out: Path, name: str) -> RenderRequest:
        return RenderRequest(
            host=cell.host.path,
            job=job,
            out=out,
            evidence=self.folder.path / name,
            limit_s=self.limits.limit_s,
            cores=self.plan.pin,
            measured=True,
            scratch=self.folder.scratch,
        )

    def _run(self, request: RenderRequest, what: str) -> Outcome:
        self.count += 1
        self.listener.run_begins(self.count, what, self.estimate.of_runs(self.left))
        outcome = render(request, self.listener, _NoteHost(self.folder))
        self.folder.host_ended()
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


@dataclass(frozen=True, slots=True)
class _ReferencePixels:
    """Where the pixels are, and their checksums, one a frame."""

    pictures: list[Path]
    sums: list[str | None]


class _NoteHost(Listener):
    """Writes down which host is at work."""

    def __init__(self, folder: WorkFolder) -> None:
        self._folder = folder

    def event(self, event: ev.Event) -> None:
        if isinstance(event, ev.Hello) and event.pid > 0:
            self._folder.host_begins(event.pid)


def _is_settled(rounds: Mapping[int, Verdict]) -> bool:
    return any(verdict in _NOT_REPEATED for verdict in rounds.values())


def _stored(record: Record, image: Path | None, command: str) -> dict[str, Any]:
    """A record without the names of files that are gone by now."""
    found = record.to_json()
    found["image"] = None if image is None else os.fspath(image)
    found["command"] = command
    return found
