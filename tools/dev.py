"""From a fresh clone to a picture, and to the tests. Standard library only.

    python3 tools/dev.py render          make ./.venv, install pynodes there, render picture.png
    python3 tools/dev.py test [ARGS]     the same set-up plus the test extras, the C tests, pytest
    python3 tools/dev.py lint            format, ruff, mypy --strict, layers, source lists
    python3 tools/dev.py format          write C, C++ and Python in the one format
    python3 tools/dev.py check           only say what is missing on this machine
    python3 tools/dev.py host            print the path of the installed pynodes-host

Nothing has to be activated, nothing needs root, and every command can be repeated: it does again
only what has changed. A set-up that was interrupted half way is noticed and made anew. Options,
before the command: `--python P` (the Python to embed), `--venv DIR`, `--build DIR`.

Exit status: 0 done; 1 a step failed; 2 usage; 3 something is missing on this machine;
130 interrupted; after `render` and `test` that of `pynodes render` and of pytest.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROBE = ROOT / "tools" / "probe_python.py"
SCENE = ROOT / "scripts" / "scenes" / "tilings.py"
BIN = "Scripts" if os.name == "nt" else "bin"
OLDEST = (3, 11)
NEWEST = (3, 15)

# What the installed package is made of: a change here means installing again.
SOURCES = (
    "meson.build",
    "meson.options",
    "pyproject.toml",
    "LICENSE",
    "host",
    "pynodes",
    "tools/probe_python.py",
)
BUILD_VARIABLES = ("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS")

COMMANDS = ("render", "test", "lint", "format", "check", "host")

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_MISSING = 3
EXIT_INTERRUPTED = 130


class Failure(Exception):  # noqa: N818 - it is told, not debugged
    """One or more things that stop the work, each with what, where and mend."""

    def __init__(self, what: str, where: str = "", mend: str = "", status: int = EXIT_FAILED):
        super().__init__(what)
        self.lines = [f"error: {what}"]
        if where:
            self.lines.append(f"  where: {where}")
        if mend:
            self.lines.append(f"  mend:  {mend}")
        self.status = status


class Missing(Failure):
    """Everything this machine lacks, told at once."""

    def __init__(self, failures: Sequence[Failure]):
        super().__init__("", status=EXIT_MISSING)
        self.lines = [line for failure in failures for line in failure.lines]


# --- running things -------------------------------------------------------------------------------


def plain_environment(first_on_path: Path | None = None) -> dict[str, str]:
    """The environment for children, without what would lead Python or pip away from the venv."""
    bending = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_TARGET")
    env = {name: value for name, value in os.environ.items() if name not in bending}
    env["PIP_USER"] = "0"
    env["PYTHONNOUSERSITE"] = "1"
    if first_on_path is not None:
        env["PATH"] = f"{first_on_path}{os.pathsep}{env.get('PATH', os.defpath)}"
    return env


def output_of(command: Sequence[str | Path], limit_s: int = 60) -> str | None:
    """What a short command prints, or None when it cannot be run or fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
            env=plain_environment(),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """One line for one step: its name at once, its time when it is done."""
    print(f"  {name} ".ljust(52, "."), end=" ", flush=True)
    begin = time.monotonic()
    try:
        yield
    except BaseException as exc:
        print("interrupted" if isinstance(exc, KeyboardInterrupt) else "failed", flush=True)
        raise
    print(f"{time.monotonic() - begin:6.1f} s", flush=True)


def run_logged(command: Sequence[str | Path], log: Path, env: dict[str, str]) -> None:
    """Run a command into a log file; on failure show all of it."""
    words = [str(part) for part in command]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        out.write(f"$ {shlex.join(words)}\n")
        out.flush()
        try:
            status = subprocess.run(
                words,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                cwd=ROOT,
                env=env,
                check=False,
            ).returncode
        except OSError as exc:
            raise Failure(f"{words[0]} cannot be started: {exc.strerror}") from exc
    if status == 0:
        return
    text = log.read_text(encoding="utf-8", errors="replace")
    status_told = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    failure = Failure(
        f"{Path(words[0]).name} failed ({status_told}); its whole output stands above",
        where=shlex.join(words),
        mend=f"see {log}",
        status=status if status > 0 else EXIT_FAILED,
    )
    failure.lines.insert(0, text.rstrip())
    raise failure


# --- what the machine has -------------------------------------------------------------------------


def probe(python: Path) -> dict[str, str]:
    """The facts of tools/probe_python.py about one Python."""
    text = output_of([python, PROBE])
    if text is None:
        raise Failure(
            f"{python} is not a Python that runs",
            mend="name another with --python",
            status=EXIT_MISSING,
        )
    facts = dict(line.split("\t", 1) for line in text.splitlines() if "\t" in line)
    return {key: value.strip() for key, value in facts.items()}


def choose_python(asked: str | None) -> Path:
    """The Python to build for: the one asked for, else the one running this, else a newer one."""
    if asked is not None:
        found = shutil.which(asked) or shutil.which(f"python{asked}")
        if found is None:
            raise Failure(
                f"there is no Python called {asked}",
                where=f"--python {asked}",
                mend="give a path or a name on PATH, such as python3.12",
                status=EXIT_USAGE,
            )
        return Path(found).absolute()
    if sys.version_info[:2] >= OLDEST:
        # Inside a venv its base is meant: the venv in use may be the one to be made anew.
        base = getattr(sys, "_base_executable", "") or sys.executable
        return Path(base if sys.prefix != sys.base_prefix else sys.executable)
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found is not None:
            return Path(found)
    return Path(sys.executable)


def family() -> str:
    """debian, fedora, macos or other: whose package names to tell."""
    if sys.platform == "darwin":
        return "macos"
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8").lower()
    except OSError:
        return "other"
    if "debian" in text or "ubuntu" in text:
        return "debian"
    if "fedora" in text or "rhel" in text or "centos" in text:
        return "fedora"
    return "other"


def how_to_get(packages: dict[str, str]) -> str:
    """The command for this machine, or all of them when it is not known."""
    here = packages.get(family())
    if here is not None:
        return here
    names = {"debian": "Debian, Ubuntu", "fedora": "Fedora", "macos": "macOS"}
    return "; ".join(f"{names[key]}: {command}" for key, command in packages.items())


def python_failure(facts: dict[str, str]) -> Failure | None:
    if not facts["problem"]:
        return None
    return Failure(facts["problem"], where=facts["executable"], mend=facts["mend"])


def venv_failure(python: Path, facts: dict[str, str]) -> Failure | None:
    if output_of([python, "-c", "import venv, ensurepip"]) is not None:
        return None
    version = ".".join(facts["version"].split(".")[:2])
    return Failure(
        f"Python {facts['version']} cannot make virtual environments (no venv or ensurepip)",
        where=str(python),
        mend=how_to_get(
            {
                "debian": f"sudo apt install python{version}-venv",
                "fedora": "sudo dnf install python3-pip python3-libs",
                "macos": f"brew install python@{version}",
            }
        ),
    )


def compiler_failure() -> Failure | None:
    """Compile and run a program of one line: compiler, linker and libc headers in one go."""
    mend = how_to_get(
        {
            "debian": "sudo apt install gcc libc6-dev",
            "fedora": "sudo dnf install gcc glibc-devel",
            "macos": "xcode-select --install",
        }
    )
    asked = os.environ.get("CC")
    names = [asked] if asked else ["cc", "gcc", "clang"]
    words: list[str] = []
    for name in names:
        words = shlex.split(name)
        if words and shutil.which(words[0]):
            break
    else:
        what = f"the C compiler CC={asked} is not there" if asked else "there is no C compiler"
        return Failure(what, where=", ".join(names) + " on PATH", mend=mend)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "hello.c"
        source.write_text('#include <stdio.h>\nint main(void) { return puts("") < 0; }\n')
        try:
            done = subprocess.run(
                [*words, str(source), "-o", str(source.with_suffix(".out"))],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as exc:
            return Failure(f"the C compiler cannot be run: {exc}", where=words[0], mend=mend)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
        return Failure(f"the C compiler cannot make a program: {said}", where=words[0], mend=mend)
    return None


def check_machine(python: Path) -> dict[str, str]:
    """The facts about a Python that everything needed is there for, or all that is missing."""
    facts = probe(python)
    failures = [python_failure(facts)]
    if "too old" not in facts["problem"]:
        failures.append(venv_failure(python, facts))
    failures.append(compiler_failure())
    missing = [failure for failure in failures if failure is not None]
    if missing:
        raise Missing(missing)
    return facts


# --- the virtual environment ----------------------------------------------------------------------


class Place:
    """Where one Python's virtual environment, builds and logs are."""

    def __init__(self, venv: Path, build: Path, asked: str | None):
        self.venv = venv
        self.build = build
        self.asked = asked
        self.logs = build / "log"
        self.python = venv / BIN / "python"
        self.host = venv / BIN / "pynodes-host"
        self.command = venv / BIN / "pynodes"
        # Written when an installation is whole; names what it was made from.
        self.state = venv / "pynodes-dev.json"
        # There while the venv is being changed: found at start, the last run was interrupted.
        self.busy = venv / "pynodes-dev.busy"
        self.env = plain_environment(venv / BIN)

    def read_state(self) -> dict[str, object]:
        try:
            state = json.loads(self.state.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return state if isinstance(state, dict) else {}

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Mark the venv as half made until the block ends; an orderly failure ends it too."""
        self.state.unlink(missing_ok=True)
        self.busy.write_text(str(os.getpid()), encoding="utf-8")
        try:
            yield
        except Exception:  # not KeyboardInterrupt: what that leaves is not known
            self.busy.unlink(missing_ok=True)
            raise
        self.busy.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(place: Place) -> Iterator[None]:
    """Only one dev.py at a time works in a place; another one waits."""
    place.build.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # Windows
        yield
        return
    with (place.build / "dev.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("  another dev.py is at work here; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def source_digest() -> str:
    """Hash of names and contents of all that the installed package is made of."""
    total = hashlib.sha256()
    for name in SOURCES:
        top = ROOT / name
        files = sorted(top.rglob("*")) if top.is_dir() else [top]
        for path in files:
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(ROOT)}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    for name in BUILD_VARIABLES:
        total.update(f"{name}={os.environ.get(name, '')}\0".encode())
    return total.hexdigest()


def why_make_anew(place: Place, facts: dict[str, str] | None) -> str:
    """Why the venv cannot be used as it is; empty when it can."""
    if not place.venv.exists():
        return "new"
    if place.busy.exists():
        return "half made"
    if not place.python.exists():
        return "broken"
    if output_of([place.python, "-m", "pip", "--version"]) is None:
        return "broken"
    inside = probe(place.python)
    if inside["problem"]:
        return "another Python"
    if facts is not None and (inside["build"], inside["library"]) != (
        facts["build"],
        facts["library"],
    ):
        return "another Python"
    return ""


def remove_venv(place: Place) -> None:
    if not place.venv.exists() and not place.venv.is_symlink():
        return
    is_ours = any((place.venv / name).exists() for name in ("pyvenv.cfg", place.busy.name, BIN))
    is_empty = place.venv.is_dir() and not any(place.venv.iterdir())
    if place.venv.is_symlink() or not (is_ours or is_empty):
        raise Failure(
            f"{place.venv} is there and is no virtual environment",
            mend="move it away, or name another folder with --venv",
        )
    # The mark goes last: a removal that is interrupted leaves something known to be half made.
    place.busy.touch()
    for path in place.venv.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != place.busy:
            path.unlink()
    shutil.rmtree(place.venv)


def make_venv(place: Place) -> None:
    """A working venv in its place: the one there if it will do, else a new one."""
    # Without --python a venv that works is kept, whichever Python it was made with.
    facts = None if place.asked is None else probe(choose_python(place.asked))
    why = why_make_anew(place, facts)
    if not why:
        return
    python = choose_python(place.asked)
    with step("checking Python, venv, headers, C compiler"):
        facts = check_machine(python)
    told = {"new": "making", "half made": "half made, making anew"}.get(why, f"{why}, making anew")
    with step(f"{place.venv.name}: {told} (Python {facts['version']})"):
        remove_venv(place)
        place.venv.mkdir(parents=True)
        with place.changing():
            run_logged(
                [python, "-m", "venv", place.venv], place.logs / "venv.log", plain_environment()
            )


def is_healthy(place: Place, extras: Sequence[str]) -> bool:
    """True when everything that was installed can be imported and the programs are there."""
    names = ["click", "rich", "numpy", "PIL.Image", "pynodes._build_info"]
    if "test" in extras:
        names += ["pytest", "hypothesis", "mesonbuild"]
    if "dev" in extras:
        names += ["mypy"]
    if not (place.host.exists() and place.command.exists()):
        return False
    code = f"import importlib\nfor name in {names!r}: importlib.import_module(name)"
    # From a folder without a package of ours: the installed one is meant.
    return output_of([place.python, "-I", "-c", code], limit_s=120) is not None


def install(place: Place, extras: Sequence[str]) -> None:
    """Have pynodes and these extras in the venv, from the sources as they are now."""
    wanted = {"sources": source_digest(), "root": str(ROOT)}
    state = place.read_state()
    had = state.get("extras")
    had_extras = {str(extra) for extra in had} if isinstance(had, list) else set()
    same = all(state.get(key) == value for key, value in wanted.items())
    if same and set(extras) <= had_extras and is_healthy(place, extras):
        return
    all_extras = sorted(had_extras | set(extras))
    target = f"{ROOT}[{','.join(all_extras)}]" if all_extras else str(ROOT)
    with step("building and installing " + (target[len(str(ROOT)) :] or "pynodes")):
        with place.changing():
            run_logged(
                [
                    place.python,
                    *("-m", "pip", "install", "--no-input", "--disable-pip-version-check"),
                    # A newer release without a wheel for this Python would be compiled for hours.
                    "--prefer-binary",
                    target,
                ],
                place.logs / "install.log",
                place.env,
            )
        if not is_healthy(place, all_extras):
            raise NotWhole
        place.state.write_text(json.dumps({**wanted, "extras": all_extras}), encoding="utf-8")


class NotWhole(Exception):  # noqa: N818
    """Installed without an error, and yet not whole: files are missing from packages."""


def set_up(place: Place, extras: Sequence[str]) -> None:
    """Venv and installation, made or repaired."""
    make_venv(place)
    try:
        install(place, extras)
    except NotWhole:
        # Something damaged it in a way pip cannot see; start from nothing, once.
        print("  the installation is not whole; making it anew", flush=True)
        remove_venv(place)
        make_venv(place)
        try:
            install(place, extras)
        except NotWhole:
            raise Failure(
                "the installation is not whole, though pip says it is",
                where=str(place.venv),
                mend=f"see {place.logs / 'install.log'}",
            ) from None


# --- the C tests ----------------------------------------------------------------------------------


def build_c_tests(place: Place) -> Path:
    """Build host and C tests in a plain meson folder; gives the folder of the test programs."""
    folder = place.build / "dev"
    stamp = folder / "pynodes-dev.json"
    meson = place.venv / BIN / "meson"
    wanted = {
        "root": str(ROOT),
        "python": probe(place.python)["build"] + str(place.python),
        "meson": (output_of([meson, "--version"]) or "").strip(),
    }
    try:
        is_good = json.loads(stamp.read_text(encoding="utf-8")) == wanted
    except (OSError, ValueError):
        is_good = False
    with step("building the C tests"):
        if not is_good:
            shutil.rmtree(folder, ignore_errors=True)
            setup: list[str | Path] = [meson, "setup", folder, ROOT, "-Dtests=true"]
            run_logged(setup, place.logs / "c-setup.log", place.env)
            stamp.write_text(json.dumps(wanted), encoding="utf-8")
        run_logged([meson, "compile", "-C", folder], place.logs / "c-build.log", place.env)
    return folder / "tests" / "c"


# --- commands -------------------------------------------------------------------------------------


def render(place: Place, picture: Path) -> int:
    """Command one: a picture from the sources as they are now."""
    set_up(place, ())
    with step(f"rendering {SCENE.relative_to(ROOT)}"):
        run_logged(
            [place.command, "render", SCENE, "-o", picture],
            place.logs / "render.log",
            place.env,
        )
    print(f"picture: {picture}")
    return 0


def from_here(arguments: Sequence[str]) -> list[str]:
    """pytest runs in the project's folder; paths typed elsewhere still mean what they meant."""
    moved = []
    for argument in arguments:
        path, sep, rest = argument.partition("::")
        if not argument.startswith("-") and not (ROOT / path).exists() and Path(path).exists():
            path = str(Path(path).resolve())
        moved.append(path + sep + rest)
    return moved


def run_tests(place: Place, arguments: Sequence[str]) -> int:
    """Command two: set-up, the C tests, pytest; its exit status."""
    set_up(place, ("test",))
    env = {**place.env, "PYNODES_C_TESTS": str(build_c_tests(place))}
    command = [str(place.venv / BIN / "pytest"), *from_here(arguments)]
    print(f"  {shlex.join([Path(command[0]).name, *command[1:]])}", flush=True)
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def c_sources() -> list[str]:
    """Every C and C++ file that git knows, from the project's folder."""
    patterns = ("*.c", "*.h", "*.cpp")
    listed = output_of(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", *patterns])
    return [name for name in (listed or "").splitlines() if (ROOT / name).is_file()]


def format_all(place: Place) -> int:
    """Write every source in the one format: .clang-format, and ruff's."""
    set_up(place, ("test", "dev"))
    tools = place.venv / BIN
    with step("clang-format"):
        log = place.logs / "clang-format.log"
        run_logged([tools / "clang-format", "-i", *c_sources()], log, place.env)
    with step("ruff format"):
        run_logged([tools / "ruff", "format", "."], place.logs / "ruff-format.log", place.env)
    return 0


def lint(place: Place) -> int:
    """Everything that is checked without running pynodes; all of it, before the verdict."""
    set_up(place, ("test", "dev"))
    tools = place.venv / BIN
    checks: list[tuple[str, list[str | Path]]] = [
        ("clang-format", [tools / "clang-format", "--dry-run", "-Werror", *c_sources()]),
        ("ruff format", [tools / "ruff", "format", "--check", "."]),
        ("ruff check", [tools / "ruff", "check", "."]),
        ("mypy --strict pynodes", [tools / "mypy", "--strict", "-p", "pynodes"]),
        ("mypy --strict tools", [tools / "mypy", "--strict", *sorted(PROBE.parent.rglob("*.py"))]),
        ("layers of the host", [place.python, "tools/check/layers.py"]),
        ("no circles", [place.python, "tools/check/circles.py"]),
        ("source lists", [place.python, "tools/check/sources.py"]),
    ]
    failures: list[Failure] = []
    for name, command in checks:
        try:
            with step(name):
                log = place.logs / ("lint-" + name.replace(" ", "-") + ".log")
                run_logged(command, log, place.env)
        except Failure as failure:
            failures.append(failure)
    if failures:
        print("\n".join(line for failure in failures for line in failure.lines))
        return EXIT_FAILED
    return 0


def show_check(place: Place) -> int:
    facts = check_machine(choose_python(place.asked))
    print(f"Python {facts['version']} at {facts['executable']}")
    print(f"libpython: {facts['library']} ({facts['kind']})")
    print("everything needed is here")
    return 0


def show_host(place: Place) -> int:
    if not place.host.exists():
        raise Failure(
            "no host is installed yet",
            where=str(place.host),
            mend="python3 tools/dev.py render",
            status=EXIT_MISSING,
        )
    print(place.host)
    return 0


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, list[str]]:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="From a fresh clone to a picture, and to the tests.",
        epilog="test hands all that follows it to pytest",
    )
    parser.add_argument("--python", metavar="P", help="the Python to embed: a path, a name or 3.12")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="default: .venv")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    parser.add_argument("command", choices=COMMANDS)
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.command != "test":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    return arguments, rest


def split_arguments(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is ours and, after the word `test`, what is pytest's."""
    words = list(argv)
    at = 0
    while at < len(words) and words[at].startswith("-"):
        at += 1 if "=" in words[at] or words[at] in ("-h", "--help") else 2
    if at < len(words) and words[at] == "test" and words[at + 1 :] not in (["-h"], ["--help"]):
        return words[: at + 1], words[at + 1 :]
    return words, []


def run(argv: Sequence[str]) -> int:
    ours, theirs = split_arguments(argv)
    arguments, _ = parse(ours)
    place = Place(arguments.venv.absolute(), arguments.build.absolute(), arguments.python)
    if arguments.command == "check":
        return show_check(place)
    if arguments.command == "host":
        return show_host(place)
    with alone(place):
        if arguments.command == "render":
            return render(place, ROOT / "picture.png")
        if arguments.command == "test":
            return run_tests(place, theirs)
        return format_all(place) if arguments.command == "format" else lint(place)


def main() -> int:
    try:
        return run(sys.argv[1:])
    except Failure as failure:
        print("\n".join(failure.lines), file=sys.stderr)
        return failure.status
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from here", file=sys.stderr)
        return EXIT_INTERRUPTED
    except OSError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
