"""The rows of the benchmark's table, in groups.

A group is a function that runs a host once in each of its ways, one after the other, and gives a
row for each figure; none where the Python cannot do it. A new one is a function here, in GROUPS.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from floors import LIMIT_S, SCENES, Facts, control_ratio, render, run_driver
from hosts import Event

HUGE = ("--size", "2048x2048", "--samples", "1")
BIG = ("--size", "768x768", "--samples", "1")
MEDIUM = ("--size", "640x640", "--samples", "1")
MIDDLE = ("--size", "256x256", "--samples", "1")
DEFAULT = ("--size", "1024x1024", "--samples", "4")
SMALL = ("--size", "96x96", "--samples", "1")
TILINGS, DROPS, EMPTY = "bench_tilings.py", "bench_drops.py", "bench_empty.py"
ARRAYS = "bench_arrays.py"


@dataclass(frozen=True)
class Row:
    """One figure of one round."""

    name: str
    value: float
    what: str
    goal: str = ""
    unit: str = "x"


Group = Callable[[Facts], Iterator[Row]]


def frame(facts: Facts, scene: str, engine: str, n: int, *flags: str) -> Event:
    """The last frame event of a run on n render threads."""
    return render(facts.host, scene, "--engine", engine, "-t", str(n), *flags).of("frame")[-1]


def seconds(facts: Facts, scene: str, engine: str, n: int, *flags: str) -> float:
    return float(frame(facts, scene, engine, n, *flags)["render_ns"]) / 1e9


def per_call(facts: Facts, scene: str, n: int, *flags: str) -> float:
    """Nanoseconds attached for each node call, engine shared."""
    found = frame(facts, scene, "shared", n, *flags)
    return float(found["python_ns"]) / float(found["node_calls"])


def driver(facts: Facts) -> Iterator[Row]:
    """A node call by the host, over one by a driver in Python and by a bare loop in C."""
    for case, module, cls, output, size, flags, goal in (
        ("empty", "bench_empty", "Empty", "Color", 512, BIG, "0.45 or less"),
        ("tilings", "bench_tilings", "CheapTilings", "Color", 384, BIG, "0.70 or less"),
        ("drops", "bench_drops", "Drops", "Height", 96, MIDDLE, "1.0 or less"),
    ):
        drive, loop = run_driver(facts, module, cls, output, size)
        ours = per_call(facts, f"{module}.py", 1, *flags)
        over = f"shared -t 1, {case}: time per call over a pure Python driver's"
        yield Row(f"{case} against driver", ours / drive, over, goal)
        yield Row(
            f"{case} against C loop", ours / loop, "the same over a loop in C that only calls"
        )
        yield Row(f"{case} ns", ours, f"the same, nanoseconds ({case})", unit="ns")


def crew(facts: Facts) -> Iterator[Row]:
    """What further render threads bring, engine shared."""
    goal = "1.8 or more at -t 2" if facts.free_threaded else "0.95 or more"
    base = seconds(facts, TILINGS, "shared", 1, *DEFAULT)
    for n in (2, 4, 16, 64):
        gain = base / seconds(facts, TILINGS, "shared", n, *DEFAULT)
        yield Row(f"shared -t {n}", gain, f"shared -t {n} over -t 1, throughput, tilings", goal)
    one, four = (seconds(facts, TILINGS, "shared", n, *HUGE) for n in (1, 4))
    yield Row("shared thin -t 4", one / four, "the same, -t 4, at one sample a pixel")


def arrays(facts: Facts) -> Iterator[Row]:
    """A node that takes arrays over one that is called a sample, engine shared."""
    scalar, array = (frame(facts, scene, "shared", 1, *DEFAULT) for scene in (TILINGS, ARRAYS))
    yield Row(
        "array node",
        float(scalar["python_cpu_ns"]) / float(array["python_cpu_ns"]),
        "shared -t 1, tilings: speed of an array node in NumPy over a scalar one, processor time",
        "8 or more",
    )
    yield Row(
        "array render",
        float(scalar["render_ns"]) / float(array["render_ns"]),
        "the same, the whole render",
    )
    one, two, workers = (
        seconds(facts, ARRAYS, engine, n, *DEFAULT)
        for engine, n in (("shared", 1), ("shared", 2), ("process", 2))
    )
    yield Row("array shared -t 2", one / two, "array nodes: shared -t 2 over -t 1, throughput")
    over = "process -t 2 over shared -t 1, start-up included"
    yield Row("array process -t 2", one / workers, over)


def attach(facts: Facts) -> Iterator[Row]:
    """What it costs to attach anew for each call, over once a tile."""
    for n, goal in ((1, "about 40"), (4, "about 80")):
        tile, fresh, call = (
            per_call(facts, EMPTY, n, "--attach", how, *SMALL) for how in ("tile", "fresh", "call")
        )
        what = f"attached time per call, empty: fresh over tile, -t {n}"
        yield Row(f"fresh -t {n}", fresh / tile, what, goal)
        yield Row(f"call -t {n}", call / tile, f"call over tile, -t {n}")


def isolated(facts: Facts) -> Iterator[Row]:
    """Engine isolated: a GIL per thread; before 3.12 there is one for all interpreters."""
    if facts.minor < 12:
        return
    control = control_ratio()
    shared = seconds(facts, TILINGS, "shared", 1, *HUGE)
    one = seconds(facts, TILINGS, "isolated", 1, *HUGE)
    # a frame that makes the interpreters, and one that has them
    series = ("--engine", "isolated", *HUGE, "--frames", "1..2")
    two, eight = (
        [float(each["render_ns"]) / 1e9 for each in ended.of("frame")]
        for ended in (render(facts.host, TILINGS, *series, "-t", n) for n in ("2", "8"))
    )
    over = "isolated -t 1 over shared -t 1, throughput, tilings"
    yield Row("isolated -t 1", shared / one, over, "0.95 or more")
    yield Row("isolated -t 2", one / two[0], "isolated -t 2 over -t 1")
    over = "the same over what a plain C loop scales"
    yield Row("isolated -t 2 of control", one / two[0] / control, over, "0.92 or more")
    over = "isolated -t 8 over -t 2, second frame"
    yield Row("isolated -t 8", two[1] / eight[1], over, "no loss")
    yield Row("isolated -t 8 first", two[0] / eight[0], "the same, interpreters made in it")


def process(facts: Facts) -> Iterator[Row]:
    """Two workers over one."""
    one, two = (seconds(facts, TILINGS, "process", n, *HUGE) for n in (1, 2))
    what = "process -t 2 over -t 1, tilings, start-up included"
    yield Row("process -t 2", one / two, what, "1.8 or more")


def free_threaded(facts: Facts) -> Iterator[Row]:
    """A node that allocates much, without a GIL."""
    if not facts.free_threaded:
        return
    one, two = (seconds(facts, DROPS, "shared", n, *MIDDLE) for n in (1, 2))
    what = "free-threaded shared -t 2 over -t 1, drops"
    yield Row("free drops -t 2", one / two, what, "1.8 or more")


def native(facts: Facts) -> Iterator[Row]:
    """A scene without Python nodes, over what this machine's cores give a plain C loop."""
    control = control_ratio()
    one, two = (seconds(facts, "bench_native.py", "auto", n, "--size", "768x768") for n in (1, 2))
    over = "the same over what a plain C loop scales"
    yield Row("native -t 2", one / two, "no Python node, -t 2 over -t 1")
    yield Row("native -t 2 of control", one / two / control, over, "0.95 or more")
    yield Row("control", control, "the plain C loop, two threads over one")


def liveness(facts: Facts) -> Iterator[Row]:
    """How long the main thread waits for the GIL while eight threads render."""
    if facts.free_threaded:
        return
    what = "main thread's wait, p99, 8 render threads, drops: {}"
    # Long enough for some hundred waits: the 99th percentile of fewer is their maximum.
    for name, size, flags, goal in (
        ("tile", MEDIUM, (), "20 ms or less"),
        ("turnstile off", MEDIUM, ("--turnstile", "off"), ""),
        ("call", MEDIUM, ("--attach", "call"), ""),
        ("row", MEDIUM, ("--attach", "row"), ""),
        ("thread", MEDIUM, ("--attach", "thread"), ""),
        ("fresh", MIDDLE, ("--attach", "fresh"), ""),
    ):
        found = frame(facts, DROPS, "shared", 8, *size, "--heartbeat", "5", *flags)
        wait = found.get("beat_p99_ns", 0) / 1e6
        yield Row(f"wait {name}", wait, what.format(name), goal, "ms")


def garbage(facts: Facts) -> Iterator[Row]:
    """Pauses of the garbage collector, and what gc.freeze() changes."""
    for name, freeze, what in (
        ("", "0", "garbage collection, 2 threads that litter: longest pause"),
        (" frozen", "1", "longest pause with gc.freeze() after the scene is built"),
    ):
        flags = ("--engine", "shared", "-t", "2", *MIDDLE, "-D", f"freeze={freeze}")
        ended = render(facts.host, "bench_garbage.py", *flags)
        # the scene prints what the collector took in its last line
        printed = json.loads(ended.text.splitlines()[-1])
        share = 100.0 * printed["total_ms"] * 1e6 / ended.of("frame")[-1]["render_ns"]
        yield Row(f"gc longest{name}", printed["longest_ms"], what, unit="ms")
        yield Row(f"gc share{name}", share, "the same, share of the render's time", unit="%")


def trace(facts: Facts) -> Iterator[Row]:
    """What a timeline costs."""
    with tempfile.TemporaryDirectory() as folder:
        traced = ("--trace", f"{folder}/trace.json")
        for n in (1, 4):
            for policy in ("tile", "call"):
                plain, coarse, fine = (
                    seconds(facts, TILINGS, "shared", n, *MIDDLE, "--attach", policy, *more)
                    for more in ((), traced, (*traced, "--trace-calls"))
                )
                over = f"over without, tilings, --attach {policy}, -t {n}"
                goal = "1.05 or less" if policy == "tile" else ""
                what = f"render time with --trace {over}"
                yield Row(f"trace {policy} -t {n}", coarse / plain, what, goal)
                what = f"render time with --trace --trace-calls {over}"
                yield Row(f"trace calls {policy} -t {n}", fine / plain, what)


def memory(facts: Facts) -> Iterator[Row]:
    """The peak of nine render threads over that of one, divided by eight."""
    for engine, goal in (("shared", "1 MiB"), ("isolated", "15 MiB")):
        if engine == "isolated" and facts.minor < 12:
            continue
        flags = ("--engine", engine, "--size", "512x512", "--samples", "4", "-t")
        one, nine = (
            render(facts.host, TILINGS, *flags, n).of("bye")[-1]["peak_kib"] / 1024
            for n in ("1", "9")
        )
        what = f"memory per further render thread, {engine}"
        yield Row(f"memory {engine}", (nine - one) / 8, what, goal, "MiB")


def start_up(facts: Facts) -> Iterator[Row]:
    """The bare host and the command line, over the time of an interpreter that does nothing."""

    def clock(*command: str) -> float:
        begin = time.perf_counter()
        quiet = subprocess.DEVNULL
        subprocess.run(command, check=True, stdout=quiet, stderr=quiet, timeout=LIMIT_S)
        return time.perf_counter() - begin

    base = clock(facts.executable, "-c", "pass")
    tiny = ("--size", "32x32", "-t", "1", str(SCENES / TILINGS))
    what = "a 32x32 render by the bare host over python3 -c pass, wall"
    yield Row("start host", clock(str(facts.host), *tiny) / base, what, "2 or less")
    command = facts.host.with_name("pynodes")
    if command.exists():
        with tempfile.TemporaryDirectory() as folder:
            took = clock(str(command), "render", "-q", "-o", f"{folder}/x.png", *tiny)
        yield Row("start render", took / base, "the same through the command line", "8 or less")
        for words, goal in ((["--help"], "3.5 or less"), (["render", "--help"], "")):
            took = clock(str(command), *words)
            asked = " ".join(words)
            yield Row(f"start {asked}", took / base, f"pynodes {asked} over the same", goal)


# In the order of the table.
GROUPS: tuple[Group, ...] = (
    driver,
    crew,
    arrays,
    attach,
    isolated,
    process,
    free_threaded,
    native,
    liveness,
    garbage,
    trace,
    memory,
    start_up,
)
