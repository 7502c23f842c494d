"""From a fresh clone to a picture, and to the tests. Standard library only.

    python3 tools/dev.py render          make ./.venv, install pynodes there, render picture.png
    python3 tools/dev.py test [ARGS]     the same set-up plus the test extras, the C tests, pytest
    python3 tools/dev.py lint            formats, ruff, mypy --strict, tools/check
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
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from bootstrap.machine import check_machine, choose_python
from bootstrap.place import BIN, SCENE, Place, alone, build_c_tests, set_up
from bootstrap.steps import (
    EXIT_FAILED,
    EXIT_INTERRUPTED,
    EXIT_MISSING,
    ROOT,
    Failure,
    output_of,
    run_logged,
    step,
)

TOOLS = ROOT / "tools"

# Scripts of tools/check, and what the step is called.
CHECKS = {
    "layers": "layers of the host",
    "circles": "no circles",
    "sources": "source lists",
    "commits": "commits",
    "sizes": "sizes",
}

COMMANDS = ("render", "test", "lint", "format", "check", "host")


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
        ("mypy --strict tools", [tools / "mypy", "--strict", *sorted(TOOLS.rglob("*.py"))]),
        ("mypy --strict tests", [tools / "mypy", "--strict", "--explicit-package-bases", "tests"]),
    ]
    for tool, name in CHECKS.items():
        checks.append((name, [place.python, f"tools/check/{tool}.py"]))
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
            help="python3 tools/dev.py render",
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
