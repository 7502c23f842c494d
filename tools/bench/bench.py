#!/usr/bin/env python3
"""Measure the host against its floors and its goals, as ratios taken in one run.

    python3 tools/bench/bench.py [--host HOST]... [--rounds N] [--only NAME,...]
                           [--json FILE] [--markdown FILE]

Standard library only. Every row runs its cells one after the other in each round, over and over,
so that a drift of the machine hits all alike; a ratio is taken inside each round, and the table
shows its median, least and most. Nothing here passes or fails: the goals stand beside the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from hosts import Facts, HostError, learn, machine
from rows import GROUPS
from rows.row import Row


def load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def measure(facts: Facts, rounds: int, only: set[str]) -> list[Row]:
    rows: list[Row] = []
    for module in GROUPS:
        group = module.rows(facts)
        wanted = any(word in row.name for row in group for word in only)
        if not group or (only and not wanted):
            continue
        rows += group
        for number in range(rounds):
            print(
                f"\r{facts.label}: {group[0].name}, round {number + 1} of {rounds}   ",
                end="",
                file=sys.stderr,
            )
            try:
                found = module.measure(facts)
            except (HostError, subprocess.SubprocessError) as error:
                for row in group:
                    row.note = str(error).splitlines()[-1][:120]
                print(f"\n{error}", file=sys.stderr)
                break
            for row in group:
                if row.name in found:
                    row.ratios.append(found[row.name])
    print("\r" + " " * 78 + "\r", end="", file=sys.stderr)
    return rows


def markdown(results: list[tuple[Facts, list[Row]]], rounds: int) -> str:
    lines = [
        f"Machine: {machine()}. Medians of {rounds} interleaved rounds, least to most in brackets.",
        "",
    ]
    lines += [f"* Python {facts.label}: {facts.optimised}" for facts, _ in results]
    names: dict[str, Row] = {row.name: row for _, rows in reversed(results) for row in rows}
    order = [row.name for row in max((rows for _, rows in results), key=len)]
    order += [name for name in names if name not in order]
    head = ["what", "goal", *(facts.label for facts, _ in results)]
    lines += ["", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for name in order:
        cells = [names[name].what, names[name].goal]
        for _, rows in results:
            row = next((row for row in rows if row.name == name), None)
            middle, spread = row.shown() if row is not None else ("", "")
            cells.append(
                f"{middle} ({spread})" if spread and row is not None and row.ratios else middle
            )
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
    parser.add_argument(
        "--only", default="", help="rows whose name contains one of these, separated by commas"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    hosts = options.host or [Path(found) for found in [shutil.which("pynodes-host")] if found]
    if not hosts:
        parser.error("no pynodes-host on PATH; name one with --host")
    only = {word for word in options.only.split(",") if word}
    before = load()
    results = []
    for host in hosts:
        facts = learn(host.resolve())
        results.append((facts, measure(facts, options.rounds, only)))
    text = markdown(results, options.rounds)
    print(text)
    print(f"load before {before}, after {load()}", file=sys.stderr)
    if options.markdown:
        options.markdown.write_text(text)
    if options.json:
        data = {
            "machine": machine(),
            "rounds": options.rounds,
            "load_before": before,
            "load_after": load(),
            "results": [
                {
                    "python": facts.label,
                    "built": facts.optimised,
                    "rows": [
                        {
                            "name": r.name,
                            "what": r.what,
                            "goal": r.goal,
                            "unit": r.unit,
                            "samples": r.ratios,
                            "note": r.note,
                        }
                        for r in rows
                    ],
                }
                for facts, rows in results
            ],
        }
        options.json.write_text(json.dumps(data, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
