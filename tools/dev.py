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
from pathlib import Path

from bootstrap.machine import check_machine, choose_python
from bootstrap.place import Place, alone, build, set_up
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

SCENE = "scripts/scenes/tilings.py"  # what shows that a set-up works
CHECKS = ("layers", "circles", "sources", "commits", "sizes")  # scripts of tools/check


def render(place: Place, _: list[str]) -> int:
    set_up(place)
    picture = ROOT / "picture.png"
    with step(f"rendering {SCENE}"):
        log = place.logs / "render.log"
        run_logged([place.command, "render", SCENE, "-o", picture], log, place.env)
    print(f"picture: {picture}")
    return 0


def from_here(argument: str) -> str:
    """pytest runs in the project's folder; a path typed elsewhere still means what it meant."""
    path, sep, rest = argument.partition("::")
    is_elsewhere = not (ROOT / path).exists() and Path(path).exists()
    return f"{Path(path).resolve()}{sep}{rest}" if is_elsewhere else argument


def test(place: Place, arguments: list[str]) -> int:
    """The exit status is pytest's."""
    set_up(place, "test")
    env = {**place.env, "PYNODES_C_TESTS": str(build(place, "dev") / "tests" / "c")}
    words = list(map(from_here, arguments))
    print(f"  pytest {shlex.join(words)}", flush=True)
    return subprocess.run([place.bin / "pytest", *words], cwd=ROOT, env=env, check=False).returncode


def c_sources() -> list[str]:
    """Every C and C++ file that git knows, from the project's folder."""
    patterns = ("*.c", "*.h", "*.cpp")
    listed = output_of(["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard", *patterns])
    return [name for name in (listed or "").splitlines() if (ROOT / name).is_file()]


def format_all(place: Place, _: list[str]) -> int:
    """By .clang-format, and ruff's."""
    set_up(place, "test", "dev")
    for name, *words in (["clang-format", "-i", *c_sources()], ["ruff", "format", "."]):
        with step(name):
            run_logged([place.bin / name, *words], place.logs / f"{name}.log", place.env)
    return 0


def lint(place: Place, _: list[str]) -> int:
    """Everything that is checked without running pynodes; all of it, before the verdict."""
    set_up(place, "test", "dev")
    tools = map(str, sorted((ROOT / "tools").rglob("*.py")))
    checks = {
        "clang-format": ["clang-format", "--dry-run", "-Werror", *c_sources()],
        "ruff format": ["ruff", "format", "--check", "."],
        "ruff check": ["ruff", "check", "."],
        "mypy --strict pynodes": ["mypy", "--strict", "-p", "pynodes"],
        "mypy --strict tools": ["mypy", "--strict", *tools],
        "mypy --strict tests": ["mypy", "--strict", "--explicit-package-bases", "tests"],
        **{name: ["python", f"tools/check/{name}.py"] for name in CHECKS},
    }
    failures: list[Failure] = []
    for name, (program, *words) in checks.items():
        try:
            with step(name):
                log = place.logs / ("lint-" + name.replace(" ", "-") + ".log")
                run_logged([place.bin / program, *words], log, place.env)
        except Failure as failure:
            failures.append(failure)
    if failures:
        print("\n".join(line for failure in failures for line in failure.lines))
        return EXIT_FAILED
    return 0


def show_check(place: Place, _: list[str]) -> int:
    facts = check_machine(choose_python(place.asked))
    print(f"Python {facts['version']} at {facts['executable']}")
    print(f"libpython: {facts['library']} ({facts['kind']})")
    print("everything needed is here")
    return 0


def show_host(place: Place, _: list[str]) -> int:
    if not place.host.exists():
        cure = "python3 tools/dev.py render"
        raise Failure("no host is installed yet", str(place.host), cure, EXIT_MISSING)
    print(place.host)
    return 0


CHANGING = {"render": render, "test": test, "lint": lint, "format": format_all}
SHOWING = {"check": show_check, "host": show_host}


def run() -> int:
    parser = argparse.ArgumentParser(
        description="From a fresh clone to a picture, and to the tests.",
        epilog="what follows `test` is pytest's",
    )
    parser.add_argument("--python", metavar="P", help="the Python to embed: a path, a name or 3.12")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="default: .venv")
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="default: build")
    parser.add_argument("command", choices=[*CHANGING, *SHOWING])
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.arguments in (["-h"], ["--help"]):
        parser.print_help()
        return 0
    if asked.arguments and asked.command != "test":
        parser.error(f"unrecognized arguments: {' '.join(asked.arguments)}")
    place = Place(asked.venv, asked.build, asked.python)
    if asked.command in SHOWING:
        return SHOWING[asked.command](place, [])
    with alone(place):
        return CHANGING[asked.command](place, asked.arguments)


def main() -> int:
    try:
        return run()
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
