"""The plan of a sweep of scenes: from options with several values to cells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from pynodes import printable
from pynodes.errors import BadValueError
from pynodes.host.identity import HostIdentity
from pynodes.model.job import Job
from pynodes.options.rules import check_given
from pynodes.options.table import rows_of
from pynodes.rendering.sources import digest
from pynodes.store.model import CellDraft, Machine, SweepDraft
from pynodes.sweep.axes import AXES, define_axes, scene_names
from pynodes.sweep.plan import LeftOut, PlannedCell, SweepPlan, combinations, key_of, key_on

# Fields that are part of every key, as they were when the first sweeps were stored. Of what came
# later only what is not at its default is, so that a new option leaves stored sweeps as they are.
# fmt: off
_ALWAYS_IN_KEYS = frozenset((
    "threads", "engine", "attach", "turnstile", "gil_returns", "switch_interval", "heartbeat",
    "width", "height", "samples", "tile", "order", "seed", "frames", "only_tile", "defines",
    "preview", "stop_on_error", "node_sharing", "trace", "trace_calls", "scripts",
))
# fmt: on


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person asked for: for each option that was given its values, one or several."""

    scenes: tuple[Path, ...]
    options: Mapping[str, tuple[Any, ...]]
    defines: tuple[tuple[str, str], ...]
    hosts: Mapping[str | None, HostIdentity]
    pin: tuple[int, ...] = ()
    name: str | None = None


@dataclass(frozen=True, slots=True)
class SceneCell(PlannedCell):
    """A cell of a scene, and the job that its picture is held against."""

    job: Job
    host: HostIdentity
    reference: Job


def make_plan(
    wanted: Wanted, machine: Machine, version: str, revision: str | None
) -> SweepPlan[SceneCell]:
    """Every combination of the values.

    Raises:
        BadValueError: a value is out of its range, or no combination is possible.
    """
    options = dict(wanted.options)
    check_given(options)
    digests = [digest(scene) for scene in wanted.scenes]
    names = scene_names(wanted.scenes)
    axes: list[tuple[str, Sequence[Any]]] = [("scene", range(len(wanted.scenes)))]
    for name, texts in define_axes(wanted.defines).items():
        axes.append((f"D {name}", texts))
    axes += [(axis.name, options[axis.name]) for axis in AXES if axis.name in options]
    varied = tuple(name for name, values in axes if len(values) > 1)
    cells: dict[str, SceneCell] = {}
    left_out: dict[str, LeftOut] = {}
    errors: list[BadValueError] = []
    for chosen in combinations(axes):
        number = chosen["scene"]
        scene = wanted.scenes[number]
        shown = {name: _shown(name, chosen[name], names) for name in varied}
        try:
            job = _job(scene, chosen)
        except BadValueError as error:
            errors.append(error)
            left_out[json.dumps(shown)] = LeftOut(shown, error.what)
            continue
        host = wanted.hosts[chosen.get("python")]
        cell = _cell(job, host, digests[number], len(cells), shown)
        cells.setdefault(cell.key, cell)
    if not cells:
        raise errors[0]
    fixed = {name: _shown(name, values[0], names) for name, values in axes if name not in varied}
    scenes = list(zip(names, digests, strict=True))
    made_of = {
        "axes": varied,
        "settings": {**fixed, **_pin(wanted)},
        "scenes": scenes,
        "hosts": sorted(host.sha256 for host in wanted.hosts.values()),
    }
    draft = _draft(wanted, fixed, scenes, made_of, machine, version, revision)
    return SweepPlan(draft, made_of, tuple(cells.values()), tuple(left_out.values()), wanted.pin)


def _draft(
    wanted: Wanted,
    fixed: Mapping[str, Any],
    scenes: Sequence[tuple[str, str]],
    made_of: Mapping[str, Any],
    machine: Machine,
    version: str,
    revision: str | None,
) -> SweepDraft:
    """The sweep as it is stored. Its key says what is the same when it is gone on with.

    Args:
        fixed: settings that all cells share.
        scenes: the name of each, and the checksum of its sources.
    """
    found = zip(wanted.scenes, scenes, strict=True)
    return SweepDraft(
        key=key_on(made_of, machine.key),
        stem=printable.encodable(wanted.scenes[0].stem) if len(wanted.scenes) == 1 else "sweep",
        name=None if wanted.name is None else printable.encodable(wanted.name),
        machine=machine,
        version=version,
        revision=revision,
        axes=tuple(made_of["axes"]),
        settings={
            **fixed,
            "host": [host.to_json() for host in wanted.hosts.values()],
            "scenes": [{"path": str(scene), "sources": digest} for scene, (_, digest) in found],
            **_pin(wanted),
        },
    )


def _pin(wanted: Wanted) -> dict[str, Any]:
    return {"pin": list(wanted.pin)} if wanted.pin else {}


def job_json(job: Job) -> dict[str, Any]:
    """All fields of a job as JSON has them."""
    found = {each.name: getattr(job, each.name) for each in fields(job) if each.compare}
    return {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}


def key_of_job(job: Job) -> dict[str, Any]:
    """What counts besides the scene's content: a folder that was moved is the same sweep."""
    found = job_json(job) | {"trace": None, "trace_calls": False}
    del found["scene"]
    kind: Any = type(job)
    usual = _usual(kind, job.scene)
    return {
        name: value
        for name, value in found.items()
        if name in _ALWAYS_IN_KEYS or value != usual[name]
    }


@lru_cache(maxsize=64)
def _usual(kind: Any, scene: Path) -> dict[str, Any]:
    return job_json(kind(scene))


def reference_of(job: Job) -> Job:
    """The job whose picture must be the same: on one thread, in one interpreter, all as usual."""
    values = job.values()
    view: dict[str, Any] = {}
    for row in rows_of(type(job)):
        if row.changes_picture:
            view |= row.settings(row.value(values))
    if job.only_tile is not None:
        view["tile"] = job.tile  # the number counts in the grid of these
    kind: Any = type(job)
    return _reference(kind, job.scene, tuple(view.items()))


@lru_cache(maxsize=1024)  # many cells have the same
def _reference(kind: Any, scene: Path, view: tuple[tuple[str, Any], ...]) -> Job:
    made: Job = kind(scene=scene, threads=1, engine="shared", **dict(view))
    return made


def _job(scene: Path, chosen: Mapping[str, Any]) -> Job:
    settings: dict[str, Any] = {}
    for axis in AXES:
        if axis.name in chosen and axis.name != "python":
            settings.update(axis.settings(chosen[axis.name]))
    defines = tuple(
        (name.removeprefix("D "), text) for name, text in chosen.items() if name.startswith("D ")
    )
    return Job(scene=scene, defines=defines, **settings)


def _cell(
    job: Job, host: HostIdentity, sources: str, position: int, settings: Mapping[str, Any]
) -> SceneCell:
    reference = reference_of(job)
    made_of = (sources, host.sha256)
    draft = CellDraft(
        key=_key(job, made_of),
        position=position,
        settings=settings,
        job=job_json(job),
        host=host.to_json(),
        reference=_key_of_reference(reference, made_of),
    )
    return SceneCell(draft, job, host, reference)


def _key(job: Job, made_of: tuple[str, ...]) -> str:
    return key_of([key_of_job(job), job.scene.name, *made_of])


_key_of_reference = lru_cache(maxsize=1024)(_key)


def _shown(name: str, value: Any, names: Sequence[str]) -> Any:
    """A value as it is stored and shown."""
    if name == "scene":
        return names[value]
    return next((axis.kind.shown(value) for axis in AXES if axis.name == name), value)
