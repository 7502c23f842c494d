"""One sweep as a report shows it: words, figures, pictures and facts, ready to be written down.

`page` writes chapters as HTML, `export.markdown` as Markdown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pynodes.model.verdict import Verdict
from pynodes.predict.forecast import Forecast, forecasts
from pynodes.process.evidence_folder import RUNS
from pynodes.report import figures
from pynodes.report.axes import axis_name, is_work, joined, settings_name, varying
from pynodes.report.decision import Decision, decisions
from pynodes.report.figures import Bar, HeatMap, Matrix, Scaling
from pynodes.report.story import Story, story_of
from pynodes.store.model import Cell, Sweep, value_text
from pynodes.sweep.stats import cores_of
from pynodes.sweep.warn import Caution, cautions
from pynodes.words import count, plural

_MAX_REFERENCES = 3
FORESEEN = (8, 64, 256)  # cores

# Cautions that stand with the figure they are about; all others stand in the summary.
_PLACES = {
    "over-cores": "scaling",
    "spread": "scaling",
    "first-slow": "scaling",
    "few-runs": "scaling",
    "no-reference": "matrix",
}
# The summary itself says these.
_IN_SUMMARY = {
    *("crash", "hang", "cannot-start", "failed", "wrong-image", "wrong-output", "node-error")
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the sweep; `exact` shows its pixels as squares when it is enlarged.

    `folder` is the one that it must lie in: a file of results may name any.
    """

    path: Path
    folder: Path
    title: str
    text: str
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command line to paste, and what it does."""

    text: str
    line: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """All that is said of one sweep. `cautions` are by the figure they belong to."""

    sweep: Sweep
    title: str
    subtitle: str
    story: Story
    decisions: tuple[Decision, ...]
    scaling: Scaling | None
    foreseen: tuple[Forecast, ...]
    bars: tuple[Bar, ...]
    heats: tuple[HeatMap, ...]
    matrix: Matrix
    causes: tuple[str, ...]
    pictures: tuple[Picture, ...]
    timelines: tuple[Picture, ...]
    cautions: dict[str, tuple[Caution, ...]]
    facts: tuple[tuple[str, str], ...]
    commands: tuple[Command, ...]


def chapter(sweep: Sweep) -> Chapter:
    """What there is to say of a sweep."""
    scaling = figures.scaling(sweep)
    return Chapter(
        sweep=sweep,
        title=_title(sweep),
        subtitle=subtitle_of(sweep),
        story=story_of(sweep, scaling),
        decisions=decisions(sweep, scaling),
        scaling=scaling,
        foreseen=tuple(_foreseen(sweep)),
        bars=figures.bars(sweep),
        heats=figures.heats(sweep),
        matrix=figures.matrix(sweep),
        causes=tuple(_causes(sweep)),
        pictures=tuple(_pictures(sweep)),
        timelines=tuple(_timelines(sweep, scaling)),
        cautions=_placed(cautions(sweep)),
        facts=tuple((name, value) for name, value in _facts(sweep) if value),
        commands=tuple(_commands(sweep)),
    )


def _title(sweep: Sweep) -> str:
    axes = [axis_name(axis).removesuffix(" (s)") for axis in varying(sweep) if axis != "scene"]
    subjects = joined(list(dict.fromkeys(cell.subject for cell in sweep.cells)))
    return f"{subjects}: {joined(axes)}" if axes else subjects


def subtitle_of(sweep: Sweep) -> str:
    """How much was run, with which Python, where and when."""
    runs = sum(len(cell.samples) for cell in sweep.cells)
    cores = sweep.machine.facts.get("usable_cores")
    found = (sample.record.get("python") for sample in sweep.samples)
    pythons = list(dict.fromkeys(str(python) for python in found if python))
    parts = [
        plural(len(sweep.cells), "cell"),
        plural(runs, "run"),
        f"Python {joined(pythons)}" if pythons else "",
        plural(cores, "core") if cores else "",
        sweep.machine.name,
        sweep.created[:10],
    ]
    return " · ".join(filter(None, parts))


def _placed(found: Iterable[Caution]) -> dict[str, tuple[Caution, ...]]:
    placed: dict[str, list[Caution]] = {}
    for caution in found:
        if caution.kind not in _IN_SUMMARY:
            placed.setdefault(_PLACES.get(caution.kind, "summary"), []).append(caution)
    return {place: tuple(them) for place, them in placed.items()}


def _causes(sweep: Sweep) -> Iterator[str]:
    """A line a cell that went wrong: what its runs said, the commonest first."""
    for cell in sweep.cells:
        bad = Counter(
            f"{run.verdict}: {run.verdict_text}"
            for run in cell.samples
            if run.verdict is not Verdict.OK
        )
        if bad:
            name = settings_name(cell.settings, varying(sweep)) or "the only cell"
            (said, times), *others = bad.most_common()
            more = f"; {plural(len(others), 'other reason')}" if others else ""
            yield f"{name}: {said} ({times} of {plural(len(cell.samples), 'run')}{more})"


def _foreseen(sweep: Sweep) -> Iterator[Forecast]:
    """Of one kind of work, what its ways would do on more cores than there were."""
    if any(is_work(axis) for axis in varying(sweep)):
        return
    here = cores_of(sweep) or 1
    beyond = [cores for cores in FORESEEN if cores > here]
    yield from forecasts(sweep, beyond) if beyond else ()


# --- pictures ---


def _pictures(sweep: Sweep) -> Iterator[Picture]:
    """Each reference, with the worst picture that was held against it and the difference."""
    axes = varying(sweep)
    folder = sweep.database.parent / RUNS
    shown: set[Path] = set()
    for key, reference in sweep.references.items():
        if reference.image is None or reference.image in shown or len(shown) >= _MAX_REFERENCES:
            continue
        shown.add(reference.image)
        cells = [cell for cell in sweep.cells if cell.reference == key]
        yield Picture(reference.image, folder, "Reference", _reference_text(sweep, cells))
        wrong = [(c, s) for c in cells for s in c.samples if s.wrong_pixels and s.difference]
        if not wrong:
            continue
        cell, sample = max(wrong, key=lambda each: each[1].wrong_pixels or 0)
        name = settings_name(cell.settings, axes) or "the only cell"
        said = f"{name}: {plural(sample.wrong_pixels or 0, 'pixel')}"
        if sample.image is not None:
            yield Picture(sample.image, folder, "Worst", f"{said} differ")
        if sample.difference is not None:
            largest = ""
            if sample.max_difference is not None:
                largest = f", the largest by {sample.max_difference:.3g} in one channel"
            yield Picture(sample.difference, folder, "Difference", f"{said}{largest}", exact=True)


def _timelines(sweep: Sweep, scaling: Scaling | None) -> Iterator[Picture]:
    """Those that were asked for, the fastest cell of each line first."""
    best = {line.best.cell.key for line in scaling.lines} if scaling else set()
    folder = sweep.database.parent / RUNS
    for cell in sorted(sweep.cells, key=lambda cell: cell.key not in best):
        if cell.timeline is not None:
            name = settings_name(cell.settings, varying(sweep)) or "the only cell"
            yield Picture(cell.timeline, folder, "Timeline", name)


def _reference_text(sweep: Sweep, cells: Sequence[Cell]) -> str:
    """What the cells share that have this reference, when there are several."""
    shared = [
        axis
        for axis in varying(sweep)
        if len({value_text(cell.settings.get(axis)) for cell in cells}) == 1
    ]
    if len(sweep.references) < 2 or not shared:
        return "one thread"
    return f"one thread, {settings_name(cells[0].settings, shared)}"


# --- facts ---


def _facts(sweep: Sweep) -> Iterator[tuple[str, str]]:
    known = sweep.machine.facts
    memory = known.get("memory_mib")
    sessions = [session.facts for session in sweep.sessions]
    cores, usable = known.get("cores"), known.get("usable_cores")
    yield "machine", sweep.machine.name
    yield "processor", str(known.get("processor") or "")
    if cores is not None or usable is not None:
        yield "cores", f"{usable} usable of {cores}" if usable != cores else f"{cores}"
    if memory is not None:
        yield "memory", f"{memory / 1024:.1f} GiB"
    yield (
        "system",
        " ".join(str(known.get(k)) for k in ("system", "kernel", "arch") if known.get(k)),
    )
    for name in ("governor", "turbo"):
        found = {value_text(facts[name]) for facts in sessions if facts.get(name) is not None}
        yield name, joined(sorted(found))
    pinned = sweep.settings.get("pin")
    if pinned:
        yield "pinned to", f"cores {joined([str(core) for core in pinned])}"
    for name, key in (("Python", "python"), ("compiler", "compiler")):
        seen = dict.fromkeys(_with_gil(s.record, key) for s in sweep.samples if s.record.get(key))
        yield name, ", ".join(seen)
    yield "pynodes", sweep.version
    yield "revision", sweep.revision or ""
    for axis in sweep.axes:
        yield axis_name(axis), ", ".join(value_text(value) for value in sweep.values_of(axis))
    for name, value in sweep.settings.items():
        if isinstance(value, str | int | float):
            yield axis_name(name), value_text(value)
    rounds = {sample.round for sample in sweep.samples if sample.round > 0}
    warm_ups = sum(sample.round == 0 for sample in sweep.samples)
    yield "rounds", f"{count(len(rounds))}, and {plural(warm_ups, 'warm-up run')}"
    yield "stored in", f"{sweep.database.name}, sweep {sweep.id} ({sweep.name})"


def _with_gil(record: Any, key: str) -> str:
    text = str(record.get(key))
    gil = record.get("gil")
    if key != "python" or gil is None:
        return text
    return f"{text} ({'with its GIL' if gil else 'free-threaded'})"


def _commands(sweep: Sweep) -> Iterator[Command]:
    if sweep.sessions:
        yield Command("The sweep; given again it goes on where it stopped:",
                      sweep.sessions[-1].command)  # fmt: skip
    timed = [cell for cell in sweep.cells if cell.timed]
    if timed:
        best = min(timed, key=lambda cell: min(cell.values()))
        name = settings_name(best.settings, varying(sweep))
        yield Command(f"One run, {name or 'the only cell'}:", best.timed[0].command)
    wrong = [sample for sample in sweep.samples if sample.wrong_pixels]
    if wrong:
        yield Command("A run with a wrong picture:", wrong[0].command)
