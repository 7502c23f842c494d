"""The command line run as a process, against a host that ends in the way a test wants."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from pynodes.host.find import package_version
from pynodes.options.table import host_options, rows_of

FAKE_HOST = Path(__file__).with_name("fake_host.py")
LIMIT_S = 60.0


@dataclass
class Result:
    """How a command ended."""

    status: int
    out: str
    err: str

    @property
    def record(self) -> Any:
        return json.loads(self.out)


@dataclass
class Running:
    """A command at work; `wait_for` reads its stderr."""

    process: subprocess.Popen[str]
    limit_s: float
    _seen: list[str] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _ended: bool = False

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self._seen.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()

    def wait_for(self, start: str) -> str:
        """The first line of stderr that begins so; fails when there is none within the limit."""

        def found() -> bool:
            return self._ended or any(line.startswith(start) for line in self._seen)

        with self._news:
            assert self._news.wait_for(found, self.limit_s), f"no {start!r} in {self._seen}"
            for line in self._seen:
                if line.startswith(start):
                    return line.rstrip("\n")
        pytest.fail(f"the command ended without {start!r}: {self._seen}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> Result:
        assert self.process.stdout is not None
        killer = threading.Timer(self.limit_s, self.process.kill)  # bounds the read
        killer.start()
        out = self.process.stdout.read()
        status = self.process.wait(self.limit_s)
        killer.cancel()
        self._reader.join(self.limit_s)
        return Result(status, out, "".join(self._seen))


def take_signals() -> None:
    """In the child: undo what nohup or a background job made it ignore."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class CommandLine:
    """`pynodes ...` in a folder of its own; tests read `cli.host("segfault").render("-t", "2")`."""

    def __init__(self, folder: Path, limit_s: float) -> None:
        self.folder = folder
        self.limit_s = limit_s
        self.environ = {
            name: value for name, value in os.environ.items() if not name.startswith("PYNODES_")
        }
        self.environ["PYNODES_HOST"] = str(_fake_program(folder))
        self.environ["FAKE_HOST_WORD"] = package_version() or "0.1.0"
        self.environ["FAKE_HOST_TABLE"] = json.dumps(
            {
                "schema": 1,
                "word": self.environ["FAKE_HOST_WORD"],
                "options": [option._asdict() for option in host_options(rows_of())],
            }
        )
        self.scene("scene.py")

    def scene(self, name: str, text: str = "def build(params, frame): ...\n") -> CommandLine:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return self

    def host(self, mode: str, **environ: str) -> CommandLine:
        """Choose how the fake host ends."""
        self.environ["FAKE_HOST_MODE"] = mode
        self.environ.update(environ)
        return self

    def start(self, *arguments: str) -> Running:
        process = subprocess.Popen(
            [sys.executable, "-m", "pynodes", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape",
            preexec_fn=take_signals,
        )
        return Running(process, self.limit_s)

    def run(self, *arguments: str) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "pynodes", *arguments],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=self.limit_s,
            check=False,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    def render(self, *arguments: str) -> Result:
        """A small render of `scene.py`."""
        return self.run("render", "scene.py", "--size", "64x64", *arguments)

    def left_behind(self) -> list[str]:
        """Names in the folder that neither the test nor a picture explains."""
        return sorted(
            path.name for path in self.folder.iterdir() if path.name not in {"scene.py", "bin"}
        )


@pytest.fixture
def cli(tmp_path: Path, scaled: Callable[[float], float]) -> CommandLine:
    """The command line in an empty folder with `scene.py`, and the fake host in mode `ok`."""
    return CommandLine(tmp_path, scaled(LIMIT_S))


def _fake_program(folder: Path) -> Path:
    program = folder / "bin" / "pynodes-host"
    program.parent.mkdir()
    command = shlex.join([sys.executable, "-S", "-E", str(FAKE_HOST)])
    program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    program.chmod(0o755)
    return program
