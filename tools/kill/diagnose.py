"""Kill `pynodes diagnose` and `pynodes repro run` again and again, and show that nothing is left.

    python3 tools/kill/diagnose.py [--times 100] [--repro] [--python P] [--seed N]

Each time a program that crashes, hangs, forks or is healthy is run under `pynodes diagnose` in a
folder of its own, and the command gets SIGTERM, SIGINT, SIGKILL or nothing at a random moment. With
--repro it is `pynodes repro run` of a case instead, all in turn; every other one is interrupted.
Afterwards no process may be left that was started (known by a mark in the environment, which all
inherit), no core file, no file outside pynodes-runs, none for temporary ones either.
Exit status 1 when something was left.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import diagnosing
import victims
from expected import VICTIMS

from pynodes.process import procfs
from pynodes.repro.catalog import find_program, load_cases

MARK = "PYNODES_KILL_TEST"
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, None)
GONE_S = 12.0  # for what was killed to be gone; one that is held at a crash has two seconds


def commands(kit: victims.Kit) -> list[list[str]]:
    broken = [diagnosing.program(kit, f"broken/{name}") for name in VICTIMS]
    healthy = [
        [kit.python, str(victims.VICTIMS / "healthy" / name)]
        for name in ("sleep.py", "spin.py", "forked_sleep.py", "subprocesses.py", "error.py")
    ]
    return [["diagnose", "--limit", "6", "--", *words] for words in broken + healthy]


def cases() -> list[list[str]]:
    return [["repro", "run", name, "--limit", "5"] for name in load_cases(find_program())]


def left_over(mark: str) -> dict[int, str]:
    left = filter(procfs.is_alive, procfs.marked(f"{MARK}={mark}"))
    return {pid: " ".join(procfs.command_of(pid)) for pid in left}


def once(words: list[str], number: signal.Signals | None, after_s: float, root: Path) -> list[str]:
    """What was left, as sentences."""
    mark = secrets.token_hex(8)
    folder = root / mark
    spare = folder.with_suffix(".tmp")
    folder.mkdir()
    spare.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "pynodes", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(spare), MARK: mark},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    if number is not None:
        with suppress(subprocess.TimeoutExpired):
            process.wait(after_s)
        process.send_signal(number)
    found = []
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        found.append("the command itself did not end")
    end = time.monotonic() + GONE_S
    while (left := left_over(mark)) and time.monotonic() < end:
        time.sleep(0.05)
    for pid, command in left.items():
        found.append(f"process {pid} is left: {command}")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    found += [f"file {p}" for p in folder.iterdir() if p.name not in ("pynodes-runs", "pynodes.db")]
    found += [f"temporary file {path}" for path in spare.iterdir()]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--repro", action="store_true")
    parser.add_argument("--python", default=sys.executable, help="to build the victims against")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=4)
    given = parser.parse_args()
    if not given.repro:
        diagnosing.demand_witness()
    dice = random.Random(given.seed)
    counts: Counter[str] = Counter()
    bad = 0
    before = set(Path().glob("core*"))
    with tempfile.TemporaryDirectory(prefix="pynodes-kill-") as name:
        root = Path(name)
        choices = cases() if given.repro else commands(victims.make_kit(given.python, root))
        jobs = []
        for turn in range(given.times):
            number = SIGNALS[dice.randrange(4)] if not given.repro or turn % 2 else None
            jobs.append((choices[turn % len(choices)], number, dice.uniform(0.02, 4.0)))
        with ThreadPoolExecutor(given.at_once) as pool:
            results = list(pool.map(lambda job: once(job[0], job[1], job[2], root), jobs))
    for (words, number, after_s), found in zip(jobs, results, strict=True):
        how = number.name if number is not None else "no signal"
        counts[how] += 1
        bad += bool(found)
        for line in found:
            print(f"{' '.join(words)}: {how} after {after_s:.2f} s: {line}")
    bad += bool(set(Path().glob("core*")) - before)
    by_signal = ", ".join(f"{count} {how}" for how, count in sorted(counts.items()))
    print(f"{given.times} commands ({by_signal}): something was left after {bad}")
    return bad != 0


if __name__ == "__main__":
    sys.exit(main())
