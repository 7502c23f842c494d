"""Steps of a set-up: how one is run and logged, and what is said of one that fails."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_MISSING = 3
EXIT_INTERRUPTED = 130


class Failure(Exception):  # noqa: N818 - for users, not for debugging
    """One or more things that stop the work, each with what, where and help."""

    def __init__(self, what: str, where: str = "", help: str = "", status: int = EXIT_FAILED):
        super().__init__(what)
        self.lines = [f"error: {what}"]
        if where:
            self.lines.append(f"  where: {where}")
        if help:
            self.lines.append(f"  help:  {help}")
        self.status = status


class Missing(Failure):
    """Everything this machine lacks, all at once."""

    def __init__(self, failures: Sequence[Failure]):
        super().__init__("", status=EXIT_MISSING)
        self.lines = [line for failure in failures for line in failure.lines]


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
    how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
    failure = Failure(
        f"{Path(words[0]).name} failed ({how}); its whole output stands above",
        where=shlex.join(words),
        help=f"see {log}",
        status=status if status > 0 else EXIT_FAILED,
    )
    failure.lines.insert(0, text.rstrip())
    raise failure
