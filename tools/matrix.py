"""Install, look at, render with and test pynodes on each Python given; a table at the end.

    python3 tools/matrix.py python3.11 ~/.pyenv/versions/3.13.0/bin/python3 /opt/3.13t/bin/python3

Each Python gets a fresh virtual environment, its own build of the C tests and its own logs under
build/matrix/<version>/. The steps: install (with the test extras), `pynodes doctor`, a render, the
test suite. When the installation fails, the rest of that Python's row is left out. `--keep` leaves
the virtual environments there, `--quick` renders but runs only the tests that start no host,
`--tests ARGS` hands words to pytest.

Exit status: 0 when every step passed on every Python, 1 when one did not, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.machine import check_machine, choose_python, probe
from bootstrap.place import BIN, SCENE, NotWhole, Place, build_c_tests, install, make_venv
from bootstrap.steps import EXIT_INTERRUPTED, ROOT, Failure, run_logged, step

QUICK_TESTS = ("tests/unit",)
FILE = "matrix.png"


@dataclass
class Row:
    """One Python's line of the table."""

    label: str
    python: str
    cells: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    log: Path | None = None


@dataclass(frozen=True)
class Bench:
    """Where one Python is tried."""

    python: Path
    facts: dict[str, str]
    place: Place

    def install(self) -> str:
        check_machine(self.python)
        make_venv(self.place)
        install(self.place, ("test",))
        return "ok"

    def doctor(self) -> str:
        self.run("doctor", [self.place.command, "doctor"])
        return "ok"

    def render(self) -> str:
        picture = self.place.build / FILE
        picture.unlink(missing_ok=True)
        self.run(
            "render",
            [
                self.place.command,
                "render",
                SCENE,
                "-o",
                picture,
            ],
        )
        if not picture.is_file():
            raise Failure("the render passed, but there is no picture", where=str(picture))
        return "ok"

    def tests(self, arguments: Sequence[str]) -> str:
        programs = build_c_tests(self.place)
        env = {**self.place.env, "PYNODES_C_TESTS": str(programs)}
        # Its cache would be shared by all rows otherwise.
        cache = f"cache_dir={self.place.build / 'pytest-cache'}"
        log = self.place.logs / "tests.log"
        pytest = self.place.venv / BIN / "pytest"
        with step("tests"):
            run_logged([pytest, "-o", cache, *arguments], log, env)
        return pytest_summary(log)

    def run(self, name: str, command: Sequence[str | Path]) -> None:
        run_logged(command, self.place.logs / f"{name}.log", self.place.env)


def pytest_summary(log: Path) -> str:
    """`212 passed, 3 skipped` from pytest's last line."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    for line in reversed(lines):
        # ===== 212 passed, 3 skipped in 41.20s =====
        found = re.search(r"((?:\d+ \w+(?:, )?)+) in [\d.]+s", line)
        if found:
            return found.group(1)
    return ""


def label_of(facts: dict[str, str]) -> str:
    return facts["version"] + ("t" if facts["free_threaded"] == "1" else "")


def try_python(asked: str, folder: Path, arguments: Sequence[str], keep: bool) -> Row:
    try:
        python = choose_python(asked)
        facts = probe(python)
    except Failure as failure:
        print("\n".join(failure.lines))
        return Row(asked, asked, failed=["find"])
    row = Row(label_of(facts), str(python))
    print(f"{row.label}  {python}", flush=True)
    home = folder / row.label
    # Two Pythons of one version (a distribution's and one's own) must not meet.
    if (home / "row").exists() and (home / "row").read_text() != str(python):
        home = folder / f"{row.label}-{hashlib.sha256(str(python).encode()).hexdigest()[:6]}"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "row").write_text(str(python))
    bench = Bench(python, facts, Place(home / "venv", home / "build", str(python)))
    steps: list[tuple[str, Callable[[], str]]] = [
        ("install", bench.install),
        ("doctor", bench.doctor),
        ("render", bench.render),
        ("tests", lambda: bench.tests(arguments)),
    ]
    for name, work in steps:
        begin = time.monotonic()
        try:
            # Some tell their own steps.
            with step(name) if name in ("doctor", "render") else contextlib.nullcontext():
                told = work()
            row.cells[name] = f"{told or 'ok'} {time.monotonic() - begin:.0f} s"
        except (Failure, NotWhole) as failure:
            row.failed += [name]
            row.log = bench.place.logs
            summary = pytest_summary(row.log / "tests.log") if name == "tests" else ""
            row.cells[name] = summary or "FAILED"
            print("\n".join(getattr(failure, "lines", ["the installation is not whole"])))
            if name == "install":
                break
    if not keep:
        shutil.rmtree(bench.place.venv, ignore_errors=True)
        shutil.rmtree(bench.place.build / "dev", ignore_errors=True)
    return row


def table(rows: Sequence[Row]) -> list[str]:
    """The rows under a head, columns as wide as they must be."""
    head = ["Python", "install", "doctor", "render", "tests", "executable"]
    body = [
        [row.label, *(row.cells.get(name, "-") for name in head[1:5]), row.python] for row in rows
    ]
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in [head, *body]
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="matrix.py", description=__doc__.splitlines()[0])
    parser.add_argument("python", nargs="+", help="a path, a name on PATH, or a version")
    parser.add_argument("--keep", action="store_true", help="keep the virtual environments")
    parser.add_argument("--quick", action="store_true", help="only the tests that start no host")
    parser.add_argument("--tests", metavar="ARGS", default="", help="words for pytest")
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "build" / "matrix", help="default: build/matrix"
    )
    asked = parser.parse_args()
    words = ["-q", *shlex.split(asked.tests), *(QUICK_TESTS if asked.quick else ())]
    rows = []
    try:
        for python in asked.python:
            rows.append(try_python(python, asked.folder.absolute(), words, asked.keep))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    print()
    print("\n".join(table(rows)))
    bad = [row for row in rows if row.failed]
    for row in bad:
        print(
            f"{row.label}: {', '.join(row.failed)} failed"
            + (f"; logs in {row.log}" if row.log else "")
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
