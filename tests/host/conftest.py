"""Fixtures that start the real host; see tests/support/host_runner.py."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from host_runner import SCALE, HostRun, RunHost, Running, StartHost, find_host

from pynodes.options.engines import ENGINES, engine_of


@pytest.fixture(scope="session")
def host_version() -> str:
    """Such as `3.13.5t`; the t is for a build without the GIL."""
    done = subprocess.run([str(find_host()), "--version"], capture_output=True, text=True)
    return done.stdout.split("python ")[1].split()[0]


@pytest.fixture(scope="session")
def free_threaded(host_version: str) -> bool:
    return host_version.endswith("t")


@pytest.fixture(scope="session")
def python_version(host_version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in host_version.rstrip("t").split(".")[:2])


@pytest.fixture(scope="session")
def has_own_gil(python_version: tuple[int, ...]) -> bool:
    """Can there be interpreters with a GIL of their own?"""
    return python_version >= engine_of("isolated").since


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest, python_version: tuple[int, ...]) -> str:
    """Each engine that the host's Python has."""
    if python_version < request.param.since:
        since = ".".join(map(str, request.param.since))
        pytest.skip(f"engine {request.param.name} needs Python {since} or later")
    return str(request.param.name)


@pytest.fixture
def start_host(tmp_path: Path) -> Iterator[StartHost]:
    """Start the host on a scene; `scene` is source text or a path."""
    host = find_host()
    if not host.exists():
        pytest.fail(f"no host at {host}; install the package into this environment")
    begun: list[Running] = []

    def start(
        *arguments: str,
        scene: str | Path | None = None,
        limit: float = 60.0,
        env: dict[str, str] | None = None,
        wrap: tuple[str, ...] = (),
    ) -> Running:
        out = tmp_path / f"frame-{len(begun)}.npy"
        if isinstance(scene, str):
            path = tmp_path / f"scene_{len(begun)}.py"
            path.write_text(scene)
            scene = path
        reader, writer = os.pipe()
        command = [*wrap, str(host), "--events-fd", str(writer)]
        if scene is not None and not any(a == "--out" for a in arguments):
            command += ["--out", str(out)]
        command += [*arguments, *([str(scene)] if scene is not None else [])]
        process = subprocess.Popen(
            command,
            pass_fds=(writer,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **(env or {})},
            cwd=tmp_path,
        )
        os.close(writer)
        running = Running(process, command, out, limit * SCALE)
        running.read(reader)
        begun.append(running)
        return running

    yield start
    for running in begun:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
        for thread in running.readers:
            thread.join(5)


@pytest.fixture
def run_host(start_host: StartHost) -> RunHost:
    """Run the host to its end and check its exit status."""

    def run(*arguments: str, status: int | None = 0, **options: Any) -> HostRun:
        result = start_host(*arguments, **options).end()
        if status is not None:
            assert result.status == status, str(result)
        return result

    return run
