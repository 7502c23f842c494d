"""A frame as what threads take: tiles, the last ones in strips, each with its visits to Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pynodes.predict.crew import PATIENCE_S, Visit

STRIPS = 4  # as in host/tiles/plan.c
MOST_VISITS = 20_000  # of a frame that is played; one with more is played in part


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame costs on one thread.

    Attributes:
        native_s, python_s: processor time.
        asleep_s: in calls, with the GIL given up.
        tiles: shares of the whole of each tile, native and Python, in the order they are taken.
        rows: of pixels in a tile: in no more strips is it cut.
        visits: attachments.
        calls: of nodes.
        switches: how often a thread may be forced off the GIL.
        stays: whether a thread stays attached for the whole tile, outside of calls too.
    """

    native_s: float
    python_s: float
    asleep_s: float
    tiles: tuple[tuple[float, float], ...]
    rows: int
    visits: float
    calls: float
    switches: float = 0.0
    stays: bool = False

    def times(self, number: int) -> Frame:
        """One with so many times the tiles."""
        part = [(native / number, python / number) for native, python in self.tiles]
        return replace(
            self,
            native_s=self.native_s * number,
            python_s=self.python_s * number,
            asleep_s=self.asleep_s * number,
            tiles=tuple(part) * number,
            visits=self.visits * number,
            calls=self.calls * number,
            switches=self.switches * number,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """What is played: `part` of a frame, a visit to Python in so many."""

    tiles: tuple[tuple[Visit, ...], ...]
    part: float


def strips_of(tiles: int, rows: int, threads: int) -> tuple[int, int]:
    """How many of the last tiles are cut, and into how many strips each."""
    if threads == 1:
        return 0, 1
    return min(threads, tiles), min(rows, STRIPS * -(-threads // tiles))


def cut(frame: Frame, threads: int) -> Work:
    """The tiles and strips of a frame for so many threads."""
    tiles = len(frame.tiles)
    n_split, n_strips = strips_of(tiles, frame.rows, threads)
    part = min(1.0, MOST_VISITS / max(1.0, frame.visits, frame.switches))
    whole = frame.tiles[: tiles - n_split]
    last = frame.tiles[tiles - n_split :]
    shares = [*whole, *((n / n_strips, p / n_strips) for n, p in last for _ in range(n_strips))]
    per_tile = frame.visits / tiles
    made = []
    for number, (native, python) in enumerate(shares):
        each = per_tile if number < len(whole) else per_tile / n_strips
        made.append(_visits(frame, native * part, python * part, each * part))
    return Work(tuple(made), part)


def _visits(frame: Frame, native: float, python: float, expected: float) -> tuple[Visit, ...]:
    """The visits of a tile that has these shares of the frame."""
    native_s, python_s = frame.native_s * native, frame.python_s * python
    asleep_s = frame.asleep_s * python
    if not python_s and not asleep_s:
        return (Visit(native_s, 0.0),)
    if frame.stays:
        native_s, python_s = 0.0, native_s + python_s
    count = max(1, round(expected))
    calls = _told_apart(frame, frame.calls * python / count)
    visit = Visit(native_s / count, python_s / count, asleep_s / count, calls)
    return (visit,) * count


def _told_apart(frame: Frame, calls: float) -> int:
    """Calls of a visit that are played one by one: those that sleep, or outlast the patience."""
    of_call_s = (frame.python_s + frame.asleep_s) / max(1.0, frame.calls)
    if frame.asleep_s > 0 or of_call_s > PATIENCE_S:
        most = max(1, round(4 * MOST_VISITS / max(1.0, min(frame.visits, MOST_VISITS))))
        return min(most, max(1, round(calls)))
    return 0


def even_tiles(count: int) -> tuple[tuple[float, float], ...]:
    """Tiles that all cost the same, where what each costs is not known."""
    return ((1 / count, 1 / count),) * count


def tiles_of(costs: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Shares of the whole, from seconds of native work and in Python of each tile."""
    native_s = sum(native for native, _ in costs) or 1.0
    python_s = sum(python for _, python in costs) or 1.0
    return tuple((native / native_s, python / python_s) for native, python in costs)
