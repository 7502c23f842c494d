"""Kill a sweep again and again, and show that nothing that was stored is lost or doubled.

    python3 tools/kill/sweep.py [--times 50] [--host] [-- SWEEP_ARGUMENTS...]

Starts `pynodes sweep` in a folder of its own, kills it with SIGKILL after a random time, looks at
the store, and starts the same command again; at the end it is left to finish. With --host the host
programs are killed instead, at random moments, and the sweep must go on by itself with verdict
crash. Prints what it saw; exit status 1 when something was lost, doubled or not finished.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pynodes.process import procfs

SCENE = ROOT / "scripts" / "scenes" / "tilings.py"
ARGUMENTS = ["-t", "1,2,4", "--engine", "all", "--size", "96x72", "--samples", "1"]
LIMIT_S = 600.0

Rows = dict[tuple[str, int], tuple[object, ...]]


def stored(folder: Path) -> Rows:
    """Every measured run by cell and round; fails on one that is there twice."""
    path = folder / "pynodes.db"
    if not path.exists():
        return {}
    # Opened for writing: what a killed process left half-written is taken back first.
    with closing(sqlite3.connect(path, timeout=60)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'sample'").fetchone():
            return {}
        assert db.execute("SELECT count(*) FROM sweep").fetchone()[0] <= 1, "a second sweep"
        rows: Rows = {}
        for key, number, *rest in db.execute(
            "SELECT cell.key, round, sample.id, begun, verdict, wall_s, length(record) FROM sample"
            " JOIN cell ON cell.id = sample.cell WHERE round > 0"
        ):
            assert (key, number) not in rows, f"{key} round {number} is stored twice"
            rows[key, number] = tuple(rest)
        return rows


def planned(folder: Path) -> int:
    with closing(sqlite3.connect(folder / "pynodes.db")) as db:
        return int(db.execute("SELECT count(*) FROM cell").fetchone()[0])


def start(folder: Path, arguments: list[str], repeat: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pynodes", "sweep", str(SCENE), *arguments]
    return subprocess.Popen(
        [*command, "--repeat", str(repeat), "--progress", "never"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def kill_sweep(
    folder: Path, arguments: list[str], times: int, repeat: int, dice: random.Random
) -> int:
    before: Rows = {}
    most_s = 1.5  # longer where the machine is slow, so that kills fall into the runs too
    for number in range(1, times + 1):
        running = start(folder, arguments, repeat)
        with suppress(subprocess.TimeoutExpired):
            running.wait(dice.uniform(0.05, most_s))
        running.kill()
        running.communicate()
        found = stored(folder)
        lost = [key for key in before if found.get(key) != before[key]]
        if lost:
            print(f"kill {number}: {len(lost)} stored runs are gone or changed: {lost}")
            return 1
        print(f"kill {number}: {len(found)} runs stored, {len(found) - len(before)} new")
        most_s = min(20.0, most_s * 1.25) if len(found) == len(before) else max(1.5, most_s * 0.9)
        before = found
    return finish(folder, arguments, repeat, before)


def finish(folder: Path, arguments: list[str], repeat: int, before: Rows) -> int:
    running = start(folder, arguments, repeat)
    _, err = running.communicate(timeout=LIMIT_S)
    found, cells = stored(folder), planned(folder)
    lost = [key for key in before if found.get(key) != before[key]]
    print(f"left to finish: status {running.returncode}, {len(found)} of {cells * repeat} runs")
    left = [
        path for path in folder.rglob("*") if path.name.startswith(".") or path.suffix == ".npy"
    ]
    print(f"half-done files left: {len(left)}")
    if running.returncode or lost or len(found) != cells * repeat or left:
        sys.stderr.buffer.write(err)
        return 1
    return 0


def kill_hosts(
    folder: Path, arguments: list[str], times: int, repeat: int, dice: random.Random
) -> int:
    running = start(folder, arguments, repeat)
    killed = 0
    end = time.monotonic() + LIMIT_S
    while running.poll() is None and time.monotonic() < end:
        with suppress(subprocess.TimeoutExpired):
            running.wait(dice.uniform(0.0, 0.6))
        hosts = list(procfs.children_of(running.pid)) if killed < times else []
        for pid in hosts:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
    _, err = running.communicate(timeout=60)
    found = stored(folder)
    with closing(sqlite3.connect(folder / "pynodes.db")) as db:
        verdicts = Counter(row[0] for row in db.execute("SELECT verdict FROM sample"))
    cells = planned(folder)
    print(
        f"{killed} hosts killed; status {running.returncode}, {len(found)} of {cells * repeat} runs"
    )
    print(f"verdicts, warm-ups too: {dict(verdicts)}")
    if len(found) != cells * repeat or running.returncode != 1 or not verdicts["crash"]:
        sys.stderr.buffer.write(err)
        return 1
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host", action="store_true", help="kill hosts, not the sweep")
    parser.add_argument("arguments", nargs="*", help=f"for the sweep, after --; {ARGUMENTS}")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    work = kill_hosts if given.host else kill_sweep
    with tempfile.TemporaryDirectory(prefix="pynodes-kill-") as folder:
        return work(Path(folder), given.arguments or ARGUMENTS, given.times, given.repeat, dice)


if __name__ == "__main__":
    sys.exit(main())
