#!/usr/bin/env python3
"""Measure the host against its floors and its goals, as ratios taken in one run.

    python3 tools/bench.py [--host HOST]... [--rounds N] [--only NAME,...]
                           [--json FILE] [--markdown FILE]

Standard library only. Every row runs its cells one after the other in each round, over and over,
so that a drift of the machine hits all alike; a ratio is taken inside each round, and the table
shows its median, least and most. Nothing here passes or fails: the goals stand beside the figures.
"""

from __future__ import annotations

import argparse
import atexit
import hashlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SCENES = ROOT / "scripts" / "bench"
LIMIT_S = 300.0


class HostError(Exception):
    """A host run that did not end well."""


@dataclass(frozen=True)
class Facts:
    """Which host, which Python."""

    host: Path
    python: str  # "3.13.5"
    free_threaded: bool
    executable: str
    optimised: str  # how that Python was built
    floor: str = ""  # an interpreter on the same libpython as the host; else the executable

    @property
    def label(self) -> str:
        return self.python + ("t" if self.free_threaded else "")

    @property
    def minor(self) -> int:
        return int(self.python.split(".")[1])


@dataclass
class Row:
    """One line of the table."""

    name: str
    what: str
    goal: str
    ratios: list[float] = field(default_factory=list)
    unit: str = "x"
    note: str = ""

    def shown(self) -> tuple[str, str]:
        if not self.ratios:
            return ("-", self.note or "not run")
        digits = 1 if self.unit == "MiB" or statistics.median(self.ratios) >= 10 else 3
        middle = f"{statistics.median(self.ratios):.{digits}f} {self.unit}"
        spread = f"{min(self.ratios):.{digits}f} to {max(self.ratios):.{digits}f}"
        return (middle, spread)


def run_host(facts: Facts, scene: str, *flags: str) -> dict[str, Any]:
    """One run of the host; its `frame` and `bye` events in one dict, `threads` a list."""
    reader, writer = os.pipe()
    command = [str(facts.host), "--events-fd", str(writer), *flags, str(SCENES / scene)]
    process = subprocess.Popen(
        command,
        pass_fds=(writer,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    killer = threading.Timer(LIMIT_S, process.kill)
    killer.start()
    found: dict[str, Any] = {"threads": []}
    with os.fdopen(reader, encoding="utf-8") as lines:
        for line in lines:
            if '"ev":"tile"' in line:
                continue
            event = json.loads(line)
            if event["ev"] == "thread":
                found["threads"].append(event)
            if event["ev"] == "frame":
                found.setdefault("frames", []).append(event)
            if event["ev"] in ("interp", "scene", "frame", "bye", "error"):
                found[event["ev"]] = event
    assert process.stdout is not None
    found["stdout"] = process.stdout.read().decode(errors="replace")
    process.wait()
    killer.cancel()
    if process.returncode != 0 or "frame" not in found:
        raise HostError(f"{' '.join(command)}\nstatus {process.returncode}: {found.get('error')}")
    return found


def learn(host: Path) -> Facts:
    """Ask a host for its Python, and that Python for how it was built."""
    facts = Facts(host, "0.0", False, sys.executable, "")
    interp = run_host(facts, "bench_native.py", "--size", "4x4", "-t", "1")["interp"]
    probe = "import sysconfig; print(sysconfig.get_config_var('CONFIG_ARGS') or '')"
    done = subprocess.run(
        [interp["executable"], "-c", probe], capture_output=True, text=True, check=False
    )
    words = [
        name
        for name, flag in (("PGO", "--enable-optimizations"), ("LTO", "--with-lto"))
        if flag in done.stdout
    ]
    return Facts(
        host,
        interp["python"],
        interp["free_threaded"],
        interp["executable"],
        "+".join(words) or "no PGO, no LTO",
        build_floor(interp["executable"]),
    )


LAUNCHER = """
#include <Python.h>
int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
"""


def build_floor(executable: str) -> str:
    """An interpreter on the shared libpython, as the host is.

    Debian's python3 has the interpreter linked in, without -fPIC: up to 1.3 times as fast, and so
    no floor for a program that embeds. Without a compiler the executable has to do.
    """
    probe = """
import sysconfig as s
get = s.get_config_var
print(s.get_path("include"), get("LIBDIR"), "python" + get("LDVERSION"))
"""
    done = subprocess.run([executable, "-c", probe], capture_output=True, text=True, check=False)
    compiler = shutil.which("cc") or shutil.which("gcc")
    if done.returncode != 0 or compiler is None:
        return executable
    include, folder, library = done.stdout.split()
    scratch = Path(tempfile.mkdtemp(prefix="pynodes-floor-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    source, program = scratch / "floor.c", scratch / "python3"
    source.write_text(LAUNCHER)
    command = [compiler, "-O2", f"-I{include}", str(source), f"-L{folder}", f"-Wl,-rpath,{folder}"]
    built = subprocess.run(
        [*command, f"-l{library}", "-o", str(program)], capture_output=True, check=False
    )
    home = "import sys; print(sys.version)"
    works = built.returncode == 0 and (
        subprocess.run([str(program), "-c", home], capture_output=True, check=False).returncode == 0
    )
    return str(program) if works else executable


# --- floors, run in the host's own Python ---

DRIVER = """
import itertools, sys, time
from array import array
from collections import deque
from types import SimpleNamespace
sys.path.insert(0, {folder!r})
sys.path.insert(0, {root!r})
import importlib
module = importlib.import_module({module!r})
source = getattr(module, {cls!r})

# The same __call__ on an ordinary class, with ordinary attribute containers.
Plain = type("Plain", (), {{"__call__": source.__call__}})
node = Plain()
node.input = SimpleNamespace(Coords=(0.0, 0.0, 0.0))
node.output = SimpleNamespace({output}={initial})
size = {size}
pixels = array("f")

def drive():
    read, write, append = node.input, node.output, pixels.{append}
    for y in range(size):
        v = 0.25 - y / (2 * size)
        for x in range(size):
            read.Coords = (x / (2 * size) - 0.25, v, 0.0)
            node()
            append(write.{output})

def loop_in_c():
    deque(itertools.starmap(node, itertools.repeat((), size * size)), maxlen=0)

for run in (drive, loop_in_c):
    begin = time.perf_counter_ns()
    run()
    print((time.perf_counter_ns() - begin) / (size * size))
"""


def run_driver(facts: Facts, name: str, cls: str, output: str, size: int) -> tuple[float, float]:
    """ns per pixel of a pure Python driver, and ns per call of a loop in C, over one class."""
    value = output == "Height"
    source = DRIVER.format(
        folder=str(SCENES),
        root=str(ROOT),
        module=name,
        cls=cls,
        output=output,
        size=size,
        initial="0.0" if value else "(0.0, 0.0, 0.0, 1.0)",
        append="append" if value else "extend",
    )
    done = subprocess.run(
        [facts.floor or facts.executable, "-c", source],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
    if done.returncode != 0:
        raise HostError(done.stderr)
    drive, loop = (float(line) for line in done.stdout.split())
    return drive, loop


def control_ratio() -> float:
    """What the machine can scale: a C loop without a lock, two threads over one."""

    def burn(n: int) -> float:
        def one() -> None:
            hashlib.pbkdf2_hmac("sha256", b"pynodes", b"control", 400_000)

        threads = [threading.Thread(target=one) for _ in range(n)]
        begin = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - begin

    return 2.0 * burn(1) / burn(2)


# --- figures of a run ---


def per_call(found: dict[str, Any]) -> float:
    return float(found["frame"]["python_ns"]) / float(found["frame"]["node_calls"])


def seconds(found: dict[str, Any]) -> float:
    return float(found["frame"]["render_ns"]) / 1e9


def mib(found: dict[str, Any]) -> float:
    return float(found["bye"]["peak_kib"]) / 1024.0


HUGE = ("--size", "2048x2048", "--samples", "1")
BIG = ("--size", "768x768", "--samples", "1")
MIDDLE = ("--size", "256x256", "--samples", "1")
DEFAULT = ("--size", "1024x1024", "--samples", "4")
SMALL = ("--size", "96x96", "--samples", "1")
SHARED = ("--engine", "shared")
ISOLATED = ("--engine", "isolated")
PROCESS = ("--engine", "process")


def threads(n: int) -> tuple[str, str]:
    return ("-t", str(n))


Round = Callable[[], dict[str, float]]


def plan(facts: Facts) -> list[tuple[list[Row], Round]]:
    """The rows of one Python; each group shares the runs of its round."""
    groups: list[tuple[list[Row], Round]] = []

    def add(rows: list[Row], round_: Round) -> None:
        groups.append((rows, round_))

    def against_driver() -> dict[str, float]:
        found: dict[str, float] = {}
        cases = (
            ("empty", "bench_empty", "Empty", "Color", 512, BIG),
            ("tilings", "bench_tilings", "CheapTilings", "Color", 384, BIG),
            ("drops", "bench_drops", "Drops", "Height", 96, MIDDLE),
        )
        for case, module, cls, output, size, flags in cases:
            drive, loop = run_driver(facts, module, cls, output, size)
            ours = per_call(run_host(facts, module + ".py", *SHARED, *threads(1), *flags))
            found[f"{case} against driver"] = ours / drive
            found[f"{case} against C loop"] = ours / loop
            found[f"{case} ns"] = ours
        return found

    goals = {"empty": "0.45 or less", "tilings": "0.70 or less", "drops": "1.0 or less"}
    rows = [
        Row(
            f"{case} against driver",
            f"shared -t 1, {case}: time per call over a pure Python driver's",
            goals[case],
        )
        for case in goals
    ]
    rows += [
        Row(
            f"{case} against C loop", f"the same over a bare loop in C that only calls ({case})", ""
        )
        for case in goals
    ]
    rows += [Row(f"{case} ns", f"the same, nanoseconds ({case})", "", unit="ns") for case in goals]
    add(rows, against_driver)

    def many_threads() -> dict[str, float]:
        def took(n: int, *size: str) -> float:
            return seconds(run_host(facts, "bench_tilings.py", *SHARED, *threads(n), *size))

        base = took(1, *DEFAULT)
        found = {f"shared -t {n}": base / took(n, *DEFAULT) for n in (2, 4, 16, 64)}
        found["shared thin -t 4"] = took(1, *HUGE) / took(4, *HUGE)
        return found

    goal = "1.8 or more at -t 2" if facts.free_threaded else "0.95 or more"
    add(
        [
            Row(f"shared -t {n}", f"shared -t {n} over -t 1, throughput, tilings", goal)
            for n in (2, 4, 16, 64)
        ]
        + [Row("shared thin -t 4", "the same, -t 4, at one sample a pixel", "")],
        many_threads,
    )

    def fresh() -> dict[str, float]:
        found = {}
        for n in (1, 4):
            tile, slow = (
                run_host(facts, "bench_empty.py", *SHARED, "--attach", how, *threads(n), *SMALL)
                for how in ("tile", "fresh")
            )
            found[f"fresh -t {n}"] = per_call(slow) / per_call(tile)
            call = run_host(
                facts, "bench_empty.py", *SHARED, "--attach", "call", *threads(n), *SMALL
            )
            found[f"call -t {n}"] = per_call(call) / per_call(tile)
        return found

    add(
        [
            Row("fresh -t 1", "attached time per call, empty: fresh over tile, -t 1", "about 40"),
            Row("fresh -t 4", "the same, -t 4", "about 80"),
            Row("call -t 1", "call over tile, -t 1", ""),
            Row("call -t 4", "the same, -t 4", ""),
        ],
        fresh,
    )

    if facts.minor >= 12:

        def isolated() -> dict[str, float]:
            control = control_ratio()
            shared = seconds(run_host(facts, "bench_tilings.py", *SHARED, *threads(1), *HUGE))
            one = seconds(run_host(facts, "bench_tilings.py", *ISOLATED, *threads(1), *HUGE))
            # The first frame makes the interpreters, the second has them.
            two, eight = (
                [
                    float(frame["render_ns"]) / 1e9
                    for frame in run_host(
                        facts,
                        "bench_tilings.py",
                        *(*ISOLATED, *threads(n), *HUGE, "--frames", "1..2"),
                    )["frames"]
                ]
                for n in (2, 8)
            )
            return {
                "isolated -t 1": shared / one,
                "isolated -t 2": one / two[0],
                "isolated -t 2 of control": one / two[0] / control,
                "isolated -t 8": two[1] / eight[1],
                "isolated -t 8 first": two[0] / eight[0],
            }

        add(
            [
                Row(
                    "isolated -t 1",
                    "isolated -t 1 over shared -t 1, throughput, tilings",
                    "0.95 or more",
                ),
                Row("isolated -t 2", "isolated -t 2 over -t 1", ""),
                Row(
                    "isolated -t 2 of control",
                    "the same over what a plain C loop scales",
                    "0.92 or more",
                ),
                Row("isolated -t 8", "isolated -t 8 over -t 2, second frame", "no loss"),
                Row("isolated -t 8 first", "the same, interpreters made in it", ""),
            ],
            isolated,
        )

    def process() -> dict[str, float]:
        one, two = (
            seconds(run_host(facts, "bench_tilings.py", *PROCESS, *threads(n), *HUGE))
            for n in (1, 2)
        )
        return {"process -t 2": one / two}

    add(
        [Row("process -t 2", "process -t 2 over -t 1, tilings, start-up included", "1.8 or more")],
        process,
    )

    if facts.free_threaded:

        def drops() -> dict[str, float]:
            one, two = (
                seconds(run_host(facts, "bench_drops.py", *SHARED, *threads(n), *MIDDLE))
                for n in (1, 2)
            )
            return {"free drops -t 2": one / two}

        add(
            [Row("free drops -t 2", "free-threaded shared -t 2 over -t 1, drops", "1.8 or more")],
            drops,
        )

    def native() -> dict[str, float]:
        control = control_ratio()
        one, two = (
            seconds(run_host(facts, "bench_native.py", *threads(n), "--size", "768x768"))
            for n in (1, 2)
        )
        return {
            "native -t 2": one / two,
            "native -t 2 of control": one / two / control,
            "control": control,
        }

    add(
        [
            Row("native -t 2", "no Python node, -t 2 over -t 1", ""),
            Row(
                "native -t 2 of control", "the same over what a plain C loop scales", "0.95 or more"
            ),
            Row("control", "the plain C loop, two threads over one", ""),
        ],
        native,
    )

    def liveness() -> dict[str, float]:
        found = {}
        for name, flags in (
            ("tile", ()),
            ("turnstile off", ("--turnstile", "off")),
            ("call", ("--attach", "call")),
            ("row", ("--attach", "row")),
            ("thread", ("--attach", "thread")),
            ("fresh", ("--attach", "fresh")),
        ):
            # Long enough for some hundred waits: the 99th percentile of fewer is their maximum.
            size = MIDDLE if name == "fresh" else ("--size", "640x640", "--samples", "1")
            run = run_host(
                facts, "bench_drops.py", *SHARED, *threads(8), *size, "--heartbeat", "5", *flags
            )
            found[f"wait {name}"] = run["frame"].get("beat_p99_ns", 0) / 1e6
        return found

    if not facts.free_threaded:
        add(
            [
                Row(
                    f"wait {name}",
                    f"main thread's wait, p99, 8 render threads, drops: {name}",
                    goal,
                    unit="ms",
                )
                for name, goal in (
                    ("tile", "20 ms or less"),
                    ("turnstile off", ""),
                    ("call", ""),
                    ("row", ""),
                    ("thread", ""),
                    ("fresh", ""),
                )
            ],
            liveness,
        )

    def garbage() -> dict[str, float]:
        found = {}
        for name, freeze in (("", "0"), (" frozen", "1")):
            flags = (*SHARED, *threads(2), *MIDDLE, "-D", f"freeze={freeze}")
            run = run_host(facts, "bench_garbage.py", *flags)
            told = json.loads(run["stdout"].splitlines()[-1])
            found[f"gc longest{name}"] = told["longest_ms"]
            found[f"gc share{name}"] = 100.0 * told["total_ms"] * 1e6 / run["frame"]["render_ns"]
        return found

    add(
        [
            Row(
                "gc longest",
                "garbage collection, 2 threads that litter: longest pause",
                "",
                unit="ms",
            ),
            Row("gc share", "the same, share of the render's time", "", unit="%"),
            Row(
                "gc longest frozen",
                "longest pause with gc.freeze() after the scene is built",
                "",
                unit="ms",
            ),
            Row("gc share frozen", "the same, share of the render's time", "", unit="%"),
        ],
        garbage,
    )

    def trace() -> dict[str, float]:
        found = {}
        with tempfile.TemporaryDirectory() as folder:
            traced = ("--trace", f"{folder}/trace.json")
            for n in (1, 4):
                for attach in ("tile", "call"):
                    flags = (*SHARED, *threads(n), *MIDDLE, "--attach", attach)
                    plain, with_trace, calls = (
                        seconds(run_host(facts, "bench_tilings.py", *flags, *more))
                        for more in ((), traced, (*traced, "--trace-calls"))
                    )
                    found[f"trace {attach} -t {n}"] = with_trace / plain
                    found[f"trace calls {attach} -t {n}"] = calls / plain
        return found

    add(
        [
            Row(
                f"trace {calls}{attach} -t {n}",
                f"render time with --trace{' --trace-calls' if calls else ''} over without,"
                f" tilings, --attach {attach}, -t {n}",
                "" if calls or attach == "call" else "1.05 or less",
            )
            for n in (1, 4)
            for attach in ("tile", "call")
            for calls in ("", "calls ")
        ],
        trace,
    )

    def memory() -> dict[str, float]:
        found = {}
        engines = [("shared", SHARED)] + ([("isolated", ISOLATED)] if facts.minor >= 12 else [])
        for name, engine in engines:
            flags = ("--size", "512x512", "--samples", "4")
            one, nine = (
                mib(run_host(facts, "bench_tilings.py", *engine, *threads(n), *flags))
                for n in (1, 9)
            )
            found[f"memory {name}"] = (nine - one) / 8
        return found

    rows = [Row("memory shared", "memory per further render thread, shared", "1 MiB", unit="MiB")]
    if facts.minor >= 12:
        rows.append(Row("memory isolated", "the same, isolated", "15 MiB", unit="MiB"))
    add(rows, memory)

    def start_up() -> dict[str, float]:
        def clock(*command: str) -> float:
            begin = time.perf_counter()
            subprocess.run(
                command,
                check=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=LIMIT_S,
            )
            return time.perf_counter() - begin

        scene = str(SCENES / "bench_tilings.py")
        base = clock(facts.executable, "-c", "pass")
        tiny = ("--size", "32x32", "-t", "1", scene)
        found = {"start host": clock(str(facts.host), *tiny) / base}
        command = facts.host.with_name("pynodes")
        if command.exists():
            with tempfile.TemporaryDirectory() as folder:
                found["start help"] = clock(str(command), "--help") / base
                found["start render"] = (
                    clock(str(command), "render", "-q", "-o", f"{folder}/x.png", *tiny) / base
                )
        return found

    add(
        [
            Row("start help", "pynodes --help over python3 -c pass, wall", "6 or less"),
            Row("start render", "a 32x32 render through the command line", "8 or less"),
            Row("start host", "the bare host on the same", "2 or less"),
        ],
        start_up,
    )
    return groups


def machine() -> str:
    model = ""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip()
            for line in cpuinfo.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = names[0] if names else ""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    kernel = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{cores} cores, {model or platform.processor()}, {kernel}"


def load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def measure(facts: Facts, rounds: int, only: set[str]) -> list[Row]:
    rows: list[Row] = []
    for group, round_ in plan(facts):
        if only and not any(word in row.name for row in group for word in only):
            continue
        rows += group
        for number in range(rounds):
            print(
                f"\r{facts.label}: {group[0].name}, round {number + 1} of {rounds}   ",
                end="",
                file=sys.stderr,
            )
            try:
                found = round_()
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
