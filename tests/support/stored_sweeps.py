"""Stores filled through their own API with figures as sweeps give them, from a fixed seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.store.model import CellDraft, Machine, RunDraft, Sweep, SweepDraft, now
from pynodes.store.store import Store

SIZE = (64, 48)
MACHINE = Machine(
    "two-cores",
    "workbench",
    {
        "processor": "AMD EPYC 7B13",
        "cores": 2,
        "usable_cores": 2,
        "memory_mib": 8192,
        "system": "Linux",
        "kernel": "6.1.0",
        "arch": "x86_64",
    },
)
# What one thread takes of which kind, and how the engines share it out.
NATIVE_S, PYTHON_S = 0.30, 0.90
PARALLEL = {"shared": 0.05, "isolated": 0.97, "process": 0.93}


@dataclass
class Run:
    """What one run gave; the rest of a sample follows from it."""

    verdict: Verdict = Verdict.OK
    native_s: float = NATIVE_S
    cpu_s: float | None = None
    python_s: float = PYTHON_S
    wait_s: float = 0.0
    render_s: float = NATIVE_S + PYTHON_S
    wrong_pixels: int | None = 0
    evidence: Path | None = None
    more: dict[str, Any] = field(default_factory=dict)


Behaviour = Callable[[Mapping[str, Any], random.Random], Run]


# --- behaviours ---


def scales(settings: Mapping[str, Any], chance: random.Random) -> Run:
    """Two cores: engines share out Python's part as `PARALLEL` says, one GIL makes threads wait."""
    threads = settings.get("threads", 1)
    parallel = PARALLEL[settings.get("engine", "shared")]
    running = min(threads, 2)
    shaken = chance.uniform(0.985, 1.015)
    python = PYTHON_S * (parallel / running + 1 - parallel)
    render = (NATIVE_S / running + python) * shaken
    work = (NATIVE_S + PYTHON_S) * shaken
    lost = max(0.0, threads * render - work)
    wait = lost * 0.9 if parallel < 0.5 else lost * 0.04
    return Run(native_s=NATIVE_S * shaken, python_s=PYTHON_S * shaken, wait_s=wait, render_s=render)


def races(settings: Mapping[str, Any], chance: random.Random) -> Run:
    """Wrong pixels with one node for all threads: the more, the oftener threads switch."""
    run = scales({**settings, "engine": "shared"}, chance)
    threads = settings.get("threads", 1)
    if settings.get("node-sharing", "shared") == "own" or threads == 1:
        return run
    rate = min(1.0, 2e-4 / settings["switch-interval"]) * (threads - 1) / threads
    run.wrong_pixels = int(SIZE[0] * SIZE[1] * rate * chance.uniform(0.2, 0.3))
    run.verdict = Verdict.WRONG_IMAGE if run.wrong_pixels else Verdict.OK
    return run


# --- stores ---


def store_sweep(
    database: Path,
    axes: Mapping[str, Sequence[Any]],
    behaviour: Behaviour,
    *,
    rounds: int = 3,
    warm_ups: int = 1,
    left_out: Iterable[int] = (),
    scene: str = "tilings.py",
    machine: Machine = MACHINE,
    command: str = "",
) -> str:
    """One sweep over all combinations of `axes`; its name.

    Args:
        left_out: positions of cells that have not run yet.
    """
    chance = random.Random(2008)
    skipped = set(left_out)
    pictures = Pictures(database.parent)
    with Store.create(database) as store:
        sweep = store.begin_sweep(
            SweepDraft(
                key=f"{scene}{axes}",
                stem=Path(scene).stem,
                name=None,
                machine=machine,
                version="0.1.0",
                revision="v0.1.0-12-gabc1234",
                axes=tuple(axes),
                settings={"samples": 4},
            )
        )
        session = store.begin_session(
            sweep, command or f"pynodes sweep {scene} --repeat {rounds}", dict(machine.facts)
        )
        drafts = list(_cells(scene, axes))
        numbers = store.put_cells(sweep, drafts)
        store.put_reference(sweep, "one", Verdict.OK, "a" * 64, pictures.reference(), [])
        for number in (*([0] * warm_ups), *range(1, rounds + 1)):
            for draft in drafts:
                if draft.position in skipped:
                    continue
                run = behaviour(draft.settings, chance)
                store.put_sample(
                    numbers[draft.key], session, _sample(number, draft, run, scene, pictures)
                )
        store.end_session(session, "done")
        return store.sweep(sweep).name


StoreIt = Callable[..., Sweep]


def store_once(folders: pytest.TempPathFactory) -> StoreIt:
    """What stores a sweep and reads it back; once for tests that ask for the same."""
    known: dict[str, Sweep] = {}

    def store(axes: Mapping[str, Any], behaviour: Behaviour = scales, **more: Any) -> Sweep:
        key = repr((axes, behaviour, more))
        if key not in known:
            database = folders.mktemp("stored") / "pynodes.db"
            name = store_sweep(database, axes, behaviour, **more)
            with Store.open(database) as opened:
                known[key] = opened.sweep(opened.find(name))
        return known[key]

    return store


def _cells(scene: str, axes: Mapping[str, Sequence[Any]]) -> Iterator[CellDraft]:
    """A cell for each combination of values, in the order of the axes."""
    for position, values in enumerate(product(*axes.values())):
        settings = dict(zip(axes, values, strict=True))
        yield CellDraft(
            key=f"cell-{position}",
            position=position,
            settings=settings,
            job={"scene": scene, "width": SIZE[0], "height": SIZE[1], **_job(settings)},
            host={"path": "/usr/bin/pynodes-host", "version": "0.1.0"},
            reference="one",
        )


def _job(settings: Mapping[str, Any]) -> dict[str, Any]:
    known = ("threads", "engine", "attach", "switch-interval", "node-sharing")
    return {name.replace("-", "_"): settings[name] for name in known if name in settings}


def _sample(number: int, draft: CellDraft, run: Run, scene: str, pictures: Pictures) -> RunDraft:
    whole = run.verdict in (Verdict.OK, Verdict.WRONG_IMAGE)
    record = Record(
        verdict=run.verdict,
        verdict_text="finished" if run.verdict is Verdict.OK else str(run.verdict),
        width=SIZE[0],
        height=SIZE[1],
        threads=draft.settings.get("threads", 1),
        engine=draft.settings.get("engine", "shared"),
        python="3.13.0",
        gil=True,
        compiler="gcc 12.2.0",
        figures={
            **(
                {
                    name: getattr(run, name)
                    for name in ("render_s", "native_s", "python_s", "wait_s", "cpu_s")
                }
                if whole
                else {}
            ),
            "node_calls": SIZE[0] * SIZE[1] * 4,
        },
    )
    threads = draft.settings.get("threads", 1)
    wrong = run.wrong_pixels if whole else None
    return RunDraft(
        round=number,
        begun=now(),
        verdict=run.verdict,
        verdict_text=record.verdict_text,
        wall_s=run.render_s + 0.2,
        command=f"/usr/bin/pynodes-host --threads {threads} {scene}",
        records=[{**record.to_json(), **run.more}],
        wrong_pixels=wrong,
        max_difference=None if wrong is None else 0.5 * bool(wrong),
        difference=pictures.difference(wrong) if wrong else None,
        image=pictures.wrong(wrong) if wrong else None,
        evidence=run.evidence,
    )


class Pictures:
    """Small pictures beside a store, made when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "pynodes-runs"
        self.folder.mkdir(exist_ok=True)

    def reference(self) -> Path:
        from PIL import Image

        path = self.folder / "reference.png"
        image = Image.new("RGB", SIZE)
        image.putdata(
            [(4 * x % 256, 5 * y % 256, 90) for y in range(SIZE[1]) for x in range(SIZE[0])]
        )
        image.save(path)
        return path

    def difference(self, pixels: int) -> Path:
        from PIL import Image

        path = self.folder / f"difference-{pixels}.png"
        spots = random.Random(pixels).sample(range(SIZE[0] * SIZE[1]), pixels)
        image = Image.new("RGB", SIZE)
        for spot in spots:
            image.putpixel((spot % SIZE[0], spot // SIZE[0]), (255, 190, 80))
        image.save(path)
        return path

    def wrong(self, pixels: int) -> Path:
        from PIL import Image

        path = self.folder / f"wrong-{pixels}.png"
        with (
            Image.open(self.reference()) as reference,
            Image.open(self.difference(pixels)) as difference,
        ):
            Image.blend(reference, difference, 0.5).save(path)
        return path
