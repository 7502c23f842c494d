"""A host that renders nothing: it speaks the events protocol and ends in the way it is asked to.

FAKE_HOST_MODE names the way; the functions at the end are the modes. It takes the flags of the real
host. Lines such as "ready" on stdout say to a test where it is.
"""

from __future__ import annotations

import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

WORD = os.environ.get("FAKE_HOST_WORD", "0.1.0")
NODES = [
    {
        "name": "Tilings",
        "kind": "python",
        "module": "pynodes.nodes",
        "doc": "Tiles of the plane.\n\nRegular ones.",
        "inputs": [
            {"name": "Coords", "type": "VECTOR", "value": [0, 0, 0], "min": -1e38, "max": 1e38},
            {"name": "Scale", "type": "VALUE", "value": [3.0], "min": 0.0, "max": 100.0},
        ],
        "outputs": [{"name": "Color", "type": "RGBA", "value": [0, 0, 0, 1]}],
        "params": [],
    },
    {
        "name": "Noise",
        "kind": "native",
        "module": "",
        "doc": "Fractal noise.",
        "inputs": [],
        "outputs": [{"name": "Value", "type": 0, "value": [0], "min": 0, "max": 1}],
        "params": [{"name": "octaves", "type": "number", "default": 4, "choices": None, "doc": ""}],
    },
]


def flags(argv: list[str]) -> dict[str, str]:
    """`--name value` pairs; the scene is under `scene`."""
    found = {"scene": ""}
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        if word in ("--version", "--describe", "--nodes", "--stop-on-error", "--profile"):
            found[word] = ""
        elif word.startswith("--"):
            found[word] = rest.pop(0)
        else:
            found["scene"] = word
    return found


class Host:
    """One fake render."""

    def __init__(self, given: dict[str, str]) -> None:
        self.given = given
        self.fd = int(given.get("--events-fd", "-1"))
        self.width, self.height = map(int, given["--size"].split("x"))
        self.side = int(given["--tile"])
        self.columns = -(-self.width // self.side)
        self.tiles = self.columns * -(-self.height // self.side)
        self.out = ""
        self.done = 0
        self.interrupted = 0
        self.status: str | None = given.get("--status")
        self.frames: list[int] = []
        for part in given["--frames"].split(","):
            ends = re.split(r"\.\.|:", part)
            first, last = int(ends[0]), int(ends[1] if len(ends) > 1 else ends[0])
            self.frames += range(first, last + 1, int(ends[2]) if len(ends) > 2 else 1)

    def send(self, **event: object) -> None:
        self.write(json.dumps(event).encode() + b"\n")

    def write(self, data: bytes) -> None:
        if self.fd >= 0:
            os.write(self.fd, data)

    def say(self, text: str) -> None:
        os.write(1, text.encode() + b"\n")

    def hello(self) -> None:
        self.send(ev="hello", schema=2, word=WORD, host=WORD, pid=os.getpid())
        self.send(
            ev="interp",
            python="3.11.7",
            gil=True,
            free_threaded=False,
            executable=sys.executable,
            compiler="GCC 12.2.0",
            start_ns=21_000_000,
            news="a key of a newer host",
        )

    def begin(
        self, frame: int = 1, engine: str = "shared", why: str = "the only one", gil: bool = True
    ) -> None:
        self.done = 0
        self.out = self.given["--out"]
        if len(self.frames) > 1:
            self.out = re.sub("#+", lambda run: str(frame).zfill(len(run[0])), self.out)
        shape = f"({self.height}, {self.width}, 4)"
        head = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
        with Path(self.out).open("wb") as file:
            file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", 118))
            file.write(head.ljust(117).encode() + b"\n")
            file.truncate(128 + self.width * self.height * 16)
        if self.status is not None:
            with Path(self.status).open("wb") as file:
                file.write(struct.pack("=8sII48x", b"PNSTAT1\0", 2, 64))
                file.write(struct.pack("=6iQ32x", -1, -1, 0, 0, 0, 0, 0))
                file.write(struct.pack("=6iQ32x", 1, 0, 40, 7, 2, frame, 99))
        self.send(
            ev="scene",
            script=self.given["scene"],
            frame=frame,
            title="fake",
            width=self.width,
            height=self.height,
            samples=int(self.given["--samples"]),
            tile=self.side,
            tiles=self.tiles,
            threads=2,
            engine=engine,
            why=why,
            gil=gil,
            attach="tile",
            order="hilbert",
            seed=0,
            objects=1,
            triangles=0,
            lamps=1,
            nodes=["Tilings"],
            digest="00",
            load_ns=1_500_000,
        )

    def tile(self, frame: int = 1) -> None:
        """Paint the next tile in one colour and report it."""
        number = self.done
        left, top = number % self.columns * self.side, number // self.columns * self.side
        with Path(self.out).open("r+b") as file:
            for y in range(top, min(top + self.side, self.height)):
                file.seek(128 + (y * self.width + left) * 16)
                width = min(self.side, self.width - left)
                file.write(struct.pack("<4f", frame / 4, 0.5, number / self.tiles, 1.0) * width)
        self.done += 1
        self.send(
            ev="tile", i=number, frame=frame, thread=1, at=1, wall=5, wait=1, python=4, calls=9
        )

    def sampled(self, frame: int) -> None:
        """A node with two lines, and a helper of one of them, as two workers sampled them."""
        for pid in (8, 9):
            file = str(Path(self.given["scene"]).resolve())
            of: dict[str, object] = {"ev": "place", "frame": frame, "pid": pid}
            self.send(**of, id=0, parent=-1, samples=0, cpu_ns=0, node="Tilings", tree="floor")
            for at, parent, samples, name, line in (
                (1, 0, 10, "Tilings.__call__", 1),
                (2, 0, 0, "Tilings.__call__", 3),
                (3, 2, 30, "help<er>", 9),
            ):
                where = {"file": file, "function": name, "line": line}
                cpu_ns = samples * 1000
                self.send(**of, id=at, parent=parent, samples=samples, cpu_ns=cpu_ns, **where)
            self.send(ev="profile", frame=frame, pid=pid, samples=40, cut=0, outside_ns=5)

    def end(self, frame: int = 1, errors: int = 0, cancelled: bool = False) -> None:
        if "--profile" in self.given:
            self.sampled(frame)
        for worker in (1, 2):  # each its own share
            names = {"node": "Tilings", "tree": "floor"}
            sums = {"calls": 500, "samples": 500, "cpu_ns": 90_000 + worker}
            self.send(ev="cost", frame=frame, native=False, **names, **sums)
        self.send(ev="cost", frame=frame, native=True, node="Noise", tree="floor", calls=4,
                  samples=4096, cpu_ns=100_000)  # fmt: skip
        self.send(ev="cost", frame=frame, calls=9, samples=9, cpu_ns=200_000, others=3)
        self.send(
            ev="frame",
            frame=frame,
            out=self.out,
            render_ns=250_000_000,
            tiles_done=self.done,
            tiles=self.tiles,
            node_calls=1000,
            python_ns=400_000,
            python_cpu_ns=186_000,
            cpu_ns=400_000,
            wait_ns=10,
            native_ns=10,
            node_errors=errors,
            cancelled=cancelled,
        )

    def bye(self, code: int) -> None:
        self.send(ev="bye", code=code, wall_ns=300_000_000, stop_ns=1_000_000, peak_kib=20480)
        sys.exit(code)

    def whole(self, frame: int = 1) -> None:
        self.begin(frame)
        for _ in range(self.tiles):
            self.tile(frame)
        self.end(frame)

    def fail_node(self, frame: int = 1) -> None:
        self.send(
            ev="error",
            code=11,
            kind="node",
            what="ValueError: scale is 0",
            where="fake.py:12 in __call__",
            help="",
            node="Tilings",
            pixel=[40, 7],
            sample=0,
            thread=1,
            tile=1,
            frame=frame,
            detail='Traceback (most recent call last):\n  File "fake.py", line 12\nValueError: 0',
            again="--only-tile 1",
        )


def mode_ok(host: Host) -> None:
    host.hello()
    host.say("hello from a node")
    host.send(ev="warning", what="the mesh has no uv", where="a.obj", help="unwrap it")
    for frame in host.frames:
        host.whole(frame)
    host.bye(0)


def mode_wrong(host: Host) -> None:
    """Another picture on more threads than one."""
    host.hello()
    host.whole()
    if host.given["--threads"] != "1":
        with Path(host.out).open("r+b") as file:
            file.seek(128)
            file.write(struct.pack("<8f", *[0.75] * 8))
    host.bye(0)


def mode_node_error(host: Host) -> None:
    host.hello()
    for frame in host.frames:
        host.begin(frame)
        host.fail_node(frame)
        host.fail_node(frame)
        for _ in range(host.tiles):
            host.tile(frame)
        host.end(frame, errors=1)
    host.bye(11)


def mode_hostile(host: Host) -> None:
    """Whatever can be a text is that of FAKE_HOST_TEXT, a JSON string."""
    text = json.loads(os.environ["FAKE_HOST_TEXT"])
    host.hello()
    host.send(ev="warning", what=text, where=text, help=text)
    os.write(1, text.encode("utf-8", "surrogatepass") + b"\xff\n")
    host.begin()
    host.send(
        ev="error",
        code=11,
        kind="node",
        what=text,
        where=text,
        help=text,
        node=text,
        frame=1,
        x=3,
        y=4,
        tile=1,
        thread=0,
        sample=0,
        detail=text,
        again=text,
    )
    for _ in range(host.tiles):
        host.tile()
    host.end(errors=1)
    host.bye(11)


def mode_scene_error(host: Host) -> None:
    host.hello()
    host.send(
        ev="error",
        code=10,
        kind="scene",
        what="NameError: name 'Spher' is not defined",
        where="scene.py:3 in build",
        help="did you mean 'Sphere'?",
        detail="Traceback (most recent call last):\n  ...",
    )
    host.bye(10)


def mode_segfault(host: Host) -> None:
    host.hello()
    host.begin()
    host.tile()
    host.say("Fatal Python error: Segmentation fault")
    host.send(ev="crash", signal=11, thread=1, tile=1)
    host.write(b'{"ev":"tile","i":1,"fra')
    os.kill(os.getpid(), signal.SIGSEGV)


def mode_killed(host: Host) -> None:
    """Dies in the second of three frames, and says nothing."""
    host.hello()
    host.whole(host.frames[0])
    host.begin(host.frames[1])
    host.tile(host.frames[1])
    os.kill(os.getpid(), signal.SIGKILL)


def mode_exit_0(host: Host) -> None:
    host.hello()
    host.begin()
    os._exit(0)


def mode_garbage(host: Host) -> None:
    host.hello()
    host.write(b"not json\n\xff\xfe\x00\n[1, 2]\n" + b'{"ev":"tile","i":"seven"}\n' + b"{\n")
    host.whole()
    host.bye(0)


def mode_fallback(host: Host) -> None:
    """Begins with one engine and goes on with another, as `auto` does."""
    host.hello()
    host.begin(engine="isolated", why="a GIL per thread")
    host.tile()
    host.begin(engine="shared", why="no interpreter of its own per thread: numpy 9.8", gil=False)
    for _ in range(host.tiles):
        host.tile()
    host.end()
    host.bye(0)


def die(host: Host, worker: int, help: str) -> None:
    what = f"worker {worker} was ended by signal 11 (Segmentation fault): tile 1, frame 1"
    host.send(ev="warning", what=what, where=host.given["scene"], help=help)


def mode_worker_died(host: Host) -> None:
    """One worker is gone, the picture is whole."""
    host.hello()
    host.begin(engine="process", why="asked for")
    die(host, 1, "another worker renders its tile again")
    for _ in range(host.tiles):
        host.tile()
    host.end()
    host.bye(0)


def mode_lost(host: Host) -> None:
    """Tile 1 of every frame kills its workers."""
    host.hello()
    for frame in host.frames:
        host.begin(frame, engine="process", why="asked for")
        host.tile(frame)
        die(host, 0, "another worker renders its tile again")
        die(host, 1, "two workers died in that tile; it stays black")
        host.done += 1
        for _ in range(host.tiles - 2):
            host.tile(frame)
        host.done -= 1
        host.end(frame)
    host.send(
        ev="error", code=15, kind="lost", what="1 tile lost: each killed two workers",
        where="", help="render that tile alone with --engine shared -t 1 to see where it dies",
    )  # fmt: skip
    host.bye(15)


def mode_workers_hang(host: Host) -> None:
    """The host and its worker both print their stacks when they are asked."""
    code = """
import os, signal, time
signal.signal(signal.SIGUSR1, lambda *_: os.write(2, b'stack of the worker\\n'))
while True:
    time.sleep(60)
"""
    worker = subprocess.Popen([sys.executable, "-S", "-c", code])
    signal.signal(signal.SIGUSR1, lambda *_: os.write(2, b"stack of the host\n"))
    host.hello()
    host.begin(engine="process", why="asked for")
    worker.wait()


def mode_unknown_event(host: Host) -> None:
    host.hello()
    host.send(ev="moon", phase=3)
    time.sleep(600)


def mode_other_schema(host: Host) -> None:
    host.send(ev="hello", schema=3, word=WORD)
    time.sleep(600)


def mode_stranger(host: Host) -> None:
    """Not a host at all."""
    host.say("usage: something else")


def mode_no_library(host: Host) -> None:
    os.write(2, b"error while loading shared libraries: libpython3.11.so.1.0\n")
    sys.exit(127)


def mode_hang(host: Host) -> None:
    """Deaf to everything but SIGUSR1 and SIGKILL, with a child of its own."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: os.write(2, b"Thread 1: in tilings.py line 7\n"))
    child = subprocess.Popen(["sleep", "600"])
    host.hello()
    host.begin()
    host.tile()
    host.say(f"pids {os.getpid()} {child.pid}")
    while True:
        time.sleep(60)


def mode_slow(host: Host) -> None:
    """Renders for ever; the first SIGINT ends it well, the second at once."""

    def interrupt(*_: object) -> None:
        host.interrupted += 1
        host.say(f"interrupt {host.interrupted}")
        if host.interrupted == 2:
            os._exit(14)

    signal.signal(signal.SIGINT, interrupt)
    host.hello()
    host.begin()
    host.tile()
    parent = os.getppid()

    def rest() -> None:
        time.sleep(0.01)
        if os.getppid() != parent:
            os._exit(1)  # the real host dies with who started it, too

    host.say(f"ready {os.getpid()}")
    while not host.interrupted:
        rest()
    host.tile()
    while os.environ.get("FAKE_HOST_STUBBORN"):
        rest()
    host.end(cancelled=True)
    host.bye(14)


def mode_paced(host: Host) -> None:
    """As ok, but slow enough to watch."""
    host.hello()
    for frame in host.frames:
        host.begin(frame)
        for number in range(host.tiles):
            time.sleep(float(os.environ.get("FAKE_HOST_PACE", "0.05")))
            if number % 20 == 7:
                host.say(f"a node prints at tile {number}")
            host.tile(frame)
        host.end(frame)
    host.bye(0)


def main() -> None:
    given = flags(sys.argv[1:])
    if "--version" in given:
        print(
            f"pynodes-host {WORD}\npython 3.11.7 (built with 3.11.7)\ngil on\ncompiler GCC 12.2.0"
        )
    elif "--describe" in given:
        print(os.environ["FAKE_HOST_TABLE"])
    elif "--nodes" in given:
        print("a scene may print")
        print(json.dumps(NODES))
    else:
        name = os.environ.get("FAKE_HOST_MODE", "ok").replace("-", "_")
        if (define := given.get("--define", "")).startswith("mode="):  # so that a cell has its own
            name = define.removeprefix("mode=")
        globals()[f"mode_{name}"](Host(given))


main()
