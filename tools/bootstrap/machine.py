"""What this machine has: the Python to embed, its headers, venv, a C compiler."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bootstrap.steps import EXIT_MISSING, EXIT_USAGE, ROOT, Failure, Missing, output_of

PROBE = ROOT / "tools" / "probe_python.py"
OLDEST = (3, 11)
NEWEST = (3, 15)


def probe(python: Path) -> dict[str, str]:
    """The facts of tools/probe_python.py about one Python."""
    text = output_of([python, PROBE])
    if text is None:
        raise Failure(
            f"{python} is not a Python that runs",
            help="name another with --python",
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
                help="give a path or a name on PATH, such as python3.12",
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
    """debian, fedora, macos or other: whose package names to give."""
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
    return Failure(facts["problem"], where=facts["executable"], help=facts["help"])


def venv_failure(python: Path, facts: dict[str, str]) -> Failure | None:
    if output_of([python, "-c", "import venv, ensurepip"]) is not None:
        return None
    version = ".".join(facts["version"].split(".")[:2])
    return Failure(
        f"Python {facts['version']} cannot make virtual environments (no venv or ensurepip)",
        where=str(python),
        help=how_to_get(
            {
                "debian": f"sudo apt install python{version}-venv",
                "fedora": "sudo dnf install python3-pip python3-libs",
                "macos": f"brew install python@{version}",
            }
        ),
    )


def compiler_failure() -> Failure | None:
    """Compile and run a program of one line: compiler, linker and libc headers in one go."""
    help = how_to_get(
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
        return Failure(what, where=", ".join(names) + " on PATH", help=help)
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
            return Failure(f"the C compiler cannot be run: {exc}", where=words[0], help=help)
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[0]
        return Failure(f"the C compiler cannot make a program: {said}", where=words[0], help=help)
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
