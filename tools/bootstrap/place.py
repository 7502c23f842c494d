"""A virtual environment with pynodes in it, and builds of the sources: made, repaired, reused."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from bootstrap.machine import check_machine, choose_python, probe
from bootstrap.steps import (
    ROOT,
    Command,
    Failure,
    follow,
    output_of,
    plain_environment,
    run_logged,
    step,
)

# What the installed package is made of: a change here means installing again.
SOURCES = (
    "meson.build",
    "meson.options",
    "pyproject.toml",
    "LICENSE",
    "host",
    "witness",
    "pynodes",
    "tools/make/man_pages.py",
    "tools/probe_python.py",
)
BUILD_VARIABLES = ("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS")


class Place:
    """Where one Python's virtual environment, builds and logs are."""

    def __init__(self, venv: Path, build: Path, asked: str | None):
        self.venv = venv.absolute()
        self.build = build.absolute()
        self.asked = asked
        self.logs = self.build / "log"
        self.bin = self.venv / "bin"
        self.python = self.bin / "python"
        self.host = self.bin / "pynodes-host"
        self.command = self.bin / "pynodes"
        # Written when an installation is whole; names what it was made from.
        self.state = self.venv / "pynodes-dev.json"
        # There while the venv is being changed: found at start, the last run was interrupted.
        self.busy = self.venv / "pynodes-dev.busy"
        self.env = plain_environment(self.bin)

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Mark the venv as half made until the block ends; an orderly failure ends it too."""
        self.busy.touch()
        self.state.unlink(missing_ok=True)
        try:
            yield
        except Exception:  # not KeyboardInterrupt: what that leaves is not known
            self.busy.unlink()
            raise
        self.busy.unlink()


@contextlib.contextmanager
def alone(place: Place) -> Iterator[None]:
    """Only one dev.py at a time works in a place; another one waits."""
    place.build.mkdir(parents=True, exist_ok=True)
    with (place.build / "dev.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("  another dev.py is at work here; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_json(path: Path) -> dict[str, object]:
    """An object that was written by us; empty where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def source_digest() -> str:
    """Hash of names and contents of all that the installed package is made of."""
    total = hashlib.sha256()
    for name in SOURCES:
        top = ROOT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                total.update(f"{path.relative_to(ROOT)}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    for name in BUILD_VARIABLES:
        total.update(f"{name}={os.environ.get(name, '')}\0".encode())
    return total.hexdigest()


def why_make_anew(place: Place) -> str:
    """Why the venv cannot be used as it is; empty when it can."""
    if not place.venv.exists():
        return "making"
    if place.busy.exists():
        return "half made, making anew"
    programs: list[Command] = [[place.python, "-m", "pip", "--version"]]
    if place.state.exists():
        programs += [[place.command, "--version"], [place.host, "--version"]]
    if any(output_of(program) is None for program in programs):
        return "broken, making anew"
    # Without --python a venv that works is kept, whichever Python it was made with.
    inside = probe(place.python)
    wanted = inside if place.asked is None else probe(choose_python(place.asked))
    is_same = all(inside[key] == wanted[key] for key in ("build", "library"))
    return "" if is_same and not inside["problem"] else "another Python, making anew"


def make_venv(place: Place) -> None:
    """A working venv in its place: the one there if it will do, else a new one."""
    old = place.venv.with_name(f"{place.venv.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    how = why_make_anew(place)
    if not how:
        return
    python = choose_python(place.asked)
    with step("checking Python, venv, headers, C compiler"):
        facts = check_machine(python)
    with step(f"{place.venv.name}: {how} (Python {facts['version']})"):
        if place.venv.exists():
            is_ours = place.busy.exists() or (place.venv / "pyvenv.cfg").exists()
            if not is_ours and any(place.venv.iterdir()):
                raise Failure(
                    f"{place.venv} is there and is not a virtual environment",
                    cure="move it away, or name another folder with --venv",
                )
            place.venv.rename(old)
            shutil.rmtree(old)
        place.venv.mkdir(parents=True)
        with place.changing():
            log = place.logs / "venv.log"
            run_logged([python, "-m", "venv", place.venv], log, plain_environment())


# What pip and the libraries below it say when nobody answers.
_NO_ANSWER = re.compile(
    "name resolution|Name or service not known|nodename nor servname|establish a new connection"
    "|Network is unreachable|ConnectTimeoutError|ReadTimeoutError|ProxyError|SSLError"
)


def without_index(log: Path) -> list[str]:
    """What to say when an installation failed since no package index could be reached."""
    if not _NO_ANSWER.search(log.read_text(encoding="utf-8", errors="replace")):
        return []
    cure = (
        "see that this machine has a network; HTTPS_PROXY names a proxy, PIP_INDEX_URL an index of"
        " your own. The same command goes on from here"
    )
    return Failure(
        "pip reached no package index, from which it gets what pynodes needs", cure=cure
    ).lines


def set_up(place: Place, *extras: str) -> None:
    """Have a venv with pynodes and these extras, from the sources as they are now."""
    make_venv(place)
    state = read_json(place.state)
    had = state.get("extras")
    wanted = {
        "sources": source_digest(),
        "root": str(ROOT),
        "extras": sorted({*(had if isinstance(had, list) else ()), *extras}),
    }
    if state == wanted:
        return
    names = f"[{','.join(map(str, wanted['extras']))}]" if wanted["extras"] else ""
    if not (place.venv / "pynodes-build").exists():
        print("  the host is compiled and packages are fetched: about a minute, the first time")
    with step(f"building and installing pynodes{names}") as this, place.changing():
        command: Command = [
            *(place.python, "-m", "pip", "install", "--no-input", "--disable-pip-version-check"),
            "--verbose",  # with the lines of ninja
            # A newer release without a wheel for this Python would be compiled for hours.
            "--prefer-binary",
            # Kept, so that what has not changed is not compiled again; of this venv's Python.
            f"--config-settings=build-dir={place.venv / 'pynodes-build'}",
            f"{ROOT}{names}",
        ]
        log = place.logs / "install.log"
        try:
            run_logged(command, log, place.env, follow(this))
        except Failure as failure:
            failure.lines += without_index(log)
            raise
    place.state.write_text(json.dumps(wanted), encoding="utf-8")


def build(place: Place, name: str, *options: str) -> Path:
    """Host and C tests in a meson folder of their own; made anew for other options or Pythons."""
    folder = place.build / name
    stamp = folder / "pynodes-dev.json"
    meson = place.bin / "meson"
    wanted: dict[str, object] = {
        "root": str(ROOT),
        "python": probe(place.python)["build"] + str(place.python),
        "meson": output_of([meson, "--version"]),
        "options": list(options),
    }
    with step(f"building {name}") as this:
        if read_json(stamp) != wanted:
            shutil.rmtree(folder, ignore_errors=True)
            setup: Command = [meson, "setup", folder, ROOT, "-Dtests=true", *options]
            run_logged(setup, place.logs / f"{name}-setup.log", place.env)
            stamp.write_text(json.dumps(wanted), encoding="utf-8")
        log = place.logs / f"{name}-build.log"
        run_logged([meson, "compile", "-C", folder], log, place.env, follow(this))
    return folder
