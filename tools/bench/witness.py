#!/usr/bin/env python3
"""Measure what the witness costs a program, as ratios taken in one run.

    .venv/bin/python tools/bench/witness.py [--rounds N] [--only ROW,...] [--library FILE]

Each round runs every program plain and with the witness, one right after the other and in turns
first; a ratio is of two neighbours. What is compared is the processor time that a program itself
says its loop took, so that neither starts nor other users of the machine count. lxml and pybind11
are measured where this Python, or PYTHONPATH, has them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from floors import LIMIT_S, HostError, machine, render

from pynodes.diagnose import witness
from pynodes.diagnose.collect.notes import Notes

FOLDER = Path(__file__).resolve().parent / "witnessed"
INSTALLED = Path(sysconfig.get_path("platlib")) / "pynodes" / "diagnose" / witness.NAME
SCENE = ("bench_empty.py", "--size", "512x512", "--samples", "1", "-t", "1", "--engine", "shared")

# A row is a name and how many times as long it may take; 0: to look at only.
GOALS = {
    "render-tile": 1.1,
    "render-call": 2.0,
    "render-fresh": 1.3,
    "sqlite3": 1.3,
    "lxml": 1.3,
    "decoder": 1.5,
    "numpy": 1.05,
    "pybind11": 1.5,
    "decoder-fresh": 0,
    "save-restore": 0,
    "ensure-kept": 0,
    "ensure-nested": 0,
    "call": 0,
}

Seconds = dict[str, float]
Program = Callable[[dict[str, str]], Seconds]


@dataclass
class Row:
    plain: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)


def said_by(command: list[str], environ: dict[str, str]) -> Seconds:
    """The lines `NAME SECONDS` that a program prints."""
    done = subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, check=False,
        timeout=LIMIT_S,
    )  # fmt: skip
    if done.returncode != 0:
        raise HostError(f"{' '.join(command)}\nstatus {done.returncode}: {done.stderr}")
    lines = (line.split() for line in done.stdout.splitlines())
    return {name: float(seconds) for name, seconds in lines if seconds != "-"}


def rendered(host: Path, attach: str, environ: dict[str, str]) -> Seconds:
    """Seconds of a frame on one thread."""
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        frame = render(host, *SCENE, "--attach", attach).of("frame")[-1]
    finally:
        os.environ.clear()
        os.environ.update(before)
    return {f"render-{attach}": float(frame["cpu_ns"]) / 1e9}


def built(folder: Path) -> Iterator[tuple[Program, str]]:
    """The programs in C and C++, and what is in the way of those that cannot be built."""
    get = sysconfig.get_config_var
    include, library = sysconfig.get_path("include"), f"python{get('LDVERSION')}"
    link = [f"-L{get('LIBDIR')}", f"-Wl,-rpath,{get('LIBDIR')}", f"-l{library}", "-pthread"]
    pairs = str(folder / "pairs")
    source = str(FOLDER / "pairs.c")
    done = subprocess.run(
        ["cc", "-O2", f"-I{include}", source, "-o", pairs, *link], capture_output=True, text=True
    )
    yield partial(said_by, [pairs]), done.stderr
    try:
        import pybind11  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        return
    module = str(folder / f"pybind11_loop{get('EXT_SUFFIX')}")
    flags = ["-O2", "-shared", "-fPIC", "-std=c++17", f"-I{include}", f"-I{pybind11.get_include()}"]
    done = subprocess.run(
        ["c++", *flags, str(FOLDER / "pybind11_loop.cpp"), "-o", module],
        capture_output=True, text=True,
    )  # fmt: skip
    yield scripted("pybind11", folder), done.stderr


def scripted(name: str, folder: Path) -> Program:
    paths = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, str(FOLDER / "scripts.py"), name]
    return lambda environ: said_by(command, {"PYTHONPATH": paths} | environ)


def programs(folder: Path, only: set[str]) -> list[Program]:
    """Those that give a row that is wanted."""
    host = Path(sys.executable).with_name("pynodes-host")
    made: list[Program] = [
        partial(rendered, host, attach)
        for attach in ("tile", "call", "fresh")
        if not only or f"render-{attach}" in only
    ]
    made += [scripted(n, folder) for n in ("sqlite3", "lxml", "numpy") if not only or n in only]
    for program, problem in built(folder):
        if problem:
            print(f"a program is left out: {problem}", file=sys.stderr)
        else:
            made.append(program)
    return made


def measure(made: list[Program], library: Path, rounds: int) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
        for program in made:
            with closing(Notes()) as notes:
                watched = witness.environment(library, notes.path)
                if number % 2:
                    seen, plain = program(watched), program({})
                else:
                    plain, seen = program({}), program(watched)
                if not notes.loaded:
                    raise HostError(f"the witness did not come up: {library}")
            for name, seconds in plain.items():
                row = rows.setdefault(name, Row())
                row.plain.append(seconds)
                row.ratios.append(seen[name] / seconds)
    return rows


def table(rows: dict[str, Row]) -> Iterator[str]:
    yield "| program | plain, s | with the witness, times | least to most | goal |"
    yield "|---|---|---|---|---|"
    for name, goal in GOALS.items():
        if name in rows:
            row, limit = rows[name], f"{goal:g}" if goal else ""
            edges = f"{min(row.ratios):.2f} to {max(row.ratios):.2f}"
            middle = f"{median(row.plain):.3f} | {median(row.ratios):.2f}"
            yield f"| {name} | {middle} | {edges} | {limit} |"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="rows, with commas between")
    parser.add_argument("--library", type=Path, default=INSTALLED, help="another witness")
    options = parser.parse_args()
    if not options.library.is_file():
        print("there is no witness; help: python3 tools/dev.py render", file=sys.stderr)
        return 2
    only = set(filter(None, options.only.split(",")))
    with tempfile.TemporaryDirectory(prefix="pynodes-bench-") as folder:
        rows = measure(programs(Path(folder), only), options.library, options.rounds)
    print(f"{machine()}, Python {sys.version.split()[0]}, {options.rounds} rounds")
    print(*table(rows), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
