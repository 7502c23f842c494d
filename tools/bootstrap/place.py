"""A virtual environment with pynodes in it, and the builds beside it: made, fixed, reused."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from bootstrap.machine import check_machine, choose_python, probe
from bootstrap.steps import ROOT, Failure, output_of, plain_environment, run_logged, step

SCENE = ROOT / "scripts" / "scenes" / "tilings.py"  # what shows that a set-up works
BIN = "Scripts" if os.name == "nt" else "bin"

# What the installed package is made of: a change here means installing again.
SOURCES = (
    "meson.build",
    "meson.options",
    "pyproject.toml",
    "LICENSE",
    "host",
    "witness",
    "pynodes",
    "tools/probe_python.py",
)
BUILD_VARIABLES = ("CC", "CFLAGS", "CPPFLAGS", "LDFLAGS")


class NotWhole(Exception):  # noqa: N818
    """Installed without an error, and yet not whole: files are missing from packages."""


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
        # Kept, so that what has not changed is not compiled again; of this venv's Python.
        self.wheel = venv / "pynodes-build"
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
            help="move it away, or name another folder with --venv",
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
    how = {"new": "making", "half made": "half made, making anew"}.get(why, f"{why}, making anew")
    with step(f"{place.venv.name}: {how} (Python {facts['version']})"):
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
                    f"--config-settings=build-dir={place.wheel}",
                    target,
                ],
                place.logs / "install.log",
                place.env,
            )
        if not is_healthy(place, all_extras):
            raise NotWhole
        place.state.write_text(json.dumps({**wanted, "extras": all_extras}), encoding="utf-8")


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
                help=f"see {place.logs / 'install.log'}",
            ) from None


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
