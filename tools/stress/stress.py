#!/usr/bin/env python3
"""Render over and over with one host, and see that it never hangs, dies, or gives another picture.

    python3 tools/stress/stress.py renders --host HOST [--runs 500] [-t 8] [--engine E]...
    python3 tools/stress/stress.py errors  --host HOST [--runs 300] [-t 8] [--engine E]...
    python3 tools/stress/stress.py memory  --host HOST [--frames 500] [-t 8] [--engine E]...

`renders` takes the stress scene and compares every picture with the one of a single thread.
`errors` takes nodes that raise, exit and recurse for ever: status 11, one error reported, every
tile there. `memory` renders a series in one process and notes what is resident on the way. A run
that does not end within the limit is a hang: its Python stacks are printed, then it is killed.
After each run no process that it started may be left.

Exit status: 0 all as it must be; 1 something was not; 2 usage; 130 interrupted.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from failing import FAILURES, write_failing
from hosts import ROOT, Ended, Event, run

from pynodes.options.engines import ENGINE_NAMES

SCENE = ROOT / "scripts" / "scenes" / "stress.py"


@dataclass
class Tally:
    """What came of many runs of one kind."""

    name: str
    walls: list[float] = field(default_factory=list)
    complaints: Counter[str] = field(default_factory=Counter)
    first: str = ""  # output of the first run that was not as it must be

    def add(self, ended: Ended, complaints: Sequence[str]) -> None:
        self.walls.append(ended.wall_s)
        self.complaints.update(complaints)
        if complaints and not self.first:
            self.first = f"{', '.join(complaints)}\n{ended.text[-4000:]}"

    def show(self) -> None:
        found = ", ".join(f"{what}: {n}" for what, n in self.complaints.items()) or "all good"
        median = statistics.median(self.walls)
        print(
            f"{self.name:<34} {len(self.walls):>4} runs  median {median:6.3f} s"
            f"  most {max(self.walls):6.3f} s  {found}",
            flush=True,
        )
        if self.first:
            print(self.first, flush=True)


def complaints_of(ended: Ended, status: int) -> list[str]:
    """What is wrong with any run, whatever it was to show."""
    if ended.status is None:
        return ["hang"]
    found = []
    if ended.status != status:
        found.append(f"status {ended.status}")
    if ended.left:
        found.append("process left behind")
    if len(ended.of("bye")) != 1:
        found.append("no bye")
    return found


def base_command(asked: argparse.Namespace, engine: str, scratch: Path) -> list[str]:
    return [
        str(asked.host),
        *("--engine", engine, "-t", str(asked.threads), "--size", asked.size),
        *("--samples", "1", "--tile", str(asked.tile), "--out", str(scratch / "out.npy")),
    ]


def repeat(
    asked: argparse.Namespace,
    scratch: Path,
    scene: Path,
    status: int,
    wrong_with: Callable[[Ended], Iterable[str]],
) -> bool:
    """Render a scene over and over with each engine; whether all was as it must be."""
    good = True
    for engine in asked.engine:
        tally = Tally(f"{scene.stem} {engine} -t {asked.threads}")
        for _ in range(asked.runs):
            ended = run([*base_command(asked, engine, scratch), str(scene)], asked.limit)
            tally.add(ended, [*complaints_of(ended, status), *wrong_with(ended)])
        tally.show()
        good = good and not tally.complaints
    return good


def renders(asked: argparse.Namespace, scratch: Path) -> bool:
    alone = [*base_command(asked, "shared", scratch), "-t", "1", str(asked.scene)]
    reference = run(alone, asked.limit)
    if reference.status != 0:
        print(f"a single thread does not render: status {reference.status}\n{reference.text}")
        return False

    def wrong_with(ended: Ended) -> Iterator[str]:
        if ended.picture != reference.picture:
            yield "another picture"

    return repeat(asked, scratch, asked.scene, 0, wrong_with)


def errors(asked: argparse.Namespace, scratch: Path) -> bool:
    def wrong_with(ended: Ended) -> Iterator[str]:
        counts = [(f["tiles_done"] - f["tiles"], f["node_errors"]) for f in ended.of("frame")]
        if counts != [(0, 1)] or len(ended.of("error")) != 1:
            yield "not every tile, or not one error counted and reported"

    scenes = [write_failing(scratch, name) for name in FAILURES]
    good = [repeat(asked, scratch, scene, 11, wrong_with) for scene in scenes]
    return all(good)


def resident_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def memory(asked: argparse.Namespace, scratch: Path) -> bool:
    good = True
    marks = sorted({max(1, asked.frames * part // 10) for part in (1, 2, 5, 8, 10)})
    for engine in asked.engine:
        seen: dict[int, int] = {}

        def note(pid: int, event: Event, seen: dict[int, int] = seen) -> None:
            # A scene event: the frames before it are done and the process is certainly there.
            if event.get("ev") == "scene" and event["frame"] in marks:
                seen[event["frame"]] = resident_kib(pid)

        command = base_command(asked, engine, scratch)
        place = command.index("--out")
        del command[place : place + 2]
        frames = ["--frames", f"1..{asked.frames}", str(asked.scene)]
        ended = run([*command, *frames], asked.limit * asked.frames, note)
        found = complaints_of(ended, 0)
        sizes = ", ".join(f"frame {frame}: {kib} KiB" for frame, kib in sorted(seen.items()))
        peak = [event["peak_kib"] for event in ended.of("bye")]
        what = f"{asked.scene.stem} {engine} -t {asked.threads}, {ended.wall_s:.1f} s"
        print(f"{what}: {sizes}, peak {peak} {', '.join(found)}", flush=True)
        good = good and not found
    return good


def main() -> int:
    parser = argparse.ArgumentParser(prog="stress.py", description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("renders", "errors", "memory"))
    parser.add_argument("--host", type=Path, required=True, help="the pynodes-host to run")
    parser.add_argument("--engine", action="append", choices=ENGINE_NAMES, help="default: shared")
    parser.add_argument("-t", "--threads", type=int, default=8)
    parser.add_argument("--runs", type=int, help="default: 500 renders, 300 of each error")
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--scene", type=Path, default=SCENE)
    parser.add_argument("--size", default="96x72")
    parser.add_argument("--tile", type=int, default=16)
    parser.add_argument(
        "--limit", type=float, default=60, help="seconds until a run counts as hung"
    )
    asked = parser.parse_args()
    if not asked.host.exists():
        parser.error(f"there is no {asked.host}; `python3 tools/dev.py host` prints where one is")
    asked.host = asked.host.absolute()
    asked.scene = asked.scene.absolute()
    asked.engine = asked.engine or ["shared"]
    asked.runs = asked.runs or (500 if asked.what == "renders" else 300)
    work = {"renders": renders, "errors": errors, "memory": memory}[asked.what]
    try:
        with tempfile.TemporaryDirectory(prefix="pynodes-stress-") as folder:
            return 0 if work(asked, Path(folder)) else 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
