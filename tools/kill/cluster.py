"""Kill a cluster again and again, and show that nothing is lost, doubled or left running.

    python3 tools/kill/cluster.py [--workers 20] [--schedulers 2] [--clients 10] [--frames]

Starts a scheduler of Dask and four workers with their nanny in a folder of its own, then
`pynodes sweep --on`, or with --frames `pynodes render --frames --on`, and kills with SIGKILL, at
random moments and in random order: worker processes, which their nanny starts again; the
scheduler, which is then started anew with its workers; and the command itself, which is then given
again. At the end it is left to finish. Every run that was stored must stay as it was, each must be
there once, frames must be the files that one machine writes, and no host may run. Exit status 1
when something is not so.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from sweep import Rows, planned, stored

from pynodes.process import procfs

SCENE = ROOT / "scripts" / "scenes" / "tilings.py"
MARK = "PYNODES_KILL_CLUSTER"
SMALL = ["--size", "320x240", "--progress", "never"]
WORKERS = 4
FRAMES = 60
REPEAT = 20
LIMIT_S = 900.0


class Cluster:
    """A scheduler and workers of Dask, each worker with a nanny."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "scheduler.json"
        self._folder = folder
        self._parts: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self.file.unlink(missing_ok=True)
        self._begin("scheduler", "--port", "0", "--no-dashboard")
        wait_until(self.file.exists, "the scheduler has not started")
        self._begin("worker", "--nworkers", str(WORKERS), "--nthreads", "1", "--no-dashboard")

    def _begin(self, kind: str, *words: str) -> None:
        command = [sys.executable, "-m", "dask", kind, "--scheduler-file", str(self.file), *words]
        with (self._folder / f"{kind}.log").open("ab") as log:
            self._parts.append(
                subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log, env=marked())
            )

    def kill_worker(self, dice: random.Random) -> bool:
        """Kill the process of a worker, not its nanny."""
        found = [
            pid
            for pid in procfs.children_of(self._parts[1].pid)
            if "spawn_main" in command_of(pid) and "resource_tracker" not in command_of(pid)
        ]
        if found:
            with suppress(ProcessLookupError):
                os.kill(dice.choice(found), signal.SIGKILL)
        return bool(found)

    def kill_scheduler(self) -> None:
        """Kill it; workers end with it, and all are started again."""
        self._parts[0].kill()
        self.stop()
        self.start()

    def stop(self) -> None:
        for each in self._parts:
            each.terminate()
        for each in self._parts:
            try:
                each.wait(20)
            except subprocess.TimeoutExpired:
                each.kill()
                each.wait()
        self._parts.clear()


def marked() -> dict[str, str]:
    """An environment by which all that is started here is known."""
    return {**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", ""), MARK: str(os.getpid())}


def command_of(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    return ""


def hosts() -> list[int]:
    """Hosts that run for this test, and the processes that start them."""
    found = procfs.marked(f"{MARK}={os.getpid()}")
    return [pid for pid in found if any(w in command_of(pid) for w in ("pynodes-host", ".hand"))]


def wait_until(holds: object, what: str, limit_s: float = 240.0) -> None:
    assert callable(holds)
    end = time.monotonic() + limit_s
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def begin(folder: Path, cluster: Cluster, *, frames: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pynodes"]
    if frames:
        command += ["render", str(SCENE), "--frames", f"1..{FRAMES}", "-o", "there.png", "--resume"]
    else:
        command += ["sweep", str(SCENE), "-t", "1,2", "--repeat", str(REPEAT), "--warmup", "1"]
    command += [*SMALL, "--on", str(cluster.file)]
    log = (folder / "client.log").open("ab")
    with log:
        return subprocess.Popen(command, cwd=folder, env=marked(), stdout=log, stderr=log)


def found_in(folder: Path, *, frames: bool) -> Rows:
    """What is finished: runs, or frames with what tells each from another one."""
    if not frames:
        return stored(folder)
    return {
        (path.name, 0): (path.stat().st_size,)
        for path in folder.glob("there_*.png")
        if "partial" not in path.name
    }


def is_at_work(client: subprocess.Popen[bytes]) -> bool:
    """Hosts run for it, or it has ended already."""
    return bool(hosts()) or client.poll() is not None


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    cluster = Cluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def kill(folder: Path, kinds: list[str], dice: random.Random, *, frames: bool) -> int:
    bad = 0
    before: Rows = {}
    with running(folder) as cluster:
        client = begin(folder, cluster, frames=frames)
        most_s = 4.0  # longer where the machine is slow, so that something is done between kills
        for kind in kinds:
            with suppress(subprocess.TimeoutExpired):
                client.wait(dice.uniform(0.2, most_s))
            if client.poll() is not None:  # it is done, or has lost its scheduler
                client = begin(folder, cluster, frames=frames)
            wait_until(partial(is_at_work, client), "no host was started")
            if kind == "worker":
                cluster.kill_worker(dice)
            elif kind == "scheduler":
                cluster.kill_scheduler()
            else:
                client.kill()
                client.wait()
                wait_until(lambda: not hosts(), f"left running: {list(map(command_of, hosts()))}")
            found = found_in(folder, frames=frames)
            lost = [key for key in before if found.get(key) != before[key]]
            bad += len(lost)
            print(f"killed a {kind}: {len(found)} there, {len(lost)} lost or changed", flush=True)
            most_s = min(30.0, most_s * 1.5) if len(found) == len(before) else 4.0
            before = found
        if client.poll() is None:
            client.wait(LIMIT_S)
        status = 1
        for _ in range(3):
            client = begin(folder, cluster, frames=frames)
            status = client.wait(LIMIT_S)
            if status in (0, 1):
                break
        wait_until(lambda: not hosts(), f"left running: {list(map(command_of, hosts()))}")
    return bad + finished(folder, before, status, frames=frames)


def finished(folder: Path, before: Rows, status: int, *, frames: bool) -> int:
    """Complaints about what there is at the end."""
    found = found_in(folder, frames=frames)
    lost = [key for key in before if found.get(key) != before[key]]
    wanted = FRAMES if frames else planned(folder) * REPEAT
    print(f"left to finish: status {status}, {len(found)} of {wanted}, {len(lost)} lost or changed")
    left = [path for path in folder.rglob(".pynodes-*") if path.is_dir()]
    print(f"half-done files left: {len(left)}")
    differ = 0
    if frames:
        subprocess.run(
            [sys.executable, "-m", "pynodes", "render", str(SCENE), *SMALL]
            + ["--frames", f"1..{FRAMES}", "-o", "here.png", "-q"],
            cwd=folder,
            check=True,
        )
        for path in sorted(folder.glob("here_*.png")):
            there = path.with_name(path.name.replace("here", "there"))
            differ += not there.exists() or there.read_bytes() != path.read_bytes()
        print(f"frames that differ from those of one machine: {differ}")
    return len(lost) + len(left) + differ + (len(found) != wanted)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=20)
    parser.add_argument("--schedulers", type=int, default=2)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--frames", action="store_true", help="frames, not a sweep")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    dice = random.Random(given.seed)
    kinds = ["worker"] * given.workers + ["scheduler"] * given.schedulers
    kinds += ["client"] * given.clients
    dice.shuffle(kinds)
    with tempfile.TemporaryDirectory(prefix="pynodes-kill-") as folder:
        bad = 1
        try:
            bad = kill(Path(folder), kinds, dice, frames=given.frames)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            print(f"stopped: {error}")
        if bad:
            sys.stderr.write((Path(folder) / "client.log").read_text(errors="replace")[-4000:])
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
