#!/usr/bin/env python3
"""Hold the times of `pynodes sweep --command` against those of hyperfine, in turns.

    python3 tools/bench/against_hyperfine.py [--rounds N] [-- COMMAND]...

Where others are at work, give it a real-time priority (`chrt -f 10 python3 ...`), for both.

In each round each command is run by both, a few times; who comes first changes. A ratio is of both
medians in one round; the table shows the median ratio, with the quartiles, and that of all runs.
That of processor time has less of what other programs do, and would show what starting costs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import mean, median, quantiles
from typing import NamedTuple

AT_ONCE = 3
COMMANDS = (
    "xz -1 -k -c data",
    "gzip -6 -k -c data",
    f"{sys.executable} -S -c pass",
    f"{sys.executable} -c 'print(sum(range(3000000)))'",
)


class Took(NamedTuple):
    """Runs of one round: seconds of each, and the mean of their processor time."""

    walls: list[float]
    cpu_s: float


def by_hyperfine(command: str, folder: Path) -> Took:
    out = folder / "hyperfine.json"
    words = ["hyperfine", "-N", "--runs", str(AT_ONCE), "--warmup", "0", "--style", "none"]
    subprocess.run(
        [*words, "--export-json", str(out), command],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = json.loads(out.read_text())["results"][0]
    return Took(found["times"], found["user"] + found["system"])


def by_sweep(command: str, folder: Path, number: int) -> Took:
    """The runs that were made now: the sweep goes on from where it was."""
    words = [sys.executable, "-m", "pynodes", "sweep", "--command", command, "--warmup", "0"]
    repeat = AT_ONCE * (number + 1)
    subprocess.run(
        [*words, "--repeat", str(repeat), "-q", "--progress", "never"],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    with closing(sqlite3.connect(folder / "pynodes.db")) as db:
        rows = db.execute(
            "SELECT wall_s, cpu_s FROM sample WHERE round > ? AND cell = (SELECT max(id) FROM cell"
            " WHERE json_extract(job, '$.command') = ?)",
            (repeat - AT_ONCE, command),
        )
        walls, cpus = zip(*rows, strict=True)
        return Took(list(walls), mean(cpus))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("commands", nargs="*", default=COMMANDS)
    given = parser.parse_args()
    if shutil.which("hyperfine") is None:
        sys.exit("error: hyperfine is not installed\n  help:  install the package hyperfine")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = "".join(f"{n} {n * n} {n % 97}\n" for n in range(60_000))
        (folder / "data").write_text(lines)
        ours: dict[str, list[Took]] = {}
        theirs: dict[str, list[Took]] = {}
        for number in range(given.rounds):
            for command in given.commands:
                both = [
                    (theirs, partial(by_hyperfine, command, folder)),
                    (ours, partial(by_sweep, command, folder, number)),
                ]
                for found, run in both if number % 2 else reversed(both):
                    found.setdefault(command, []).append(run())
    print(f"load {os.getloadavg()[0]:.1f}; {given.rounds} rounds of {AT_ONCE} runs by each")
    for command in given.commands:
        pairs = list(zip(ours[command], theirs[command], strict=True))
        ratios = [median(one.walls) / median(other.walls) for one, other in pairs]
        low, middle, high = quantiles(ratios, n=4)
        cpu = median(one.cpu_s / other.cpu_s for one, other in pairs if other.cpu_s)
        mine = median(chain.from_iterable(took.walls for took in ours[command]))
        other = median(chain.from_iterable(took.walls for took in theirs[command]))
        print(
            f"{middle:.3f} ({low:.3f} to {high:.3f}) by rounds, {mine / other:.3f} over all,"
            f" {cpu:.3f} of processor time; {mine * 1e3:.1f} against {other * 1e3:.1f} ms:"
            f" {command}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
