"""How long it takes until something happens."""

from __future__ import annotations

import subprocess
import tempfile
import time

from hosts import LIMIT_S, SCENES, Facts

from rows.row import Row


def rows(facts: Facts) -> list[Row]:
    """The command line and the bare host."""
    return [
        Row("start help", "pynodes --help over python3 -c pass, wall", "6 or less"),
        Row("start render", "a 32x32 render through the command line", "8 or less"),
        Row("start host", "the bare host on the same", "2 or less"),
    ]


def clock(*command: str) -> float:
    """Seconds from start to end; raises CalledProcessError when the command fails."""
    begin = time.perf_counter()
    quiet = subprocess.DEVNULL
    subprocess.run(command, check=True, stdout=quiet, stderr=quiet, timeout=LIMIT_S)
    return time.perf_counter() - begin


def measure(facts: Facts) -> dict[str, float]:
    """All over the time of an interpreter that does nothing."""
    base = clock(facts.executable, "-c", "pass")
    tiny = ("--size", "32x32", "-t", "1", str(SCENES / "bench_tilings.py"))
    found = {"start host": clock(str(facts.host), *tiny) / base}
    command = facts.host.with_name("pynodes")
    if command.exists():
        with tempfile.TemporaryDirectory() as folder:
            out = ("-q", "-o", f"{folder}/x.png")
            found["start help"] = clock(str(command), "--help") / base
            found["start render"] = clock(str(command), "render", *out, *tiny) / base
    return found
