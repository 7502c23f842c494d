"""One door to the real host: start it, read its events, keep what it wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

SCALE = float(os.environ.get("PYNODES_TEST_TIMEOUT_SCALE", "1"))


def find_host() -> Path:
    named = os.environ.get("PYNODES_HOST")
    if named:
        return Path(named)
    return Path(sysconfig.get_path("scripts")) / "pynodes-host"


@dataclass
class HostRun:
    """What one run of the host left behind."""

    command: list[str]
    status: int
    stdout: str
    stderr: str
    events: list[dict[str, Any]]
    out: Path

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["ev"] == kind]

    def one(self, kind: str) -> dict[str, Any]:
        found = self.of(kind)
        assert len(found) == 1, f"{len(found)} {kind} events\n{self}"
        return found[0]

    def first_error(self) -> dict[str, Any]:
        """Of the one flaw of a node: that of its first sample in the picture."""
        found = self.of("error")
        assert len({(e["node"], e["exception"]) for e in found}) == 1, f"{len(found)}\n{self}"
        return min(found, key=lambda e: (*reversed(e["pixel"]), e["sample"]))

    def pixels(self) -> np.ndarray[Any, np.dtype[np.float32]]:
        picture: np.ndarray[Any, np.dtype[np.float32]] = np.load(self.out)
        return picture

    def __str__(self) -> str:
        shown = "\n".join(json.dumps(e) for e in self.events if e["ev"] != "tile")
        return (
            f"{' '.join(self.command)}\nstatus {self.status}\n{shown}\n{self.stdout}\n{self.stderr}"
        )


@dataclass
class Running:
    """A host that is still at work; `wait_for` blocks on its events, never on a clock."""

    process: subprocess.Popen[bytes]
    command: list[str]
    out: Path
    limit: float
    events: list[dict[str, Any]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    over: bool = False
    readers: list[threading.Thread] = field(default_factory=list)
    streams: dict[str, bytes] = field(default_factory=dict)

    def read(self, events: int) -> None:
        """Begin to read events and streams, each on a thread of its own."""
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.readers = [
            threading.Thread(target=self._read_events, args=(events,)),
            threading.Thread(target=self._read_stream, args=("stdout", self.process.stdout)),
            threading.Thread(target=self._read_stream, args=("stderr", self.process.stderr)),
        ]
        for thread in self.readers:
            thread.start()

    def _read_events(self, reader: int) -> None:
        with os.fdopen(reader, encoding="utf-8") as lines:
            for line in lines:
                with self.changed:
                    self.events.append(json.loads(line))
                    self.changed.notify_all()
        with self.changed:
            self.over = True
            self.changed.notify_all()

    def _read_stream(self, name: str, stream: Any) -> None:
        while piece := stream.read1():
            with self.changed:
                self.streams[name] = self.streams.get(name, b"") + piece
                self.changed.notify_all()
        stream.close()

    def wait_for(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["ev"] == kind]

        with self.changed:
            done = self.changed.wait_for(lambda: len(found()) >= count or self.over, self.limit)
            assert done, f"no {kind} event within {self.limit} s: {self.events}"
            assert len(found()) >= count, f"the host ended without {kind}: {self.events}"
            return found()

    def wait_for_text(self, stream: str, *texts: str) -> None:
        """Wait until stdout or stderr has all of these."""

        def found() -> bool:
            text = self.streams.get(stream, b"").decode(errors="replace")
            return all(each in text for each in texts)

        with self.changed:
            done = self.changed.wait_for(found, self.limit)
            assert done, f"no {texts} on {stream} within {self.limit} s: {self.streams}"

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> HostRun:
        try:
            self.process.wait(self.limit)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGUSR1)  # the Python stacks, for the report
            self.process.kill()
            self.process.wait()
            for reader in self.readers:
                reader.join(self.limit)
            pytest.fail(
                f"the host did not end within {self.limit} s\n{' '.join(self.command)}\n"
                f"{self.events[-5:]}\n{self.streams.get('stderr', b'').decode(errors='replace')}"
            )
        for reader in self.readers:
            reader.join(self.limit)
        return HostRun(
            self.command,
            self.process.returncode,
            self.streams.get("stdout", b"").decode(errors="replace"),
            self.streams.get("stderr", b"").decode(errors="replace"),
            self.events,
            self.out,
        )


StartHost = Callable[..., Running]
RunHost = Callable[..., HostRun]


def wait_taken(pid: int, number: signal.Signals, seconds: float = 30.0) -> None:
    """Wait until a thread of the process has taken a signal that was sent to it."""
    end = time.monotonic() + seconds
    while True:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        pending = next(int(line.split()[1], 16) for line in lines if line.startswith("ShdPnd"))
        if not pending >> (number - 1) & 1:
            return
        assert time.monotonic() < end, f"{number!r} was never taken"
        time.sleep(0.001)


def wait_for_file(path: Path, seconds: float = 30.0) -> None:
    """Wait for a node to say by a file that it is inside its call."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} never came"
        time.sleep(0.005)


def run_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`pynodes` with these arguments, in a folder, with the host of the tests."""
    return subprocess.run(
        [sys.executable, "-m", "pynodes", *arguments],
        cwd=folder,
        env={**os.environ, "PYNODES_HOST": str(find_host())},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60 * SCALE,
        check=False,
    )
