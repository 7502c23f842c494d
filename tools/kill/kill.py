"""Kill commands, hosts and workers at random moments, and show that nothing is lost or left.

    python3 tools/kill/kill.py [--times 100] [--seed N] [--at-once N] [--python P]

Each time a render (of each engine, one frame or several, with a timeline), a replay beside a
render, a sweep, a diagnosis or a fault runs in a folder of its own, and at a random moment SIGKILL
goes to the command, to its host, to one of its workers, to command and host, or to all that there
is. All that was started has to be gone soon after. Then the same command, let alone, has to find
the place in order; after it nothing may be there but results: no process, no file, no folder, no
shared memory. What a sweep had stored has to be there still. Exit status 1 when something was lost
or left.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import diagnosing
import victims
from sweep import stored

from pynodes.process import procfs

SCENE = str(ROOT / "scripts" / "scenes" / "tilings.py")
REPLAY = str(ROOT / "scripts" / "replays" / "everything.toml")
STAGE = str(ROOT / "scripts" / "scenes" / "stage.py")
SMALL = ("--size", "160x120", "--samples", "2")
TARGETS = ("command", "host", "worker", "command and host", "all")
RESULTS = {"a.png", "a_0001.png", "a_0002.png", "a_0003.png", "t.svg", "pynodes.db", "pynodes-runs"}
MARK = "PYNODES_KILL_TEST"
GONE_S = 15.0  # a program that is held at its crash has two seconds
SHARED = Path("/dev/shm")


@dataclass
class Attempt:
    """One command that is killed; `after_s` of its time."""

    words: list[str]
    target: str
    after_s: float
    root: Path

    def __post_init__(self) -> None:
        self.mark = secrets.token_hex(8)
        self.folder = self.root / self.mark
        self.spare = self.folder.with_suffix(".tmp")
        self.folder.mkdir()
        self.spare.mkdir()
        self.hit = False

    def problems(self) -> list[str]:
        """What was lost or left, as sentences."""
        command = self._start()
        with suppress(subprocess.TimeoutExpired):
            command.wait(self.after_s)
        started = [command.pid, *procfs.children_of(command.pid)]
        self._kill(started)
        found = self._ended(command, started)
        before = self._stored()
        again = self._start()
        found += self._ended(again, [], limit_s=120.0)
        lost = before.keys() - self._stored().keys()
        found += [f"a run is lost: {key}" for key in lost]
        found += [f"it left {path}" for path in self.folder.iterdir() if path.name not in RESULTS]
        found += [f"it left {path}" for path in self.folder.rglob(".pynodes-*")]
        found += [f"it left {path}" for path in self.spare.iterdir()]
        runs = self.folder / "pynodes-runs"
        if runs.is_dir() and not list(runs.iterdir()):
            found.append("it left an empty pynodes-runs")
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "pynodes", *self.words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(self.spare), MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _kill(self, started: list[int]) -> None:
        hosts = [pid for pid in started if "pynodes-host" in " ".join(procfs.command_of(pid)[:1])]
        chosen = {
            "command": started[:1],
            "host": hosts[:1],
            "worker": hosts[-1:],
            "command and host": [*started[:1], *hosts[:1]],
            "all": started,
        }[self.target]
        for pid in chosen:
            with suppress(ProcessLookupError):
                self.hit = self.hit or procfs.is_alive(pid)
                os.kill(pid, signal.SIGKILL)

    def _ended(
        self, command: subprocess.Popen[bytes], started: list[int], limit_s: float = 60.0
    ) -> list[str]:
        """Wait for the command, then for all that it started; what is left is ended here."""
        found = []
        try:
            command.wait(limit_s)
        except subprocess.TimeoutExpired:
            found.append("the command did not end")
            command.kill()
            command.wait()

        def left() -> set[int]:
            known = {*started, *procfs.marked(f"{MARK}={self.mark}")}
            return {pid for pid in known if pid != command.pid and procfs.is_alive(pid)}

        end = time.monotonic() + GONE_S
        while left() and time.monotonic() < end:
            time.sleep(0.02)
        for pid in left():
            found.append(f"process {pid} is left: {' '.join(procfs.command_of(pid))}")
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def _stored(self) -> dict[tuple[str, int], tuple[object, ...]]:
        return stored(self.folder) if self.words[0] == "sweep" else {}


def commands(kit: victims.Kit) -> list[list[str]]:
    """What is killed, in turn."""
    engines = [["-t", "2", "--engine", engine] for engine in ("shared", "process", "auto")]
    render = ["render", SCENE, *SMALL, "-o", "a.png"]
    series = [*render, "--frames", "1..3"]
    broken = ("double_release.c", "join_attached.c")
    programs = [diagnosing.program(kit, f"broken/{name}") for name in broken]
    return [
        *([*render, *engine] for engine in engines),
        [*series, "-t", "2", "--trace", "t.svg"],
        [*series, "-t", "3", "--engine", "process"],
        ["replay", REPLAY, "--render", STAGE, "-D", "around=Box", "--size", "64x48", "-t", "2"],
        ["sweep", SCENE, "--size", "48x36", "--samples", "1", "-t", "1,2", "--repeat", "3"],
        *(["diagnose", "--limit", "4", "--", *program] for program in programs),
        ["repro", "run", "join-attached", "--limit", "4"],
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--python", default=sys.executable, help="to build the victims against")
    given = parser.parse_args()
    diagnosing.demand_witness()
    dice = random.Random(given.seed)
    shared = set(SHARED.iterdir())
    with tempfile.TemporaryDirectory(prefix="pynodes-kill-") as name:
        root = Path(name)
        choices = commands(victims.make_kit(given.python, root))
        attempts = []
        for turn in range(given.times):
            words = choices[turn % len(choices)]
            attempts.append(Attempt(words, dice.choice(TARGETS), dice.uniform(0.1, 3.0), root))
        work: Callable[[Attempt], list[str]] = Attempt.problems
        with ThreadPoolExecutor(given.at_once) as pool:
            results = list(pool.map(work, attempts))
    bad = 0
    for attempt, found in zip(attempts, results, strict=True):
        bad += bool(found)
        for line in found:
            shown = " ".join(attempt.words)
            print(f"{shown}: {attempt.target} killed after {attempt.after_s:.2f} s: {line}")
    for path in set(SHARED.iterdir()) - shared:
        print(f"left in shared memory: {path}")
        bad += 1
    hit = Counter(attempt.target for attempt in attempts if attempt.hit)
    by_target = ", ".join(f"{count} {target}" for target, count in sorted(hit.items()))
    print(f"{sum(hit.values())} of {given.times} kills hit ({by_target}); {bad} with a problem")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
