"""Run the C tests and many renders under sanitizers; any report fails, as does a wrong exit status.

    python3 tools/sanitize/sanitize.py               ASan + UBSan + LeakSanitizer, build/asan
    python3 tools/sanitize/sanitize.py --valgrind    the same under memcheck, build/valgrind
    python3 tools/sanitize/sanitize.py --thread DIR  ThreadSanitizer, build/tsan
    python3 tools/sanitize/sanitize.py SCENE...      these scenes instead of all in scripts/scenes

The host runs straight from its build folder, with the Python of ./.venv (`tools/dev.py` makes it),
whose own allocator would hide our errors: so PYTHONMALLOC=malloc, and free-threaded Pythons, which
cannot do without theirs, are refused. ThreadSanitizer takes the free-threaded CPython in DIR, built
with it as well, or it would not see what happens inside the other; `--source CPYTHON` builds that
first (3.13 or newer, once). What is passed over stands, with its reason, in the .supp files here.

Exit status: 0 nothing found; 1 something was; 2 usage; 3 something is missing; 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bootstrap.machine import COMPILER, how_to_get, probe, without_compiler
from bootstrap.place import Place, alone, build, set_up
from bootstrap.steps import (
    EXIT_INTERRUPTED,
    EXIT_MISSING,
    EXIT_USAGE,
    ROOT,
    Failure,
    run_logged,
    step,
)
from cases import Run, memory_cases, scenes_first_stress, thread_cases

REPORT_STATUS = 99
LIMIT_S = 900
REPORT_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:")
DEBUGGABLE = ("-Db_lundef=false", "-Doptimization=1", "-Ddebug=true")
MEMCHECK = (
    "valgrind",
    "--quiet",
    f"--error-exitcode={REPORT_STATUS}",
    "--leak-check=full",
    "--errors-for-leak-kinds=definite",
    "--show-leak-kinds=definite",
    "--fair-sched=yes",
    "--num-callers=30",
    f"--suppressions={HERE / 'valgrind.supp'}",
)


@dataclass(frozen=True)
class Setup:
    """Where and how the cases are run."""

    folder: Path  # a build
    env: dict[str, str]
    cases: Iterable[Run]
    prefix: Sequence[str] = ()


def emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def c_cases(folder: Path) -> list[Run]:
    names = sorted(source.stem for source in (ROOT / "tests" / "c").glob("test_*.c"))
    return [Run(name, (str(folder / "tests" / "c" / name),)) for name in names]


def memory_bench(place: Place, asked: argparse.Namespace) -> Setup:
    """AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer; or memcheck."""
    facts = probe(place.python)
    version, is_old = facts["version"], facts["version"].startswith("3.11.")
    if facts["free_threaded"] == "1":
        raise Failure(
            "sanitizers need PYTHONMALLOC=malloc, which free-threaded Pythons do not run with",
            str(place.python),
            "use a Python with a GIL: --python P --venv DIR",
            EXIT_USAGE,
        )
    prefix: tuple[str, ...] = ()
    if asked.valgrind:
        if shutil.which("valgrind") is None:
            packages = {"debian": "apt", "fedora": "dnf"}
            cures = {key: f"sudo {tool} install valgrind" for key, tool in packages.items()}
            raise Failure("there is no valgrind", "PATH", how_to_get(cures), EXIT_MISSING)
        folder = build(place, "valgrind", "-Dbuildtype=debugoptimized")
        # In 3.11 an int of value 0 has a first digit that is read before anything is written to it
        # (times 0, so harmless; python/cpython#102509). Hundreds of reports follow.
        prefix = (*MEMCHECK, "--undef-value-errors=no") if is_old else MEMCHECK
    else:
        packages = {**COMPILER, "fedora": "sudo dnf install libasan libubsan"}
        missing = without_compiler("-fsanitize=address,undefined", packages=packages)
        if missing is not None:
            raise missing
        folder = build(place, "asan", "-Db_sanitize=address,undefined", *DEBUGGABLE)
    log = f"exitcode={REPORT_STATUS}:log_path={emptied(folder / 'reports') / 'report'}"
    passed_over = "" if is_old else f":suppressions={HERE / 'lsan.supp'}"
    env = {
        **place.env,
        "PYTHONMALLOC": "malloc",
        # handle_segv=2: the host's own handler must not take a report's place.
        "ASAN_OPTIONS": f"detect_leaks=1:handle_segv=2:{log}",
        "LSAN_OPTIONS": "print_suppressions=0" + passed_over,
        "UBSAN_OPTIONS": f"print_stacktrace=1:halt_on_error=1:{log}",
    }
    host, scratch = str(folder / "host" / "pynodes-host"), emptied(folder / "scratch")
    scenes = scenes_first_stress(asked.scene)
    cases = memory_cases(host, scenes, scratch, version, quick=asked.valgrind)
    return Setup(folder, env, [*c_cases(folder), *cases], prefix)


def thread_bench(place: Place, asked: argparse.Namespace) -> Setup:
    """ThreadSanitizer, on a Python that was built with it."""
    prefix = asked.thread.absolute()
    if asked.source is not None and not list(prefix.glob("bin/python3*")):
        build_python(place, asked.source.absolute(), prefix)
    pythons = sorted(prefix.glob("bin/python3.[0-9]*[0-9t]"))
    if not pythons:
        raise Failure(
            "there is no Python", str(prefix), "--source CPYTHON builds one", EXIT_MISSING
        )
    options = (f"-Dpython={pythons[0]}", "-Db_sanitize=thread", *DEBUGGABLE)
    folder = build(place, "tsan", *options)
    report = emptied(folder / "reports") / "report"
    tsan = (
        f"suppressions={HERE / 'tsan.supp'}:exitcode={REPORT_STATUS}:history_size=7"
        f":handle_segv=0:print_suppressions=0:log_path={report}"
    )
    host, scratch = str(folder / "host" / "pynodes-host"), emptied(folder / "scratch")
    cases = thread_cases(
        host,
        scenes_first_stress(asked.scene),
        scratch,
        probe(pythons[0])["version"],
        rounds=2 if asked.scene else 10,
    )
    return Setup(folder, {**os.environ, "TSAN_OPTIONS": tsan}, cases)


def build_python(place: Place, source: Path, prefix: Path) -> None:
    """Build CPython out of its tree, with ThreadSanitizer."""
    log = place.logs / "cpython.log"
    with step("building CPython"), tempfile.TemporaryDirectory(prefix="cpython-tsan-") as folder:
        options = ["--disable-gil", "--with-thread-sanitizer", "--enable-shared"]
        options += [f"--prefix={prefix}", f"LDFLAGS=-Wl,-rpath,{prefix / 'lib'}"]
        make = f"make -s -j{os.cpu_count() or 1}"
        script = f"cd {folder} && {shlex.join([f'{source}/configure', '-q', *options])}"
        run_logged(["sh", "-c", f"{script} && {make} && {make} install"], log, place.env)


def run_case(bench: Setup, case: Run) -> str:
    """What was found in one case; empty when it went as it must."""
    reports = emptied(bench.folder / "reports")
    try:
        done = subprocess.run(
            [*bench.prefix, *case.command],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            env={**bench.env, **({"PYTHON_GIL": "1"} if case.has_gil else {})},
            cwd=ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no end after {LIMIT_S} s"
    said = done.stdout + done.stderr
    found = [report.read_text(errors="replace") for report in sorted(reports.iterdir())]
    if done.returncode == REPORT_STATUS or any(mark in said for mark in REPORT_MARKS):
        found.append(said)
    elif done.returncode != case.status:
        found.append(f"exit status {done.returncode}, not {case.status}\n{said}")
    return "\n".join(found)


def run_all(bench: Setup, only: str) -> int:
    """Every case with `only` in its name; the exit status."""
    total = bad = 0
    for case in bench.cases:
        if only not in case.name:
            continue
        total += 1
        try:
            with step(case.name):
                found = run_case(bench, case)
                if found:
                    raise Failure(found)
        except Failure as failure:
            bad += 1
            print(f"$ {shlex.join([*bench.prefix, *case.command])}\n{failure}", flush=True)
    print(f"{total - bad} of {total} without a report")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scene", nargs="*", type=Path, help="default: all of scripts/scenes")
    parser.add_argument("--valgrind", action="store_true", help="memcheck instead; slow")
    parser.add_argument("--thread", type=Path, metavar="DIR", help="where a CPython for TSan is")
    parser.add_argument("--source", type=Path, help="source tree of CPython, to build that")
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument("--python", metavar="P", help="the Python to embed; one with a GIL")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="default: .venv")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    asked = parser.parse_args()
    place = Place(asked.venv, asked.build, asked.python)
    try:
        with alone(place):
            set_up(place, "test")
            bench = thread_bench if asked.thread is not None else memory_bench
            return run_all(bench(place, asked), asked.only)
    except Failure as failure:
        print("\n".join(failure.lines), file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
