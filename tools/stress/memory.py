#!/usr/bin/env python3
"""Let single allocations of the host fail, and see that each ends in a picture or in an error.

    python3 tools/stress/memory.py --host HOST [--points 1000] [--seed 1] [--any] [--case NAME]...
        [--at N]

Each case is run once to count its allocations, then again and again with one of them failing, the
points spread over the cases. Counted are those that the host asks for itself, with --any also those
of its libraries, Python included. --at runs the one point N of the cases named.

What is well: the picture of the case, or an error on stderr and one of the host's statuses. What is
not: a signal, a hang, another picture, an end without a word. An end by Python itself is listed
apart: an abort with "Fatal Python error", or a signal that gdb, on another run of the same point,
sees in libpython. Standard library and a C compiler; gdb when there is one. Linux.

Exit status: 0 all well; 1 not; 2 usage.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pynodes.replay.flat import flat
from pynodes.replay.replay import read_replay

SOURCE = Path(__file__).with_name("fail_alloc.c")
LIMIT_S = 60.0
PYTHONS = "Python's own"
STATUSES = {2, 10, 11, 12, 13, 14, 15, 16}
SMALL = ["--size", "24x16", "--samples", "1", "--tile", "8", "-t", "2"]
SCENE = ROOT / "scripts" / "scenes" / "stage.py"
NODES = ROOT / "scripts" / "scenes" / "tilings.py"
REPLAY = ROOT / "scripts" / "replays" / "world.toml"
SCRIPT = ROOT / "scripts" / "entry" / "move_lamp.py"


def cases(folder: Path) -> dict[str, list[str]]:
    """The host's arguments by the name of the case; the picture is OUT."""
    played = folder / "world.replay"
    played.write_text(flat(read_replay(REPLAY)))
    trace = folder / "trace.json"
    out = ["--out", "OUT"]
    return {
        "shared": [*SMALL, *out, "--engine", "shared", str(NODES)],
        "isolated": [*SMALL, *out, "--engine", "isolated", str(NODES)],
        "process": [*SMALL, *out, "--engine", "process", str(NODES)],
        "mesh": [*SMALL, *out, "--engine", "shared", str(ROOT / "scripts/scenes/soapfilm.py")],
        "script": [*SMALL, *out, "--script", str(SCRIPT), "--trace", str(trace), str(SCENE)],
        "beside": [*SMALL, "--replay", str(played), "--beside", str(SCENE)],
        "replay": ["--replay", str(played), str(SCENE)],
        "nodes": ["--nodes"],
    }


class Bench:
    """One case on one host, in a folder of its own."""

    def __init__(self, host: str, arguments: list[str], folder: Path, own: bool) -> None:
        self.page = folder / "page"
        self.out = folder / "out.npy"
        self.command = [host, *[str(self.out) if a == "OUT" else a for a in arguments]]
        self.environment = {
            **os.environ,
            "LD_PRELOAD": str(folder.parent / "fail_alloc.so"),
            "FAIL_PAGE": str(self.page),
            **({"FAIL_OWN": "1"} if own else {}),
        }
        self.folder = folder

    def died_in_python(self, fails: int) -> bool:
        """Run a point again under gdb: is it a function of libpython in which it dies?"""
        if shutil.which("gdb") is None:
            return False
        self.page.write_bytes(struct.pack("=QQ", 0, fails))
        names = ("LD_PRELOAD", "FAIL_PAGE", "FAIL_OWN")
        given = [
            f"set environment {n} {self.environment[n]}" for n in names if n in self.environment
        ]
        steps = ["set startup-with-shell off", *given, "run", "info symbol $pc"]
        command = ["gdb", "-q", "-batch", *[w for step in steps for w in ("-ex", step)], "--args"]
        found = subprocess.run(
            [*command, *self.command],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=4 * LIMIT_S,
            check=False,
        )
        last = found.stdout.strip().splitlines()[-1:]
        return bool(last) and "libpython" in last[0]

    def run(self, fails: int) -> tuple[int | None, str, str, int]:
        """Status (None: a hang), stderr, sha256 of picture and stdout, and the allocations."""
        self.page.write_bytes(struct.pack("=QQ", 0, fails))
        self.out.unlink(missing_ok=True)
        with subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            status: int | None
            try:
                stdout, stderr = process.communicate(timeout=LIMIT_S)
                status = process.returncode
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                stdout, stderr = process.communicate()
                status = None
        picture = self.out.read_bytes() if self.out.exists() else b""
        count = struct.unpack("=QQ", self.page.read_bytes())[0]
        sha = hashlib.sha256(picture + stdout).hexdigest()
        return status, stderr.decode(errors="replace"), sha, count


def judge(status: int | None, stderr: str, sha: str, right: str) -> str:
    """What became of a run: "picture", "error", "Python's own", or what is wrong with it."""
    if status is None:
        return "HANG"
    if status == 0:
        return "picture" if sha == right else "WRONG PICTURE"
    if status == -signal.SIGABRT and "Fatal Python error" in stderr:
        return PYTHONS
    if status < 0:
        return f"SIGNAL {-status}"
    if status not in STATUSES:
        return f"STATUS {status}"
    return "error" if "error: " in stderr else "SILENT"


def build(folder: Path) -> None:
    """Compile the library that lets allocations fail."""
    compiler = shlex.split(os.environ.get("CC", "cc"))
    library = str(folder / "fail_alloc.so")
    command = [*compiler, "-O1", "-shared", "-fPIC", "-o", library, str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", required=True)
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--any", action="store_true")
    parser.add_argument("--case", action="append", default=[])
    parser.add_argument("--at", type=int)
    options = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory(prefix="pynodes-memory-") as name:
        root = Path(name)
        build(root)
        every = cases(root)
        chosen = options.case or list(every)
        if unknown := set(chosen) - set(every):
            parser.error(f"no case {', '.join(unknown)}; there are: {', '.join(every)}")
        chance = random.Random(options.seed)
        for case in chosen:
            folder = root / case
            folder.mkdir()
            bench = Bench(options.host, every[case], folder, not options.any)
            status, stderr, right, count = bench.run(0)
            if status != 0:
                print(f"{case:9} left out: {stderr.splitlines()[0] if stderr else status}")
                continue
            share = min(options.points // len(chosen), count)
            points = [options.at] if options.at else chance.sample(range(1, count + 1), share)
            seen: Counter[str] = Counter()
            for at in sorted(points):
                status, stderr, sha, _ = bench.run(at)
                verdict = judge(status, stderr, sha, right)
                if verdict.startswith("SIGNAL") and bench.died_in_python(at):
                    verdict = PYTHONS
                seen[verdict] += 1
                if verdict not in ("picture", "error"):
                    last = stderr.strip().splitlines()[-8:] if stderr.strip() else ["(no word)"]
                    print(f"  {case} --at {at}: {verdict}, status {status}")
                    print("".join(f"    {line}\n" for line in last), end="", flush=True)
                    bad += verdict != PYTHONS
            tally = ", ".join(f"{n} {verdict}" for verdict, n in seen.most_common())
            print(f"{case:9} {len(points)} of {count} allocations: {tally}", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
