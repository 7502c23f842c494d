"""What the host is asked to do under the sanitizers: small pictures, but every path of start, wrap
and stop, with nodes that fail and nodes that do what they should not."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from failing import FAILURES, write_failing
from hosts import ROOT

from pynodes.options.engines import ENGINES
from pynodes.replay.flat import flat
from pynodes.replay.replay import read_replay

SCENES = ROOT / "scripts" / "scenes"
POLICIES = ("fresh", "call", "row", "tile", "thread")

NODE = """\
import atexit
import gc
import threading

from pynodes.nodes import Node, Socket

KEPT = []


def look():
    for views in list(KEPT):
        for read in (
            lambda: views[0].Coords,
            lambda: views[1].Color,
            lambda: views[2].point,
            lambda: views[0][0],
        ):
            try:
                read()
            except (RuntimeError, TypeError, AttributeError):
                pass


class Odd(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]
"""
# Keeps what belongs to one thread where another one can look at it.
NOSY = (
    NODE
    + """
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
)
# Keeps views beyond their call and their thread, ends with objects that have opinions about it.
AWKWARD = (
    NODE
    + """
        self.me = self

    def __del__(self):
        look()

    def __call__(self):
        x, y = self.shi.pixel
        self.output.Color = (1, 1, 1, 1)
        if x % 16 == 0 and y % 16 == 0:
            KEPT.append((self.input, self.output, self.shi, type(self.shi)))
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
            for bad in (1, "x", (1, 2), (1, 2, 3, "x"), iter(()), None):
                try:
                    self.output.Color = bad
                except (TypeError, ValueError):
                    pass
            gc.collect()


atexit.register(look)
"""
)
# Takes batches, by all ways to read and write them that there are without NumPy.
ARRAYS = """\
import threading
from array import array

from pynodes.nodes import Node, Socket


class Odd(Node):
    call = "batch"

    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Width", 0.5)]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Value", 0.0)]

    def __call__(self):
        shi, color = self.shi, self.output.Color
        n = len(color)
        views = [
            memoryview(each)
            for each in (self.input.Coords, self.input.Width, color, shi.point, shi.pixel)
            + (shi.depth, shi.tangent, shi.point_d, shi.uv_d, shi.random(), shi.random(3))
        ]
        thread = threading.Thread(target=lambda: [view.tolist() for view in views])
        thread.start()
        thread.join()
        self.output.Color = memoryview(array("d", [0.5] * 4 * n)).cast("B").cast("d", (n, 4))
        self.output.Color = memoryview(color)
        self.output.Value = memoryview(array("f", [0.5] * 2 * n))[::2]
        color[:] = (0.25, 0.5, 1, 1)
        for i, (x, y, z) in enumerate(self.input.Coords):
            color[i] = (x, y, z, 1)
        for bad in (b"x", 1, (1, 2), memoryview(array("i", [0] * (n + 4))), views[0], None):
            try:
                self.output.Color = bad
            except (TypeError, ValueError):
                pass
"""
# The same, and keeps all of it beyond the call: an error, and yet memory that is there.
GREEDY = (
    ARRAYS
    + """
        KEPT.append(views)
        ARRAYS.append((self.input.Coords, self.output.Color, self.shi.normal))
        look()

    def __del__(self):
        look()


KEPT, ARRAYS = [], []


def look():
    for view in [view for views in KEPT for view in views]:
        view.tolist()
    for dead in [each for kept in ARRAYS for each in kept]:
        for use in (memoryview, list, lambda a: a[0], lambda a: a.__setitem__(0, 0)):
            try:
                use(dead)
            except (RuntimeError, TypeError):
                pass
"""
)
BROKEN = {
    "broken.py": "def build(params, frame):\n    return 1 / 0\n",
    "unreadable.py": "def build(params, frame:\n",
}


@dataclass(frozen=True)
class Run:
    """One command and the exit status it must have."""

    name: str
    command: tuple[str, ...]
    status: int = 0
    has_gil: bool = False  # a free-threaded Python is to take its GIL


def scenes_first_stress(asked: Sequence[Path]) -> list[Path]:
    """The scenes asked for, or the bundled ones, the one that strains most in front."""
    bundled = [SCENES / "stress.py", *sorted(SCENES.glob("*.py"))]
    return [path.absolute() for path in asked] or list(dict.fromkeys(bundled))


def arguments_for(scene: Path) -> tuple[str, ...]:
    """The scene, without a thread that it would leave running: such a daemon is cut off where it is
    when Python ends, and what it holds then is a leak of CPython's, not ours."""
    return ("-D", "left=0", str(scene)) if scene.name == "stress.py" else (str(scene),)


def engines_of(version: str) -> list[str]:
    """The engines that a Python has."""
    since = tuple(int(part) for part in version.split(".")[:2])
    return [engine.name for engine in ENGINES if engine.since <= since]


def engine_cases(
    start: Sequence[str],
    scenes: Sequence[Path],
    scratch: Path,
    version: str,
    failing: Sequence[str],
) -> Iterator[Run]:
    """Every engine that this Python has, with nodes that fail and with more than one frame; every
    attach policy."""
    lead = arguments_for(scenes[0])
    for engine in engines_of(version):
        here = (*start, "--engine", engine)
        for scene in scenes:
            yield Run(f"{engine} {scene.name}", (*here, *arguments_for(scene)))
        for name in failing:
            yield Run(f"{engine} {name}", (*here, str(write_failing(scratch, name))), 11)
        series = ("--frames", "1..4", "--out", str(scratch / "series_#.npy"))
        yield Run(f"{engine} series", (*here, *series, *lead))
    for policy in POLICIES:
        yield Run(f"attach {policy}", (*start, "--engine", "shared", "--attach", policy, *lead))


def odd(scratch: Path, name: str, text: str) -> str:
    """The scene of a node that does what it should not, as a file."""
    path = scratch / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return str(path)


def memory_cases(
    host: str, scenes: Sequence[Path], scratch: Path, version: str, *, quick: bool
) -> Iterator[Run]:
    """For AddressSanitizer, and with `quick` for memcheck, which takes a hundred times as long."""
    size = ("--size", "16x12", "--samples", "1") if quick else ("--size", "48x36", "--samples", "2")
    start: tuple[str, ...] = (host, *size, "--tile", "8", "--out", str(scratch / "out.npy"))
    for flag in ("--version", "--help", "--describe", "--nodes"):
        yield Run(f"host {flag}", (host, flag))
    yield Run("host without a scene", (host,), 2)
    yield Run("host with a wrong flag", (host, "--tile", "0", "none.py"), 2)
    yield Run("host, scene not there", (*start, str(scratch / "none.py")), 10)
    for scene in scenes:
        for threads in ("1",) if quick else ("1", "4"):
            yield Run(f"{scene.name} -t {threads}", (*start, "-t", threads, *arguments_for(scene)))
    evidence = ("--evidence", str(scratch / "evidence"), "--status", str(scratch / "status"))
    start = (*start, "-t", "4")
    failing = str(write_failing(scratch, "raise"))
    yield Run("raising node with evidence", (*start, *evidence, failing), 11)
    for name, text in BROKEN.items():
        (scratch / name).write_text(text, encoding="utf-8")
        yield Run(name, (*start, *evidence, str(scratch / name)), 10)
    if not quick:
        yield from engine_cases(start, scenes, scratch, version, tuple(FAILURES))
        awkward = odd(scratch, "awkward", AWKWARD)
        arrays, greedy = (odd(scratch, *each) for each in (("arrays", ARRAYS), ("greedy", GREEDY)))
        for engine in engines_of(version):
            yield Run(f"{engine} awkward", (*start, "--engine", engine, awkward))
            yield Run(f"{engine} arrays", (*start, "--engine", engine, arrays))
            yield Run(f"{engine} arrays kept", (*start, "--engine", engine, greedy), 11)


def thread_cases(
    host: str, scenes: Sequence[Path], scratch: Path, version: str, *, rounds: int
) -> Iterator[Run]:
    """For ThreadSanitizer; replays play so many rounds."""
    small = ("--size", "48x36", "--samples", "1", "--tile", "8", "-t", "6", "--stop-limit", "120")
    start = (host, *small)
    shared = (*start, "--engine", "shared")
    lead = arguments_for(scenes[0])
    yield from engine_cases(start, scenes, scratch, version, ("raise",))
    for policy in POLICIES:
        flags = ("--attach", policy, "-D", "threads=200", *lead)
        yield Run(f"attach {policy} with a GIL", (*shared, *flags), has_gil=True)
    yield Run("arrays", (*shared, "-t", "8", odd(scratch, "arrays", ARRAYS)))
    yield Run("arrays kept", (*shared, "-t", "8", odd(scratch, "greedy", GREEDY)), 11)
    yield Run("views on other threads", (*shared, odd(scratch, "nosy", NOSY)))
    yield Run("heartbeat", (*shared, "--heartbeat", "2", *lead))
    yield Run("48 threads", (*shared, "-t", "48", *lead))
    # Every replay there is, beside a render whose node asks for an object with a driver.
    for path in sorted((ROOT / "scripts" / "replays").glob("*.toml")):
        replay = read_replay(path)
        lines = scratch / f"{path.stem}.txt"
        lines.write_text(flat(replay, rounds, seed=1), encoding="utf-8")
        setup = [part for script in replay.setup for part in ("--script", str(script))]
        for around in ("Ball", "Box") if replay.setup else ("Ball",):
            flags = ("--replay", str(lines), *setup, "--beside", "-D", f"around={around}")
            stage = str(SCENES / "stage.py")
            yield Run(f"{path.name} around={around}", (*start, *flags, stage))
