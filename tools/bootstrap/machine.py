"""What this machine has: the Python to embed, its headers, venv, a C compiler."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from probe_python import OLDEST, system_family

from bootstrap.steps import EXIT_MISSING, EXIT_USAGE, ROOT, Failure, output_of

PROBE = ROOT / "tools" / "probe_python.py"
NEWEST = (3, 15)
COMPILER = {
    "debian": "sudo apt install gcc libc6-dev",
    "fedora": "sudo dnf install gcc glibc-devel",
    "macos": "xcode-select --install",
}


def probe(python: Path) -> dict[str, str]:
    """The facts of tools/probe_python.py about one Python."""
    text = output_of([python, PROBE])
    if text is None:
        what = f"{python} is not a Python that runs"
        raise Failure(what, cure="name another with --python", status=EXIT_MISSING)
    return dict(line.split("\t", 1) for line in text.splitlines())


def choose_python(asked: str | None) -> Path:
    """The Python to build for: the one asked for, else the one running this, else a newer one."""
    if asked is not None:
        found = shutil.which(asked) or shutil.which(f"python{asked}")
        if found is None:
            raise Failure(
                f"there is no Python called {asked}",
                where=f"--python {asked}",
                cure="give a path or a name on PATH, such as python3.12",
                status=EXIT_USAGE,
            )
        return Path(found).absolute()
    if sys.version_info[:2] < OLDEST:
        names = (f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1))
        return Path(next(filter(None, map(shutil.which, names)), sys.executable))
    # Inside a venv its base is meant: the venv in use may be the one to be made anew.
    base = getattr(sys, "_base_executable", "") if sys.prefix != sys.base_prefix else ""
    return Path(base or sys.executable)


def how_to_get(packages: dict[str, str]) -> str:
    """The command for this machine, or all of them when it is not known."""
    names = {"debian": "Debian, Ubuntu", "fedora": "Fedora", "macos": "macOS"}
    every = "; ".join(f"{names[key]}: {command}" for key, command in packages.items())
    return packages.get(system_family(), every)


def without_venv(python: Path, facts: dict[str, str]) -> Failure | None:
    # Asked for what is in them: a folder that is left of one can be imported too.
    uses = "import venv, ensurepip; venv.create, ensurepip.version()"
    if output_of([python, "-c", uses]) is not None:
        return None
    version = ".".join(facts["version"].split(".")[:2])
    packages = {
        "debian": f"sudo apt install python{version}-venv",
        "fedora": "sudo dnf install python3-pip python3-libs",
        "macos": f"brew install python@{version}",
    }
    what = f"Python {facts['version']} cannot make virtual environments (no venv or ensurepip)"
    return Failure(what, str(python), how_to_get(packages), EXIT_MISSING)


def without_compiler(*flags: str, packages: dict[str, str] = COMPILER) -> Failure | None:
    """Compile a program of one line with these flags: compiler, linker and libc headers."""
    usual = next(filter(shutil.which, ("cc", "gcc", "clang")), "cc")
    words = shlex.split(os.environ.get("CC") or usual)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "hello.c")
        source.write_text('#include <stdio.h>\nint main(void) { return puts("") < 0; }\n')
        command = [*words, *flags, str(source), "-o", f"{folder}/hello"]
        try:
            subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
            return None
        except FileNotFoundError:
            what = f"there is no C compiler {words[0]}"
        except (OSError, subprocess.TimeoutExpired) as exc:
            what = f"the C compiler cannot be run: {exc}"
        except subprocess.CalledProcessError as exc:
            said = [*exc.stderr.strip().splitlines(), "it says nothing"][0]
            what = f"the C compiler cannot make a program: {said}"
    return Failure(what, shlex.join([*words, *flags]), how_to_get(packages), EXIT_MISSING)


def check_machine(python: Path) -> dict[str, str]:
    """The facts about a Python that everything needed is there for.

    Raises:
        Failure: names all that is missing, at once.
    """
    facts = probe(python)
    missing: list[Failure | None] = [without_compiler()]
    if "too old" not in facts["problem"]:
        missing.insert(0, without_venv(python, facts))
    if facts["problem"]:
        missing.insert(0, Failure(facts["problem"], facts["executable"], facts["help"]))
    lines = [line for failure in missing if failure for line in failure.lines]
    if lines:
        all_missing = Failure("", status=EXIT_MISSING)
        all_missing.lines = lines
        raise all_missing
    return facts
