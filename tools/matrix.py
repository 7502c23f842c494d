"""Install, look at, render with and test pynodes on each Python given; a table at the end.

    python3 tools/matrix.py python3.11 ~/.pyenv/versions/3.13.0/bin/python3 /opt/3.13t/bin/python3

Each Python gets a fresh virtual environment, its own build of the C tests and its own logs under
build/matrix/<version>/. The steps: install, `pynodes doctor`, the render and the tests of dev.py.
When a step fails, the rest of that Python's row is still tried; not without an installation.
`--keep` leaves the virtual environments there, `--quick` runs only the tests that start no host,
`--tests ARGS` hands words to pytest.

Exit status: 0 when every step passed on every Python, 1 when one did not, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from bootstrap.machine import choose_python, probe
from bootstrap.place import Place, set_up
from bootstrap.steps import EXIT_FAILED, EXIT_INTERRUPTED, ROOT, Command, Failure, run_logged, step

STEPS = ("install", "doctor", "render", "tests")


def place_for(python: Path, facts: dict[str, str], folder: Path) -> Place:
    """An empty folder named by the version; two Pythons of one version do not meet."""
    home = folder / (facts["version"] + ("t" if facts["free_threaded"] == "1" else ""))
    mark = home / "python"
    if mark.exists() and mark.read_text() != str(python):
        home = Path(f"{home}-{hashlib.sha256(str(python).encode()).hexdigest()[:6]}")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "python").write_text(str(python))
    return Place(home / "venv", home / "build", str(python))


def last_summary(log: Path) -> str:
    """`212 passed, 3 skipped` from pytest's last line, or `ok`."""
    # ===== 212 passed, 3 skipped in 41.20s =====
    found = re.findall(r"((?:\d+ \w+(?:, )?)+) in [\d.]+s", log.read_text(errors="replace"))
    return found[-1] if found else "ok"


def try_python(asked: str, folder: Path, words: Sequence[str], keep: bool) -> dict[str, str]:
    """One line of the table."""
    row = {"Python": asked, "executable": "", "logs": ""}
    try:
        python = choose_python(asked)
        place = place_for(python, probe(python), folder)
        row |= {
            "Python": place.venv.parent.name,
            "executable": str(python),
            "logs": str(place.logs),
        }
        print(f"{row['Python']}  {python}", flush=True)
        row["install"] = "FAILED"
        set_up(place, "test")
        row["install"] = "ok"
    except Failure as failure:
        print("\n".join(failure.lines))
        return row
    dev = (place.python, ROOT / "tools" / "dev.py", "--venv", place.venv, "--build", place.build)
    # Its cache would be shared by all rows otherwise.
    cache = f"cache_dir={place.build / 'pytest-cache'}"
    commands: dict[str, Command] = {
        "doctor": (place.command, "doctor"),
        "render": (*dev, "render"),
        "tests": (*dev, "test", "-o", cache, *words),
    }
    for name, command in commands.items():
        log = place.logs / f"{name}.log"
        try:
            with step(name):
                run_logged(command, log, place.env)
            row[name] = last_summary(log)
        except Failure as failure:
            row[name] = f"FAILED {last_summary(log)}"
            print("\n".join(failure.lines))
    if not keep:
        shutil.rmtree(place.venv)
        shutil.rmtree(place.build / "dev", ignore_errors=True)
    return row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="+", help="a path, a name on PATH, or a version")
    parser.add_argument("--keep", action="store_true", help="keep the virtual environments")
    parser.add_argument("--quick", action="store_true", help="only the tests that start no host")
    parser.add_argument("--tests", metavar="ARGS", default="", help="words for pytest")
    asked = parser.parse_args()
    words = ["-q", *shlex.split(asked.tests), *(["tests/unit"] if asked.quick else ())]
    folder = ROOT / "build" / "matrix"
    try:
        rows = [try_python(python, folder, words, asked.keep) for python in asked.python]
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    head = ("Python", *STEPS, "executable", "logs")
    lines = [head, *(tuple(row.get(name, "-") for name in head) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    print()
    for line in lines:
        print("  ".join(map(str.ljust, line, widths)).rstrip())
    bad = any("FAILED" in row.get(name, "FAILED") for row in rows for name in STEPS)
    return EXIT_FAILED if bad else 0


if __name__ == "__main__":
    sys.exit(main())
