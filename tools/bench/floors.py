"""What is measured, and what it is measured against, for bench.py and theory.py.

A host with the Python it embeds, one run of it; drivers in plain Python and in C, and what the
machine can do.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hosts import ROOT, Ended, run

from pynodes.machine import machine_facts

SCENES = ROOT / "scripts" / "bench"
LIMIT_S = 300.0


class HostError(Exception):
    """A run that did not end well."""


@dataclass(frozen=True)
class Facts:
    """Which host, which Python."""

    host: Path
    python: str  # "3.13.5"
    free_threaded: bool
    executable: str
    optimised: str  # how that Python was built
    floor: str  # an interpreter on the same libpython as the host; else the executable

    @property
    def label(self) -> str:
        return self.python + ("t" if self.free_threaded else "")

    @property
    def minor(self) -> int:
        return int(self.python.split(".")[1])


def render(host: Path, scene: str, *flags: str) -> Ended:
    """One run of the host on a scene of scripts/bench; raises HostError when it fails."""
    command = [str(host), *flags, str(SCENES / scene)]
    ended = run(command, LIMIT_S)
    if ended.status != 0 or not ended.of("frame"):
        raise HostError(f"{' '.join(command)}\nstatus {ended.status}: {ended.of('error')}")
    return ended


def output_of(python: str, code: str) -> str:
    """What a Python prints for this code."""
    command = [python, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)
    if done.returncode != 0:
        raise HostError(done.stderr)
    return done.stdout


ASKED = """
import json, sysconfig
get = sysconfig.get_config_var
print(json.dumps([get("CONFIG_ARGS") or "", sysconfig.get_path("include"), get("LIBDIR"),
                  "python" + (get("LDVERSION") or "")]))
"""


def learn(host: Path) -> Facts:
    """Ask a host for its Python, and that Python for how it was built."""
    interp = render(host, "bench_native.py", "--size", "4x4", "-t", "1").of("interp")[0]
    executable = interp["executable"]
    arguments, *places = json.loads(output_of(executable, ASKED))
    flags = {"PGO": "--enable-optimizations", "LTO": "--with-lto"}
    words = [name for name, flag in flags.items() if flag in arguments]
    return Facts(
        host,
        interp["python"],
        interp["free_threaded"],
        executable,
        "+".join(words) or "no PGO, no LTO",
        build_floor(*places) or executable,
    )


LAUNCHER = """
#include <Python.h>
int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
"""


def build_floor(include: str, folder: str, library: str) -> str:
    """An interpreter on the shared libpython, as the host is; empty without a compiler.

    Debian's python3 has the interpreter linked in, without -fPIC: up to 1.3 times as fast, and so
    no floor for a program that embeds.
    """
    scratch = Path(tempfile.mkdtemp(prefix="pynodes-floor-"))
    atexit.register(shutil.rmtree, scratch, ignore_errors=True)
    source, program = scratch / "floor.c", str(scratch / "python3")
    source.write_text(LAUNCHER)
    command = ["cc", "-O2", f"-I{include}", str(source), f"-L{folder}", f"-Wl,-rpath,{folder}"]
    try:
        subprocess.run([*command, f"-l{library}", "-o", program], capture_output=True, check=True)
        output_of(program, "pass")
    except (OSError, subprocess.CalledProcessError, HostError):
        return ""
    return program


def machine() -> str:
    """This machine in one line."""
    facts = machine_facts()
    kernel = facts["kernel"].split("-")[0]
    return f"{facts['usable_cores']} cores, {facts['processor']}, {facts['system']} {kernel}"


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
    drive, loop = (float(line) for line in output_of(facts.floor, source).split())
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
