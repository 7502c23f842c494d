"""Hosts to be measured: what they are, one run of one, what a run's figures are, this machine.

For bench.py and theory.py.
"""

from __future__ import annotations

import atexit
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
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


def per_call(found: dict[str, Any]) -> float:
    return float(found["frame"]["python_ns"]) / float(found["frame"]["node_calls"])


def seconds(found: dict[str, Any]) -> float:
    return float(found["frame"]["render_ns"]) / 1e9


def mib(found: dict[str, Any]) -> float:
    return float(found["bye"]["peak_kib"]) / 1024.0


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
