"""How long a plan will take, by a few small renders on one thread."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pynodes.machine import usable_cores
from pynodes.model.job import Job
from pynodes.process.scratch import scratch
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.run import render
from pynodes.sweep.estimate import Cost, Estimate, predict, samples_of
from pynodes.sweep.plan import SweepPlan
from pynodes.sweep.scene_plan import SceneCell, reference_of
from pynodes.sweep.subject import InterruptedSweep

MAX_PROBES = 24

_PIXELS = 96 * 72


def probe(plan: SweepPlan[SceneCell], limit_s: float) -> Estimate:
    """Render each kind of cell once, small, and predict all cells.

    Cells are of one kind when they differ in nothing but size, samples and how they are spread. Of
    more than 24 kinds the rest is taken to cost what the first did. Nothing is kept.
    Raises:
        InterruptedSweep: Ctrl-C.
    """
    estimate = Estimate()
    cores = usable_cores()
    costs: dict[tuple[str, Job], Cost | None] = {}
    known: Cost | None = None
    with scratch() as folder:
        for cell in plan.cells:
            job = cell.job
            kind = (cell.host.sha256, _kind(job))
            if kind not in costs and len(costs) < MAX_PROBES:
                costs[kind] = _cost(cell.host.path, _small(job), folder, limit_s)
            cost = costs.get(kind) or known
            if cost is not None:
                known = cost
                seconds = predict(job, cost, cell.host.free_threaded, cores)
                estimate.expect(cell.key, seconds)
    return estimate


def _cost(host: Path, job: Job, folder: Path, limit_s: float) -> Cost | None:
    outcome = render(
        RenderRequest(
            host=host,
            job=job,
            out=folder / "probe.npy",
            evidence=folder / "evidence",
            limit_s=limit_s,
            measured=True,
            scratch=folder,
        )
    )
    if outcome.ended_here:
        raise InterruptedSweep
    return Cost.of(outcome, samples_of(job))


def _kind(job: Job) -> Job:
    """What cells of one kind have in common: the view, but for how much of it there is."""
    usual = reference_of(replace(job, only_tile=None))
    return replace(usual, attach=job.attach, width=1, height=1, samples=1, seed=0, frames=(1,))


def _small(job: Job) -> Job:
    """The same view with fewer pixels, on one thread."""
    shrink = min(1.0, (_PIXELS / (job.width * job.height)) ** 0.5)
    return replace(
        _kind(job),
        width=max(1, round(job.width * shrink)),
        height=max(1, round(job.height * shrink)),
        seed=job.seed,
        frames=job.frames[:1],
    )
