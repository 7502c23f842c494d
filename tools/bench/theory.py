#!/usr/bin/env python3
"""Hold what the host measures of waiting against what theory says, for nodes of known cost.

    python3 tools/bench/theory.py [--host HOST] [--rounds 9] [--threads 1,2,4]
                            [--iterations 2000] [--native 15]

N render threads take turns at one GIL. A tile costs `a` of native work, which runs beside other
threads, and `p` in Python, which does not. With one thread nobody waits. With more, as long as
(N - 1) p is not less than a, somebody is always in Python, so T tiles take a + T p, and the N
threads together wait

    N (a + T p) - p N (N - 1) / 2 - T (a + p)

since the last Python stages of the threads end p after each other. The tool plays the tiles out
instead, the strips of the last ones included, which agrees with that (tests/unit/test_theory.py).

a and p are not guessed: they are the CPU time of the thread in the run with one thread, over its
tiles, shared out as its time was. Each round runs all numbers of threads and is judged by its own
calibration. A round in which other programs took the cores (threads were at work for longer than
their CPU time says) is reported and taken again, a few times; a machine without two free cores
cannot answer.
"""

from __future__ import annotations

import argparse
import heapq
import shutil
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

from floors import machine, render

STRIPS = 4  # a tile that is cut is cut in so many; as in host/tiles/queue.c
DISTURBED = 1.06  # time at work over CPU time
TRIES = 5


@dataclass(frozen=True)
class Spent:
    """Seconds, of all threads together; `wall` is from the first tile to the last."""

    wait: float
    python: float
    native: float
    wall: float

    @property
    def busy(self) -> float:
        return self.python + self.native


def tile_costs(tiles: int, threads: int) -> list[float]:
    """What is handed out, in whole tiles: with several threads the last ones go in strips."""
    if threads == 1:
        return [1.0] * tiles
    split = min(threads, tiles)
    strips = STRIPS * -(-threads // tiles)
    return [1.0] * (tiles - split) + [1.0 / strips] * (split * strips)


def play(threads: int, costs: list[float], native: float, python: float) -> Spent:
    """N threads take tiles in turn; native work runs freely, Python one at a time, in turn.

    Args:
        native, python: seconds for a whole tile.
    """
    todo = iter(costs)
    ready: list[tuple[float, int, float]] = []  # when native work is done, thread, tile
    for thread in range(threads):
        cost = next(todo, None)
        if cost is not None:
            heapq.heappush(ready, (cost * native, thread, cost))
    free = wait = 0.0
    while ready:
        at, thread, cost = heapq.heappop(ready)
        begin = max(at, free)
        wait += begin - at
        free = begin + cost * python
        following = next(todo, None)
        if following is not None:
            heapq.heappush(ready, (free + following * native, thread, following))
    total = sum(costs)
    return Spent(wait, total * python, total * native, free)


def closed_form(threads: int, tiles: int, native: float, python: float) -> float:
    """What the threads wait together when the GIL is never free (see the text above)."""
    n, t = threads, tiles
    if n == 1:
        return 0.0
    return n * (native + t * python) - python * n * (n - 1) / 2 - t * (native + python)


@dataclass(frozen=True)
class Measured:
    """One run of the host."""

    spent: Spent
    cpu: float
    tiles: int

    @property
    def disturbance(self) -> float:
        return (self.spent.native + self.spent.python) / self.cpu


def measure(threads: int, options: argparse.Namespace) -> Measured:
    ended = render(
        options.host, "burn.py", "--engine", "shared", "-t", str(threads), "--size", options.size,
        "--samples", "1",
        "-D", f"iterations={options.iterations}", "-D", f"native={options.native}",
    )  # fmt: skip
    found = ended.of("thread")

    def total(name: str) -> float:
        return sum(float(thread[name]) for thread in found) / 1e9

    begin = min(thread["at"] for thread in found if thread["at"] > 0)
    end = max(thread["at"] + thread["wall_ns"] for thread in found)
    spent = Spent(total("wait_ns"), total("python_ns"), total("native_ns"), (end - begin) / 1e9)
    return Measured(spent, total("cpu_ns"), ended.of("frame")[-1]["tiles"])


def calibrated(alone: Measured) -> tuple[float, float]:
    """Seconds of native work and of Python for a tile, from the CPU time of one thread."""
    busy = alone.spent.native + alone.spent.python
    per_tile = alone.cpu / alone.tiles
    return per_tile * alone.spent.native / busy, per_tile * alone.spent.python / busy


def take_round(
    numbers: list[int], options: argparse.Namespace
) -> tuple[dict[int, tuple[Measured, Spent]], float]:
    """All numbers of threads, measured and as theory says; and how disturbed the worst run was."""
    runs = {n: measure(n, options) for n in sorted({1, *numbers})}
    native, python = calibrated(runs[1])
    theory = {n: play(n, tile_costs(run.tiles, n), native, python) for n, run in runs.items()}
    worst = max(run.disturbance for run in runs.values())
    return {n: (runs[n], theory[n]) for n in numbers}, worst


def table(rounds: list[dict[int, tuple[Measured, Spent]]]) -> str:
    """Medians over the rounds; a ratio is taken inside each."""
    head = "| threads | figure | measured | theory | measured over theory |"
    lines = [head, "|---|---|---|---|---|"]
    for n in rounds[0]:
        for name in ("wait", "busy", "python", "native", "wall"):
            pairs = [
                (found[n][0].cpu, found[n][1].busy)
                if name == "busy"
                else (getattr(found[n][0].spent, name), getattr(found[n][1], name))
                for found in rounds
            ]
            seen, said = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = "-"
            if said > 0:
                ratios = [a / b for a, b in pairs]
                ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            lines.append(f"| {n} | {name} | {seen * 1e3:.1f} ms | {said * 1e3:.1f} ms | {ratio} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--host", type=Path, default=shutil.which("pynodes-host"))
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", default="1,2,4")
    parser.add_argument("--iterations", type=int, default=2000)
    parser.add_argument("--native", type=int, default=15)
    parser.add_argument("--size", default="192x192")
    options = parser.parse_args()
    if options.host is None:
        parser.error("no pynodes-host on PATH; name one with --host")
    numbers = [int(word) for word in options.threads.split(",")]
    rounds: list[dict[int, tuple[Measured, Spent]]] = []
    disturbed = 0
    while len(rounds) < options.rounds:
        found, worst = take_round(numbers, options)
        if worst > DISTURBED and disturbed < TRIES * options.rounds:
            disturbed += 1
            print(f"round {len(rounds) + 1} again: disturbed, {worst:.2f}", file=sys.stderr)
            continue
        rounds.append(found)
    print(
        f"{machine()}; medians of {len(rounds)} rounds, least and most in brackets;"
        f" {disturbed} more rounds were disturbed by other programs.\n\n{table(rounds)}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
