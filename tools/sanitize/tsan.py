#!/usr/bin/env python3
"""Run the host under ThreadSanitizer, on a free-threaded CPython that was built with it.

    python3 tools/sanitize/tsan.py --source CPYTHON --prefix DIR   build it into DIR first (once)
    python3 tools/sanitize/tsan.py --prefix DIR                    use the one in DIR
    python3 tools/sanitize/tsan.py --prefix DIR --quick            one scene an engine and policy

CPYTHON is the source tree of CPython 3.13 or newer. Both must be built with ThreadSanitizer, or it
would not see what happens inside the other. The host's build goes to build/tsan; meson is taken
from ./.venv (`tools/dev.py` makes it) or PATH. What is passed over stands in tsan.supp beside this,
each line with its reason. Any other report fails, as does a wrong exit status.

Exit status: 0 nothing found; 1 something was; 2 usage; 3 something is missing; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCENES = ROOT / "scripts" / "scenes"
SUPPRESSIONS = Path(__file__).with_name("tsan.supp")
REPORT_STATUS = 66
LIMIT_S = 900
POLICIES = ("fresh", "call", "row", "tile", "thread")
SUMMARY = re.compile(r"^SUMMARY: ThreadSanitizer: (.*)$", re.MULTILINE)
EXIT_MISSING = 3

FAILING = """\
from pynodes.nodes import Node, Socket


class Fails(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        x, y, z = self.input.Coords
        if x > 0.3:
            raise ValueError(x)
        self.output.Color = (x, y, z, 1.0)
"""
# Keeps what belongs to one thread where another one can look at it.
NOSY = """\
import threading

from pynodes.nodes import Node, Socket

KEPT = []


def look():
    for views in list(KEPT):
        for read in (lambda v: v[0].Coords, lambda v: v[1].Color, lambda v: v[2].point):
            try:
                read(views)
            except RuntimeError:
                pass


class Nosy(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        x, y = self.shi.pixel
        if x % 8 == 0 and y % 8 == 0:
            KEPT.append((self.input, self.output, self.shi))
            thread = threading.Thread(target=look)
            thread.start()
            self.output.Color = (0.5, self.shi.random(), 0.5, 1.0)
            thread.join()
        self.output.Color = (1, 1, 1, 1)
"""


@dataclass(frozen=True)
class Case:
    """One run of the host."""

    name: str
    arguments: tuple[str, ...]
    status: int = 0


def cases(scratch: Path, quick: bool) -> Iterator[Case]:
    # `left`: no daemon thread is left to run into the end of Python, which CPython calls unsafe.
    small = ("--size", "48x36", "--samples", "1", "--tile", "8", "-t", "6", "--stop-limit", "120")
    stress = ("-D", "left=0", str(SCENES / "stress.py"))
    (scratch / "fails.py").write_text(FAILING, encoding="utf-8")
    (scratch / "nosy.py").write_text(NOSY, encoding="utf-8")
    scenes = sorted(SCENES.glob("*.py"))
    sys.path.insert(0, str(ROOT))
    from pynodes.options.engines import ENGINE_NAMES

    for engine in ENGINE_NAMES:
        for scene in [SCENES / "stress.py"] if quick else scenes:
            last = stress if scene.stem == "stress" else (str(scene),)
            yield Case(f"{scene.stem} {engine}", (*small, "--engine", engine, *last))
        fails = (*small, "--engine", engine, str(scratch / "fails.py"))
        yield Case(f"raising node {engine}", fails, 11)
        series = (*small, "--frames", "1..4", "--engine", engine, *stress)
        yield Case(f"series {engine}", series)
    for policy in POLICIES:
        one = (*small, "--engine", "shared", "--attach", policy, *stress)
        yield Case(f"policy {policy}", one)
        gil = (*small, "--engine", "shared", "--attach", policy, "-D", "threads=200")
        yield Case(f"policy {policy}, with a GIL", ("GIL", *gil, *stress))
    yield Case("views on other threads", (*small, "--engine", "shared", str(scratch / "nosy.py")))
    beat = (*small, "--heartbeat", "2", "--engine", "shared", *stress)
    yield Case("heartbeat", beat)
    yield from replays(scratch, small, rounds=2 if quick else 10)
    many = (*small, "-t", "48", "--engine", "shared", *stress)
    yield Case("48 threads", many)


def replays(scratch: Path, small: Sequence[str], rounds: int) -> Iterator[Case]:
    """Every replay there is, beside a render whose node asks for an object with a driver."""
    sys.path.insert(0, str(ROOT))
    from pynodes.replay.flat import flat
    from pynodes.replay.replay import read_replay

    for path in sorted((ROOT / "scripts" / "replays").glob("*.toml")):
        replay = read_replay(path)
        lines = scratch / f"{path.stem}.txt"
        lines.write_text(flat(replay, rounds, seed=1), encoding="utf-8")
        setup = [part for script in replay.setup for part in ("--script", str(script))]
        for around in ("Ball", "Box") if replay.setup else ("Ball",):
            what = ("--replay", str(lines), *setup, "--beside", "-D", f"around={around}")
            yield Case(f"{path.name} around={around}", (*small, *what, str(SCENES / "stage.py")))


def call(*command: str | Path, cwd: Path | None = None) -> None:
    print("$", *command, flush=True)
    subprocess.run([str(part) for part in command], cwd=cwd, check=True)


def build_python(source: Path, prefix: Path) -> None:
    """Build CPython out of its tree; nothing is done when it is there."""
    if list(prefix.glob("bin/python3*")):
        return
    with tempfile.TemporaryDirectory(prefix="cpython-tsan-") as folder:
        place = Path(folder)
        options = ["--disable-gil", "--with-thread-sanitizer", "--enable-shared"]
        rpath = f"LDFLAGS=-Wl,-rpath,{prefix / 'lib'}"
        call(source / "configure", "-q", f"--prefix={prefix}", *options, rpath, cwd=place)
        call("make", "-s", f"-j{os.cpu_count() or 1}", cwd=place)
        call("make", "-s", "install", cwd=place)


def build_host(python: Path, folder: Path) -> Path:
    meson = shutil.which("meson", path=f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    if meson is None:
        print("error: there is no meson\n  help:  python3 tools/dev.py host", file=sys.stderr)
        raise SystemExit(EXIT_MISSING)
    os.environ["PATH"] = f"{Path(meson).parent}{os.pathsep}{os.environ['PATH']}"  # ninja
    if not (folder / "build.ninja").exists():
        options = ["-Db_sanitize=thread", "-Db_lundef=false", "-Doptimization=1", "-Ddebug=true"]
        call(meson, "setup", folder, ROOT, f"-Dpython={python}", *options)
    call(meson, "compile", "-C", folder)
    return folder / "host" / "pynodes-host"


def run(host: Path, case: Case, reports: Path) -> tuple[list[str], str]:
    """The summaries of what was found, and all of it."""
    for old in reports.iterdir():
        old.unlink()
    arguments = list(case.arguments)
    env = dict(os.environ)
    if arguments[0] == "GIL":
        del arguments[0]
        env["PYTHON_GIL"] = "1"
    env["TSAN_OPTIONS"] = (
        f"suppressions={SUPPRESSIONS}:exitcode={REPORT_STATUS}:history_size=7"
        f":handle_segv=0:print_suppressions=0:log_path={reports / 'report'}"
    )
    try:
        done = subprocess.run(
            [str(host), *arguments],
            env=env,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"no end after {LIMIT_S} s"], ""
    text = "\n".join(one.read_text(errors="replace") for one in sorted(reports.iterdir()))
    found = SUMMARY.findall(text)
    if not found and done.returncode != case.status:
        found = [f"exit status {done.returncode}, not {case.status}"]
        text += done.stdout + done.stderr
    return found, text


def main() -> int:
    parser = argparse.ArgumentParser(prog="tsan.py", description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, help="source tree of CPython, to build it")
    parser.add_argument("--prefix", type=Path, required=True, help="where that CPython is")
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "tsan")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument("--keep", type=Path, help="folder for the reports found")
    asked = parser.parse_args()
    if asked.source is not None:
        build_python(asked.source.absolute(), asked.prefix.absolute())
    pythons = sorted(asked.prefix.absolute().glob("bin/python3.[0-9]*[0-9t]"))
    if not pythons:
        parser.error(f"there is no Python in {asked.prefix}; --source builds one")
    host = build_host(pythons[0], asked.build.absolute())
    reports = asked.build.absolute() / "reports"
    scratch = asked.build.absolute() / "scratch"
    for folder in (reports, scratch):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    seen: Counter[str] = Counter()
    bad = total = 0
    for case in cases(scratch, asked.quick):
        if asked.only not in case.name:
            continue
        begin = time.monotonic()
        found, text = run(host, case, reports)
        total += 1
        bad += bool(found)
        seen.update(found)
        print(
            f"{case.name:<32} {time.monotonic() - begin:6.1f} s  {len(found)} reports", flush=True
        )
        if found and asked.keep is not None:
            asked.keep.mkdir(parents=True, exist_ok=True)
            (asked.keep / f"{case.name.replace(' ', '-')}.txt").write_text(text)
    for what, n in seen.most_common():
        print(f"{n:>5}  {what}")
    print(f"{total - bad} of {total} without a report")
    return 1 if bad else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)
    except subprocess.CalledProcessError as failed:
        print(f"error: {failed}", file=sys.stderr)
        sys.exit(1)
