"""What the host is measured against: drivers in plain Python and in C, and what the machine can do.

For bench.py.
"""

from __future__ import annotations

import hashlib
import subprocess
import threading
import time

from hosts import LIMIT_S, ROOT, SCENES, Facts, HostError

# Run in the host's own Python.
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
