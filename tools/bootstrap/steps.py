"""Steps of a set-up: how one is run and logged, and what is said of one that fails."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_MISSING = 3
EXIT_INTERRUPTED = 130

Command = Sequence[str | Path]


class Failure(Exception):  # noqa: N818 - for users, not for debugging
    """What stops the work: what, where and help, one line each."""

    def __init__(self, what: str, where: str = "", cure: str = "", status: int = EXIT_FAILED):
        super().__init__(what)
        self.lines = [f"error: {what}"]
        self.lines += [f"  where: {where}"] if where else []
        self.lines += [f"  help:  {cure}"] if cure else []
        self.status = status


def plain_environment(first_on_path: Path | None = None) -> dict[str, str]:
    """The environment for children, without what would lead Python or pip away from the venv."""
    bending = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__", "PIP_TARGET")
    env = {name: value for name, value in os.environ.items() if name not in bending}
    env |= {"PIP_USER": "0", "PYTHONNOUSERSITE": "1"}
    if first_on_path is not None:
        env["PATH"] = f"{first_on_path}{os.pathsep}{env.get('PATH', os.defpath)}"
    return env


def output_of(command: Command, limit_s: int = 60) -> str | None:
    """What a short command prints, or None when it cannot be run or fails."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            stdin=subprocess.DEVNULL,
            env=plain_environment(),
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout


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


def run_logged(command: Command, log: Path, env: dict[str, str]) -> None:
    """Run a command in the project's folder into a log file; on failure show all of it."""
    shown = shlex.join(map(str, command))
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as out:
        print(f"$ {shown}", file=out, flush=True)
        status = subprocess.run(
            command,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env=env,
            check=False,
        ).returncode
    if status != 0:
        what = f"{Path(command[0]).name} failed ({status}); its whole output stands above"
        failure = Failure(what, shown, f"see {log}", status if status > 0 else EXIT_FAILED)
        text = log.read_text(encoding="utf-8", errors="replace")
        failure.lines.insert(0, text.rstrip())
        raise failure
