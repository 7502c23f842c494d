#!/usr/bin/env python3
"""Measure the host against its floors and its goals, as ratios taken in one run.

    python3 tools/bench/bench.py [--host HOST]... [--rounds N] [--only GROUP,...]

Each group of rows runs its cells one after the other in each round, over and over, so that a drift
of the machine hits all alike; a ratio is taken inside each round, and the table shows its median,
least and most. Nothing here passes or fails: the goals stand by the figures.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from floors import Facts, HostError, learn, machine
from groups import GROUPS


@dataclass(frozen=True)
class Line:
    """One line of the table, over all rounds."""

    what: str
    goal: str
    unit: str
    samples: list[float]

    def shown(self) -> str:
        """The median with its unit, and the range."""
        middle = median(self.samples)
        digits = 1 if self.unit == "MiB" or middle >= 10 else 3
        least, most = (f"{edge(self.samples):.{digits}f}" for edge in (min, max))
        return f"{middle:.{digits}f} {self.unit} ({least} to {most})"


def load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def measure(facts: Facts, rounds: int, only: set[str]) -> dict[str, Line]:
    """The lines by name; a group ends at a run that fails."""
    lines: dict[str, Line] = {}
    for group in GROUPS:
        name = group.__name__
        if only and name not in only:
            continue
        try:
            for number in range(rounds):
                print(f"{facts.label}: {name}, round {number + 1} of {rounds}", file=sys.stderr)
                for row in group(facts):
                    line = lines.setdefault(row.name, Line(row.what, row.goal, row.unit, []))
                    line.samples.append(row.value)
        except (HostError, subprocess.SubprocessError) as error:
            print(f"{facts.label}: {name}: {error}", file=sys.stderr)
    return lines


def markdown(results: Mapping[str, tuple[Facts, dict[str, Line]]], rounds: int) -> str:
    lines = [
        f"Machine: {machine()}. Medians of {rounds} interleaved rounds, least to most in brackets.",
        "",
        *(f"* Python {facts.label}: {facts.optimised}" for facts, _ in results.values()),
        "",
        "| " + " | ".join(["what", "goal", *(facts.label for facts, _ in results.values())]) + " |",
        "|---|---|" + "---|" * len(results),
    ]
    for name in dict.fromkeys(name for _, found in results.values() for name in found):
        shown = [found.get(name) for _, found in results.values()]
        first = next(line for line in shown if line is not None)
        cells = [first.what, first.goal, *(line.shown() if line else "-" for line in shown)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--host", action="append", type=Path, help="a pynodes-host; several to compare Pythons"
    )
    parser.add_argument("--rounds", type=int, default=5)
    names = ", ".join(group.__name__ for group in GROUPS)
    parser.add_argument("--only", default="", metavar="GROUP,...", help=f"of {names}")
    options = parser.parse_args()
    hosts = options.host or [Path(found) for found in [shutil.which("pynodes-host")] if found]
    if not hosts:
        parser.error("no pynodes-host on PATH; name one with --host")
    only = set(filter(None, options.only.split(",")))
    before = load()
    results = {}
    for host in hosts:
        facts = learn(host.resolve())
        results[str(host)] = (facts, measure(facts, options.rounds, only))
    print(markdown(results, options.rounds))
    print(f"load before {before}, after {load()}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
