"""Hosts for other Pythons: found by name, built into the user's cache, removed from it.

The package carries the sources of the host, so that one installation can render with every Python
that is there. A built host lies in `~/.cache/pynodes/hosts/VERSION/PYTHON/`: a host of another
version of the package is never taken.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pynodes.errors import (
    CannotStartError,
    HostMissingError,
    MismatchError,
    PynodesError,
    needed,
    quoted_list,
)
from pynodes.host.find import PROGRAM, find_host, package_version
from pynodes.host.identity import HostIdentity, identify
from pynodes.process.scratch import scratch

_PACKAGE = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"([0-9]+(?:\.[0-9]+){0,2}[a-z0-9]*?)(t?)")
_BUILD_LIMIT_S = 900.0
_TAIL_LINES = 25

_ASK_PYTHON = """
import json, platform, sys, sysconfig
print(json.dumps({
    "executable": sys.executable,
    "version": platform.python_version(),
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"""


@dataclass(frozen=True, slots=True)
class Installed:
    """A host that can be asked for. `is_default` is the one that is taken when none is named."""

    identity: HostIdentity
    is_default: bool

    @property
    def python(self) -> str:
        return self.identity.python


@dataclass(frozen=True, slots=True)
class Python:
    """A Python that a host could be built for; `name` has a `t` when it is free-threaded."""

    executable: Path
    name: str


def installed() -> list[Installed]:
    """The default host (if there is one) and those in the cache, newest Python first."""
    found: list[Installed] = []
    with suppress(PynodesError):
        found.append(Installed(identify(find_host()), True))
    folder = cache_folder()
    if folder.is_dir():
        for path in folder.glob(f"*/{PROGRAM}"):
            with suppress(PynodesError):  # a broken one is as good as none; add fixes it
                found.append(Installed(identify(path), False))
    return sorted(found, key=lambda host: (not host.is_default, *_newest_first(host.python)))


def find_host_for(python: str | None) -> Path:
    """The host for a Python by its version, such as 3.13 or 3.13t; None is the default one.

    Raises:
        HostMissingError: there is none for it.
    """
    if python is None:
        return find_host()
    known = installed()
    for host in known:
        if matches(host.python, python):
            return host.identity.path
    raise HostMissingError(
        f"no host for Python {python} is installed",
        "--python",
        f"installed are {quoted_list(host.python for host in known)};"
        f" `pynodes hosts add {python}` builds one",
    )


@lru_cache(maxsize=64)
def same_host(wanted: HostIdentity) -> Path:
    """The very program that was identified, here or on another machine.

    Raises:
        CannotStartError: there is none, or it is another one.
    """
    with suppress(CannotStartError):
        if wanted.path.is_absolute() and identify(wanted.path).sha256 == wanted.sha256:
            return wanted.path
    found = identify(find_host_for(wanted.python))
    if found.sha256 != wanted.sha256:
        raise MismatchError(
            f"the host for Python {wanted.python} is another program",
            str(found.path),
            "install the same build of pynodes on all machines",
        )
    return found.path


def matches(python: str, wanted: str) -> bool:
    """Whether 3.13.0t is meant by 3.13t. With a GIL and without are never mixed up."""
    if _is_free(python) != _is_free(wanted):
        return False
    have, want = python.removesuffix("t").split("."), wanted.removesuffix("t").split(".")
    return have[: len(want)] == want


def cache_folder() -> Path:
    """Where hosts of this version of the package are."""
    return _cache() / (package_version() or "sources")


def find_python(wanted: str) -> Python:
    """An interpreter by its version, its name or its path.

    Raises:
        CannotStartError: there is none; the message lists those that were found.
    """
    named = shutil.which(wanted)
    if os.sep in wanted or (named and wanted[0] == "p"):
        found = _ask(Path(named)) if named else None
        if found is None:
            raise CannotStartError(
                f"{wanted} is not a Python that runs", help="name a version or an interpreter"
            )
        return found
    seen: dict[str, Python] = {}
    for path in _interpreters(wanted):
        candidate = _ask(path)
        if candidate is None:
            continue
        if matches(candidate.name, wanted):
            return candidate
        seen.setdefault(candidate.name, candidate)
    if _NAME.fullmatch(wanted) is None:
        raise CannotStartError(
            f"{wanted!r} is not a Python", help="write a version such as 3.13 or 3.13t, or a path"
        )
    shown = quoted_list(sorted(seen, key=_newest_first))
    raise CannotStartError(
        f"no Python {wanted} was found",
        "looked on the PATH, in pyenv's and uv's folders",
        f"found were {shown}; install it, or name its interpreter:"
        " `pynodes hosts add /path/to/python3`",
    )


def likely_versions() -> list[str]:
    """Versions that names of programs and folders promise, newest first; none is run."""
    programs = [path.name for folder in _on_path() for path in folder.glob("python3.*")]
    folders = [path.parts[-3] for versions in _managed() for path in versions]
    found = {match[1] for name in programs if (match := re.fullmatch(r"python(3\.\d+t?)", name))}
    found |= {match[0] for name in folders if (match := re.search(r"3\.\d+\.\d+t?\b", name))}
    return sorted(found, key=_newest_first)


def sources() -> Path:
    """The folder that a host can be built from: a clone, or what the package carries.

    Raises:
        CannotStartError: this installation has none.
    """
    for folder in (_PACKAGE.parent, _PACKAGE / "_source"):
        if (folder / "host" / "meson.build").is_file():
            return folder
    raise CannotStartError(
        "this installation carries no sources of the host",
        str(_PACKAGE),
        f"install the package again: `{sys.executable} -m pip install --force-reinstall pynodes`",
    )


def add(python: Python) -> Path:
    """Build a host for a Python into the cache; an older one is replaced when the new one works.

    Raises:
        CannotStartError: it cannot be built; the error has the end of the build's output.
    """
    source = sources()
    target = cache_folder() / python.name
    with needed(
        "the host cannot be put into the cache",
        target,
        "make room, or let XDG_CACHE_HOME name another folder",
    ):
        target.parent.mkdir(parents=True, exist_ok=True)
        with scratch(target.parent) as folder:
            made = _build(python, source, folder)
            shutil.rmtree(target, ignore_errors=True)
            made.replace(target)
    return target / PROGRAM


def remove(python: str) -> list[str]:
    """Delete the hosts for a Python from the cache.

    Raises:
        HostMissingError: there is none.
    """
    folder = cache_folder()
    names = [path.parent.name for path in folder.glob(f"*/{PROGRAM}")] if folder.is_dir() else []
    gone = [name for name in names if matches(name, python)]
    if not gone:
        raise HostMissingError(
            f"no host for Python {python} is in the cache",
            str(folder),
            f"there are {quoted_list(sorted(names))}",
        )
    for name in gone:
        shutil.rmtree(folder / name, ignore_errors=True)
    return gone


def _build(python: Python, source: Path, folder: Path) -> Path:
    """Build in `folder`; a folder in it that can be moved to its place."""
    tools = _tools()
    build = folder / "build"
    meson = str(tools / "meson")
    options = [f"-Dpython={python.executable}", "-Dbuildtype=release", "-Doptimization=2"]
    _run([meson, "setup", str(build), str(source), *options, "-Ddebug=true"], python)
    _run([meson, "compile", "-C", str(build)], python)
    made = folder / "made"
    made.mkdir()
    shutil.copy2(build / "host" / PROGRAM, made)
    root = source
    if source.parent == _PACKAGE:
        # Not the folder that the package lies in: there is more in it, for another Python.
        root = made / "lib"
        ignored = shutil.ignore_patterns("__pycache__", "_source")
        shutil.copytree(_PACKAGE, root / "pynodes", ignore=ignored)
        root = cache_folder() / python.name / "lib"
    (made / f"{PROGRAM}.path").write_text(f"{root}\n")
    identify(made / PROGRAM)
    return made


def _tools() -> Path:
    """The folder of meson and ninja: where they are, else an environment for them in the cache."""
    places = [sys.executable, shutil.which("meson")]
    for place in (Path(path).parent for path in places if path):
        if all((place / tool).exists() for tool in ("meson", "ninja")):
            return place
    folder = _cache() / "tools"
    if not (folder / "bin" / "ninja").exists():
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "meson>=1.3", "ninja"],
        ):
            _run(command, None)
    return folder / "bin"


def _run(command: list[str], python: Python | None) -> None:
    """Run a step of a build, with the programs that lie beside it on the PATH."""
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_BUILD_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = str(error.stdout or "")
        problem = f"did not end within {_BUILD_LIMIT_S / 60:.0f} minutes"
    except OSError as error:
        said, problem = "", f"cannot be run: {error.strerror}"
    else:
        said, problem = done.stdout, f"ended with status {done.returncode}"
        if done.returncode == 0:
            return
    what = f"the host for Python {python.name} cannot be built" if python else "meson is missing"
    lines = said.splitlines()
    said = next((line.partition("ERROR:")[2].strip() for line in lines if "ERROR:" in line), "")
    reason, _, help = said.removeprefix("Problem encountered: ").partition(" Help: ")
    usual = "it takes a C compiler and that Python's headers and libpython; `pynodes doctor` looks"
    raise CannotStartError(
        f"{what}: {reason or problem}",
        " ".join(command),
        help or (usual if python else "`pip install meson ninja`"),
        "\n".join(lines[-_TAIL_LINES:]),
    )


def _interpreters(wanted: str) -> Iterator[Path]:
    """Where Pythons usually are, likely ones first, each once."""
    seen: set[Path] = set()
    for path in _candidates(wanted):
        real = path.resolve()
        if real not in seen and os.access(path, os.X_OK) and path.is_file():
            seen.add(real)
            yield path


def _candidates(wanted: str) -> Iterator[Path]:
    short = ".".join(wanted.removesuffix("t").split(".")[:2])
    names = [f"python{short}{'t' if _is_free(wanted) else ''}", f"python{short}", "python3"]
    yield from (folder / name for name in names for folder in _on_path())
    for versions in _managed():
        yield from sorted(versions, key=lambda path: short not in path.parts[-3])
    yield Path(sys.executable)


def _on_path() -> list[Path]:
    return [Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part]


def _managed() -> Iterator[list[Path]]:
    """The interpreters of pyenv, then those of uv."""
    home = Path(os.environ.get("HOME", "/"))
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    uv = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share") / "uv" / "python"
    for root in (pyenv, uv):
        yield sorted(root.glob("*/bin/python3"), reverse=True)


def _ask(path: Path) -> Python | None:
    """What an interpreter is; None when it does not run."""
    try:
        done = subprocess.run(
            [os.fspath(path), "-S", "-E", "-c", _ASK_PYTHON],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
        said = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    name = str(said["version"]).rstrip("+") + ("t" if said["free_threaded"] else "")
    return Python(Path(said["executable"]), name)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path(os.environ.get("HOME", "/")) / ".cache"
    return Path(base) / "pynodes" / "hosts"


def _is_free(python: str) -> bool:
    return python.endswith("t")


def _newest_first(python: str) -> tuple[list[int], bool]:
    numbers = [-int(digits) for digits in re.findall(r"[0-9]+", python)]
    return numbers, _is_free(python)
