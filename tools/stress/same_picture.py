#!/usr/bin/env python3
"""Render every bundled scene in every way there is, and see that it is one picture.

    python3 tools/stress/same_picture.py --host HOST [--host HOST]... [--size 64x48]
        [--scene FILE]...

Per host and scene: each choice of engine, attach policy, order, tile size and thread count alone,
then as many renders as it takes that every two choices meet once (a pairwise cover). All hosts must
agree as well. What a Python cannot do (engine `isolated` on 3.11; `fresh` with it) is left out.
Standard library only.

Exit status: 0 one picture a scene; 1 not; 2 usage; 130 interrupted.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hosts import ROOT, run
from stress import complaints_of

from pynodes.options.engines import ENGINE_NAMES

SCENES = sorted((ROOT / "scripts" / "scenes").glob("*.py"))
AXES: dict[str, tuple[str, ...]] = {
    "--engine": ENGINE_NAMES,
    "--attach": ("tile", "fresh", "call", "row", "thread"),
    "--order": ("hilbert", "scanline", "spiral"),
    "--tile": ("32", "8", "256"),
    "-t": ("1", "2", "8", "64"),
    "--turnstile": ("on", "off"),
    "--switch-interval": ("0.005", "1e-6"),
}
Choice = tuple[str, ...]


def is_possible(choice: Choice, engines: tuple[str, ...]) -> bool:
    engine, attach = choice[0], choice[1]
    return engine in engines and not (engine == "isolated" and attach == "fresh")


def cover(engines: tuple[str, ...]) -> list[Choice]:
    """Each choice alone with the defaults, then greedily until every possible pair was met."""
    every = [choice for choice in itertools.product(*AXES.values()) if is_possible(choice, engines)]

    def pairs(choice: Choice) -> set[tuple[int, str, int, str]]:
        return {
            (i, choice[i], j, choice[j]) for i, j in itertools.combinations(range(len(choice)), 2)
        }

    default = tuple(values[0] for values in AXES.values())
    chosen = [default]
    for i, values in enumerate(AXES.values()):
        alone = [(*default[:i], value, *default[i + 1 :]) for value in values[1:]]
        chosen += [choice for choice in alone if is_possible(choice, engines)]
    missing = set().union(*map(pairs, every)).difference(*map(pairs, chosen))
    while missing:
        best = max(every, key=lambda choice: len(pairs(choice) & missing))
        chosen.append(best)
        missing -= pairs(best)
    return chosen


def engines_of(host: Path, scratch: Path, limit_s: float) -> tuple[str, ...]:
    scene = str(ROOT / "scripts" / "bench" / "bench_empty.py")
    out = str(scratch / "probe.npy")
    command = [str(host), "--size", "8x8", "--out", out, scene]
    return tuple(
        name for name in ENGINE_NAMES if run([*command, "--engine", name], limit_s).status == 0
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="same_picture.py", description=__doc__.splitlines()[0])
    parser.add_argument("--host", type=Path, action="append", required=True)
    parser.add_argument("--scene", type=Path, action="append", help="default: the bundled ones")
    parser.add_argument("--size", default="64x48")
    parser.add_argument("--limit", type=float, default=120, help="seconds until a run is hung")
    asked = parser.parse_args()
    for host in asked.host:
        if not host.exists():
            parser.error(f"there is no {host}; `python3 tools/dev.py host` prints where one is")
    pictures: dict[str, set[str]] = defaultdict(set)
    good = True
    with tempfile.TemporaryDirectory(prefix="pynodes-same-") as folder:
        scratch = Path(folder)
        for host in map(Path.absolute, asked.host):
            engines = engines_of(host, scratch, asked.limit)
            choices = cover(engines)
            for scene in map(Path.absolute, asked.scene or SCENES):
                for choice in choices:
                    flags = [word for pair in zip(AXES, choice, strict=True) for word in pair]
                    out = scratch / "out.npy"
                    out.unlink(missing_ok=True)
                    size = ["--size", asked.size, "--samples", "2", "--out", str(out)]
                    ended = run([str(host), *flags, *size, str(scene)], asked.limit)
                    found = complaints_of(ended, 0)
                    pictures[scene.stem].add(ended.picture)
                    if found or len(pictures[scene.stem]) > 1:
                        good = False
                        print(f"{host} {scene.stem} {' '.join(flags)}: {found or 'other picture'}")
                        print(ended.text[-2000:])
                sums = " ".join(sorted(sum_[:12] for sum_ in pictures[scene.stem]))
                what = f"{len(choices)} renders with {', '.join(engines)}"
                print(f"{host}: {scene.stem}: {what}; sha256 so far: {sums}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
