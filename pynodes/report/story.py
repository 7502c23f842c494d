"""What a sweep says, in sentences: the answer first, then why, then what to be careful about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pynodes.model.verdict import Verdict
from pynodes.report.axes import THREADS, grouped, joined, setting_name, settings_name, varying
from pynodes.report.figures import MAX_LINES, Scaling, verdict_counts
from pynodes.report.speed import seconds, speed, worth_mentioning
from pynodes.store.model import Cell, Sweep
from pynodes.sweep.warn import cautions
from pynodes.words import count, duration, plural

_MAX_TILES = 4


@dataclass(frozen=True, slots=True)
class Tile:
    """One number that matters; `tone` is good, bad, or the colour of a line such as curve-0."""

    label: str
    number: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """`lead` is the one sentence for whoever reads no more; `rest` are those that follow it."""

    lead: str
    rest: tuple[str, ...]
    tiles: tuple[Tile, ...]


def story_of(sweep: Sweep, scaling: Scaling | None) -> Story:
    """The story of one sweep."""
    correctness = list(_correctness(sweep))
    fast = list(speed(sweep, scaling))
    is_bad = any(verdict is not Verdict.OK for verdict in verdict_counts(sweep))
    said = correctness + fast if is_bad else [*_doubts(sweep, scaling), *fast, *correctness]
    return Story(said[0], tuple(said[1:]), tuple(_tiles(sweep, scaling)))


# What makes times unsafe to choose by: runs that differ among themselves, and other programs.
_DOUBTS = ("spread", "busy")


def _doubts(sweep: Sweep, scaling: Scaling | None) -> Iterator[str]:
    """Before anything is called the fastest: why that may be wrong."""
    if scaling is None:
        return
    compared = {line.best.cell.key for line in scaling.lines}
    for caution in cautions(sweep):
        about = compared.intersection(caution.cells)
        if caution.kind in _DOUBTS and (about or not caution.cells):
            yield f"Not safe to choose by: {caution.what}."
            return


# --- right or wrong ---


def _correctness(sweep: Sweep) -> Iterator[str]:
    counts = verdict_counts(sweep)
    runs = sum(counts.values())
    compared = sum(s.wrong_pixels is not None for s in sweep.samples)
    wrong = counts.get(Verdict.WRONG_IMAGE, 0)
    if wrong:
        bad = [cell for cell in sweep.cells if cell.verdicts[Verdict.WRONG_IMAGE]]
        yield (
            f"{count(wrong)} of {plural(runs, 'run')} gave a wrong picture, in {count(len(bad))} of"
            f" {plural(len(sweep.cells), 'cell')}{_only_where(sweep, bad)}."
        )
        most = max(bad, key=lambda cell: cell.wrong_pixels or 0)
        yield (
            f"The worst picture has {plural(most.wrong_pixels or 0, 'wrong pixel')}:"
            f" {settings_name(most.settings, varying(sweep)) or 'the only cell'}."
        )
        yield from _clean_side(sweep, bad)
    for verdict, words in _BAD_ENDS.items():
        if counts.get(verdict):
            bad = [cell for cell in sweep.cells if cell.verdicts[verdict]]
            yield (
                f"{count(counts[verdict])} of {plural(runs, 'run')} {words}"
                f"{_only_where(sweep, bad)}."
            )
    held = [s for c in sweep.cells for s in c.samples if s.sha256 and sweep.reference_of(c)]
    if sweep.is_of_commands and held and not counts.get(Verdict.WRONG_OUTPUT):
        against = "what was expected" if "expect" in sweep.settings else "that of the first cell"
        yield f"All {count(len(held))} outputs equal {against}, byte by byte."
    elif sweep.is_of_commands and counts.keys() == {Verdict.OK}:
        yield f"All {plural(runs, 'run')} ended well; what came out was not compared."
    if compared and not wrong:
        which = "pictures" if compared == runs else "pictures of whole runs"
        yield f"All {count(compared)} {which} equal that of one thread, to the last bit."
    missing = [cell for cell in sweep.cells if not cell.samples]
    if missing:
        yield (
            f"{plural(len(missing), 'cell')} of {count(len(sweep.cells))} have not run yet; the"
            " same command goes on where it stopped."
        )
    if not runs and not missing:
        yield "Nothing has run yet."


_BAD_ENDS = {
    Verdict.CRASH: "crashed",
    Verdict.HANG: "did not end in time",
    Verdict.CANNOT_START: "could not start",
    Verdict.FAILED: "ended with a status that means failure",
    Verdict.WRONG_OUTPUT: "gave another output",
    Verdict.NODE_ERROR: "had an error in a node",
    Verdict.INTERRUPTED: "were interrupted",
}


def _only_where(sweep: Sweep, bad: Sequence[Cell]) -> str:
    """`, all of them with node sharing shared`: what bad cells, and no others, have in common."""
    shared = [setting_name(axis, value) for axis, value in _shared(sweep, bad)]
    return f", all of them with {joined(shared)}" if shared else ""


def _shared(sweep: Sweep, cells: Sequence[Cell]) -> Iterator[tuple[str, Any]]:
    """Axes, but for threads, and their values that the cells have in common."""
    for axis in varying(sweep):
        values = {cell.settings.get(axis) for cell in cells}
        if len(values) == 1 and axis != THREADS:
            yield axis, values.pop()


def _clean_side(sweep: Sweep, bad: Sequence[Cell]) -> Iterator[str]:
    """The other values of such an axis, where everything was right."""
    for axis, wrong in _shared(sweep, bad):
        for (value,), cells in grouped(sweep.cells, [axis]).items():
            if value == wrong:
                continue
            compared = sum(s.wrong_pixels is not None for c in cells for s in c.samples)
            if compared:
                pictures = plural(compared, "picture")
                yield f"With {setting_name(axis, value)} every one of {pictures} was right."


# --- numbers to look at ---


def _tiles(sweep: Sweep, scaling: Scaling | None) -> Iterator[Tile]:
    counts = verdict_counts(sweep)
    runs = sum(counts.values())
    wrong = counts.get(Verdict.WRONG_IMAGE, 0)
    good = counts.get(Verdict.OK, 0)
    left = _MAX_TILES - 1
    if wrong:
        yield Tile("wrong pictures", f"{count(wrong)} of {count(runs)}", "runs", "bad")
        most = max(sweep.cells, key=lambda cell: cell.wrong_pixels or 0)
        yield Tile(
            "worst picture",
            count(most.wrong_pixels or 0),
            f"pixels differ: {settings_name(most.settings, varying(sweep))}",
            "bad",
        )
        left = 1
    elif good < runs:
        bad = [f"{n} {verdict}" for verdict, n in counts.items() if verdict is not Verdict.OK]
        yield Tile("runs that were fine", f"{count(good)} of {count(runs)}", joined(bad), "bad")
    for line in worth_mentioning(sweep, scaling, left) if scaling else []:
        assert scaling is not None
        best = line.best
        yield Tile(
            settings_name(line.curve.settings, varying(sweep)) or "speed-up",
            duration(seconds(best)),
            f"on {plural(best.threads, 'thread')}, {line.gain.value:.2f}× the {scaling.first},"
            f" {best.speedup.value:.2f}× its own",
            f"curve-{line.color % MAX_LINES}",
        )
    if runs and good == runs:
        yield Tile("runs", count(runs), "all ok", "good")
