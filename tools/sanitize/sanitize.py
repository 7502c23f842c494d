"""Run the C tests and some renders under AddressSanitizer and UndefinedBehaviorSanitizer.

    python3 tools/sanitize/sanitize.py             ASan + UBSan + LeakSanitizer, build/asan
    python3 tools/sanitize/sanitize.py --valgrind  the same under memcheck, build/valgrind
    python3 tools/sanitize/sanitize.py SCENE...    these scenes instead of all in scripts/scenes

The host runs straight from its build folder, with the Python of ./.venv (`tools/dev.py` makes it).
CPython's own allocator would hide our errors, so PYTHONMALLOC=malloc; free-threaded Pythons cannot
do without theirs and are refused. Any report fails, also one that did not change the exit status.
What is passed over stands, with its reason, in lsan.supp and valgrind.supp beside this.

Exit status: 0 nothing found; 1 something was; 2 usage; 3 something is missing; 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bootstrap.machine import how_to_get, probe
from bootstrap.place import BIN, SCENE, Place, alone, set_up
from bootstrap.steps import (
    EXIT_INTERRUPTED,
    EXIT_MISSING,
    EXIT_USAGE,
    ROOT,
    Failure,
    run_logged,
    step,
)

REPORT_STATUS = 99
LIMIT_S = 600
REPORT_MARKS = (
    "ERROR: AddressSanitizer",
    "ERROR: LeakSanitizer",
    "runtime error:",
    "AddressSanitizer:DEADLYSIGNAL",
)

RAISING_NODE = '''\
from __future__ import annotations

from pynodes.nodes import Node, Socket


class Raises(Node):
    """Raises on a part of the picture."""

    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        x, y, z = self.input.Coords
        if x > 0.5:
            raise ValueError("x is %g" % x)
        self.output.Color = (x, y, z, 1.0)
'''
# Keeps views beyond their call and their thread, ends with objects that have opinions about it.
AWKWARD_NODE = '''\
import atexit
import gc
import threading

from pynodes.nodes import Node, Socket

KEPT = []


def look():
    for view in list(KEPT):
        for read in (lambda: view[0], lambda: view.point, lambda: view.Coords):
            try:
                read()
            except (RuntimeError, TypeError, AttributeError):
                pass


atexit.register(look)


class Awkward(Node):
    """Does what it should not."""

    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]
        self.me = self

    def __del__(self):
        look()

    def __call__(self):
        x, y = self.shi.pixel
        self.output.Color = (1, 1, 1, 1)
        if x % 16 == 0 and y % 16 == 0:
            KEPT.extend((self.input, self.output, self.shi, type(self.shi)))
            thread = threading.Thread(target=look)
            thread.start()
            thread.join()
            for bad in (1, "x", (1, 2), (1, 2, 3, "x"), iter(()), None):
                try:
                    self.output.Color = bad
                except (TypeError, ValueError):
                    pass
            gc.collect()
'''
BROKEN_SCENE = "def build(params, frame):\n    return 1 / 0\n"
UNREADABLE_SCENE = "def build(params, frame:\n"


@dataclass(frozen=True)
class Case:
    """One command and the exit status it must have."""

    name: str
    command: list[str]
    status: int


def arguments_for(scene: Path) -> list[str]:
    """The scene, without a thread that it would leave running: such a daemon is cut off where it is
    when Python ends, and what it holds then is a leak of CPython's, not ours."""
    return [str(scene), "-D", "left=0"] if scene.name == "stress.py" else [str(scene)]


def engine_cases(
    host: Path, scenes: Sequence[Path], scratch: Path, common: Sequence[str], python: str
) -> Iterator[Case]:
    """Every engine and attach policy, with nodes that fail and with more than one frame."""
    engines = ["shared", "process"]
    if tuple(int(part) for part in python.split(".")[:2]) >= (3, 12):
        engines.append("isolated")
    failing = {"raise": "raise ValueError(x)", "exit": "sys.exit(3)", "recurse": "self()"}
    for name, body in failing.items():
        text = RAISING_NODE.replace('raise ValueError("x is %g" % x)', body)
        text = text.replace("class Raises", "import sys\n\n\nclass Raises")
        (scratch / f"{name}.py").write_text(text, encoding="utf-8")
    (scratch / "awkward.py").write_text(AWKWARD_NODE, encoding="utf-8")
    series = ["--frames", "1..3", "--out", str(scratch / "series_#.npy")]
    for engine in engines:
        start = [str(host), *common, "--engine", engine, "-t", "4"]
        for scene in scenes:
            yield Case(f"{engine} {scene.name}", [*start, *arguments_for(scene)], 0)
        for name in failing:
            yield Case(f"{engine} {name}", [*start, str(scratch / f"{name}.py")], 11)
        yield Case(f"{engine} awkward", [*start, str(scratch / "awkward.py")], 0)
        yield Case(f"{engine} series", [*start, *series, str(scenes[0])], 0)
    for policy in ("fresh", "call", "row", "thread"):
        start = [str(host), *common, "--engine", "shared", "--attach", policy, "-t", "3"]
        yield Case(f"attach {policy}", [*start, str(scenes[0])], 0)


def host_cases(
    host: Path, scenes: Sequence[Path], scratch: Path, valgrind: bool, python: str
) -> Iterator[Case]:
    """What the host is asked to do; small pictures, but every path of start, wrap and stop."""
    size = (
        ("--size", "16x12", "--samples", "1") if valgrind else ("--size", "48x36", "--samples", "2")
    )
    common = [*size, "--tile", "8", "--out", str(scratch / "out.npy")]
    for flag in ("--version", "--help", "--describe", "--nodes"):
        yield Case(f"host {flag}", [str(host), flag], 0)
    yield Case("host without a scene", [str(host)], 2)
    yield Case("host with a wrong flag", [str(host), "--tile", "0", "none.py"], 2)
    yield Case("host, scene not there", [str(host), *common, str(scratch / "none.py")], 10)
    for scene in scenes:
        for threads in ("1",) if valgrind else ("1", "4"):
            yield Case(
                f"{scene.name} -t {threads}",
                [str(host), "-t", threads, *common, *arguments_for(scene)],
                0,
            )
    for name, text, status in (
        ("raises.py", RAISING_NODE, 11),
        ("broken.py", BROKEN_SCENE, 10),
        ("unreadable.py", UNREADABLE_SCENE, 10),
    ):
        path = scratch / name
        path.write_text(text, encoding="utf-8")
        evidence = ["--evidence", str(scratch / "evidence"), "--status", str(scratch / "status")]
        yield Case(name, [str(host), "-t", "3", *common, *evidence, str(path)], status)
    if not valgrind:
        yield from engine_cases(host, scenes, scratch, common, python)


def c_cases(programs: Path) -> Iterator[Case]:
    for source in sorted((ROOT / "tests" / "c").glob("test_*.c")):
        yield Case(source.stem, [str(programs / source.stem)], 0)


# --- the two tools --------------------------------------------------------------------------------


def sanitizer_environment(place: Place, reports: Path, python: str) -> dict[str, str]:
    log = f"log_path={reports / 'report'}"
    passed_over = "" if python.startswith("3.11.") else f":suppressions={HERE / 'lsan.supp'}"
    return {
        **place.env,
        "PYTHONMALLOC": "malloc",
        # handle_segv=2: the host's own handler must not take a report's place.
        "ASAN_OPTIONS": f"detect_leaks=1:handle_segv=2:exitcode={REPORT_STATUS}:{log}",
        "LSAN_OPTIONS": "print_suppressions=0" + passed_over,
        "UBSAN_OPTIONS": f"print_stacktrace=1:halt_on_error=1:exitcode={REPORT_STATUS}:{log}",
    }


def check_sanitizers() -> None:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "empty.c"
        source.write_text("int main(void) { return 0; }\n")
        compiler = shlex.split(os.environ.get("CC") or "cc")
        done = subprocess.run(
            [*compiler, "-fsanitize=address,undefined", str(source), "-o", f"{source}.out"],
            capture_output=True,
            check=False,
        )
    if done.returncode != 0:
        raise Failure(
            "the C compiler has no sanitizers",
            where=shlex.join([*compiler, "-fsanitize=address,undefined"]),
            help=how_to_get(
                {
                    "debian": "sudo apt install gcc libc6-dev",
                    "fedora": "sudo dnf install libasan libubsan",
                    "macos": "xcode-select --install",
                }
            ),
            status=EXIT_MISSING,
        )


def check_valgrind() -> None:
    if shutil.which("valgrind") is None:
        raise Failure(
            "there is no valgrind",
            where="PATH",
            help=how_to_get(
                {"debian": "sudo apt install valgrind", "fedora": "sudo dnf install valgrind"}
            ),
            status=EXIT_MISSING,
        )


VALGRIND = (
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


def valgrind_command(python: str) -> tuple[str, ...]:
    """Memcheck for this version of Python."""
    if python.startswith("3.11."):
        # There an int of value 0 has a first digit that is read before anything is written to it
        # (times 0, so harmless): fixed in 3.12, python/cpython#102509. Hundreds of reports follow.
        return (*VALGRIND, "--undef-value-errors=no")
    return VALGRIND


def build(place: Place, name: str, options: Sequence[str]) -> Path:
    """A build folder of its own, made anew when the options or the Python are others."""
    folder = place.build / name
    meson = place.venv / BIN / "meson"
    stamp = folder / "pynodes-json"
    wanted = [probe(place.python)["build"], str(place.python), str(ROOT), *options]
    try:
        is_good = json.loads(stamp.read_text(encoding="utf-8")) == wanted
    except (OSError, ValueError):
        is_good = False
    with step(f"building {folder.relative_to(place.build.parent)}"):
        if not is_good:
            shutil.rmtree(folder, ignore_errors=True)
            setup: list[str | Path] = [meson, "setup", folder, ROOT, "-Dtests=true", *options]
            run_logged(setup, place.logs / f"{name}-setup.log", place.env)
            stamp.write_text(json.dumps(wanted), encoding="utf-8")
        compile_it: list[str | Path] = [meson, "compile", "-C", folder]
        run_logged(compile_it, place.logs / f"{name}-build.log", place.env)
    return folder


def run_case(case: Case, prefix: Sequence[str], env: dict[str, str], reports: Path) -> list[str]:
    """The complaints about one case; none when it went as it must."""
    for old in reports.iterdir():
        old.unlink()
    try:
        done = subprocess.run(
            [*prefix, *case.command],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            env=env,
            cwd=ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return [f"no end after {LIMIT_S} s"]
    said = done.stdout + done.stderr
    found = [report.read_text(errors="replace") for report in sorted(reports.iterdir())]
    if done.returncode == REPORT_STATUS or any(mark in said for mark in REPORT_MARKS):
        found.append(said)
    elif done.returncode != case.status:
        found.append(f"exit status {done.returncode}, not {case.status}\n{said}")
    return found


def work(asked: argparse.Namespace) -> int:
    place = Place(asked.venv.absolute(), asked.build.absolute(), asked.python)
    check_valgrind() if asked.valgrind else check_sanitizers()
    with alone(place):
        set_up(place, ("test",))
        facts = probe(place.python)
        if facts["free_threaded"] == "1":
            raise Failure(
                "sanitizers need PYTHONMALLOC=malloc, which free-threaded Pythons do not run with",
                where=str(place.python),
                help="use a Python with a GIL: --python P --venv DIR",
                status=EXIT_USAGE,
            )
        if asked.valgrind:
            folder = build(place, "valgrind", ["-Dbuildtype=debugoptimized"])
            prefix: Sequence[str] = valgrind_command(facts["version"])
        else:
            options = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Doptimization=1"]
            folder = build(place, "asan", [*options, "-Ddebug=true"])
            prefix = ()
    reports = folder / "reports"
    scratch = folder / "scratch"
    for one in (reports, scratch):
        shutil.rmtree(one, ignore_errors=True)
        one.mkdir()
    env = sanitizer_environment(place, reports, facts["version"])
    scenes = [s.absolute() for s in asked.scene] or sorted(SCENE.parent.glob("*.py"))
    host = folder / "host" / "pynodes-host"
    cases = [
        *c_cases(folder / "tests" / "c"),
        *host_cases(host, scenes, scratch, asked.valgrind, facts["version"]),
    ]
    bad = 0
    for case in cases:
        found: list[str] = []
        try:
            with step(case.name):
                found = run_case(case, prefix, env, reports)
                if found:
                    raise Failure("")
        except Failure:
            bad += 1
            print(f"$ {shlex.join([*prefix, *case.command])}")
            print("\n".join(found).rstrip())
    print(f"{len(cases) - bad} of {len(cases)} without a report")
    return 1 if bad else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="sanitize.py", description=__doc__.splitlines()[0])
    parser.add_argument("scene", nargs="*", type=Path, help="default: all of scripts/scenes")
    parser.add_argument("--valgrind", action="store_true", help="memcheck instead; slow")
    parser.add_argument("--python", metavar="P", help="the Python to embed; one with a GIL")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="default: .venv")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    asked = parser.parse_args()
    try:
        return work(asked)
    except Failure as failure:
        print("\n".join(failure.lines), file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
