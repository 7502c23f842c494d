"""Steps of a set-up: how one is run and logged, how far it is, what is said of one that fails."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
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


class Step:
    """One line for one step: its name at once, how far it is, in the end its time.

    A terminal shows each count in the place of the one before. Elsewhere what is done, and every
    quarter of it, is a line by itself.
    """

    def __init__(self, name: str):
        self._head = f"  {name} ".ljust(52, ".")
        self._is_terminal = sys.stdout.isatty()
        self._said = ""  # the line of a log that was printed last
        print(self._head, end=" ", flush=True)

    def at(self, doing: str, done: int = 0, of: int = 0) -> None:
        """It is doing this now, of so many the one with this number."""
        if self._is_terminal:
            count = f" {done} of {of}" if of else ""
            print(f"\r\033[K{self._head} {doing}{count}", end="", flush=True)
            return
        said = f"{doing} ({4 * done // of * 25} % of {of})" if of else doing
        if said != self._said:
            print(f"{'' if self._said else chr(10)}    {said}", flush=True)
        self._said = said

    def end(self, how: str) -> None:
        if self._is_terminal:
            print(f"\r\033[K{self._head} {how}", flush=True)
        else:
            print(f"{self._head} {how}" if self._said else how, flush=True)


@contextlib.contextmanager
def step(name: str) -> Iterator[Step]:
    """Run the block as a step."""
    begin = time.monotonic()
    this = Step(name)
    try:
        yield this
    except BaseException as exc:
        this.end("interrupted" if isinstance(exc, KeyboardInterrupt) else "failed")
        raise
    this.end(f"{time.monotonic() - begin:6.1f} s")


_COUNT = re.compile(r"\s*\[(\d+)/(\d+)\] (.*)")
_STAGES = {
    "  Installing build dependencies: started": "fetching what builds it",
    "  Preparing metadata (pyproject.toml): started": "configuring",
    "Collecting": "fetching what it needs",
    "Installing collected packages": "installing",
}


def follow(this: Step) -> Callable[[str], None]:
    """What reads the lines of pip, meson and ninja, and says how far they are."""

    def read(line: str) -> None:
        found = _COUNT.match(line)
        if found and found[3].startswith(("Compiling", "Linking", "Generating", "Copying")):
            this.at("compiling", int(found[1]), int(found[2]))
        for words, doing in _STAGES.items():
            if line.startswith(words):  # further in they are of a pip that pip has started
                this.at(doing)

    return read


def run_logged(
    command: Command, log: Path, env: dict[str, str], read: Callable[[str], None] | None = None
) -> None:
    """Run a command in the project's folder into a log file; on failure show all of it.

    read: gets each line as it comes.
    """
    shown = shlex.join(map(str, command))
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as out,
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            cwd=ROOT,
            env=env,
        ) as process,
    ):
        print(f"$ {shown}", file=out, flush=True)
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", file=out, flush=True)
            if read is not None:
                read(line)
    status = process.returncode
    if status != 0:
        what = f"{Path(command[0]).name} failed ({status}); its whole output stands above"
        failure = Failure(what, shown, f"see {log}", status if status > 0 else EXIT_FAILED)
        text = log.read_text(encoding="utf-8", errors="replace")
        failure.lines.insert(0, text.rstrip())
        raise failure
