"""Runs of a host for bench, stress and sanitize: started, heard to the end, nothing left behind."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

NPY_HEADER = 128
Event = dict[str, Any]


@dataclass(frozen=True)
class Ended:
    """How one run ended."""

    status: int | None  # None: it hung
    wall_s: float
    events: list[Event]  # without those of tiles
    text: str
    picture: str  # sha256 of the pixels
    left: int  # processes that it left behind

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.get("ev") == kind]


def run(
    command: Sequence[str], limit_s: float, on_event: Callable[[int, Event], None] | None = None
) -> Ended:
    """Run a host to its end, or to the limit; the frame file is the argument of --out.

    A run over the limit prints its Python stacks into `text`, and is killed with its children.
    """
    reader, writer = os.pipe()
    events: list[Event] = []
    begin = time.monotonic()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [command[0], "--events-fd", str(writer), *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(writer,),
            start_new_session=True,
        )
        os.close(writer)

        def read() -> None:
            with os.fdopen(reader, encoding="utf-8", errors="replace") as lines:
                for line in lines:
                    if '"ev":"tile"' in line:
                        continue
                    events.append(json.loads(line))
                    if on_event is not None:
                        on_event(process.pid, events[-1])

        listener = threading.Thread(target=read, daemon=True)
        listener.start()
        status: int | None = None
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGUSR1)
            time.sleep(1)
        finally:
            wall_s = time.monotonic() - begin
            left = processes_of(process.pid) if status is not None else 0
            if status is None or left:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        listener.join(10)
        output.seek(0)
        text = output.read().decode(errors="replace")
    return Ended(status, wall_s, events, text, picture_of(command), left)


def processes_of(session: int) -> int:
    """How many processes of a session there are."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        count += int(fields[3]) == session and fields[0] != "Z"
    return count


def picture_of(command: Sequence[str]) -> str:
    """The checksum of the pixels that a command has written, or `none`."""
    if "--out" in command:
        out = Path(command[command.index("--out") + 1])
        if out.exists():
            return hashlib.sha256(out.read_bytes()[NPY_HEADER:]).hexdigest()
    return "none"
