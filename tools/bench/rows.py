"""The rows of the table, and the runs that each takes its ratios from.

For bench.py.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from floors import control_ratio, run_driver
from hosts import LIMIT_S, SCENES, Facts, mib, per_call, run_host, seconds


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
