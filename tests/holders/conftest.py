"""Programs with known holders of Python, built once a session, and the command that traces them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import victims

from pynodes.holders import sampler

PROGRAMS = Path(__file__).parent / "programs"


@dataclass
class Traced:
    """How `pynodes trace --json` ended, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def process(self) -> Any:
        """The one process with Python."""
        (found,) = json.loads(self.out)["processes"]
        return found

    def thread(self, name: str) -> Any:
        (found,) = [each for each in self.process["threads"] if each["name"] == name]
        return found

    @property
    def kinds(self) -> list[str]:
        return [reason["kind"] for reason in self.process["why"]]


Trace = Callable[..., Traced]


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> victims.Kit:
    made = victims.make_kit(sys.executable, tmp_path_factory.mktemp("holders"))
    if made.missing:
        pytest.skip(f"programs cannot be built: {made.missing}")
    return made


@pytest.fixture(scope="session")
def trace(tmp_path_factory: pytest.TempPathFactory, scaled: Callable[[float], float]) -> Trace:
    if sampler.find() is None:
        pytest.skip("no sampler: it was not built here")
    folder = tmp_path_factory.mktemp("traces")

    def run(*words: object) -> Traced:
        argv = [sys.executable, "-m", "pynodes", "trace", *map(str, words)]
        done = subprocess.run(
            argv, capture_output=True, text=True, cwd=folder, timeout=scaled(60), check=False
        )
        return Traced(done.returncode, done.stdout, done.stderr)

    return run
