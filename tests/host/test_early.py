"""A host that starts Python before it has its job: the render is the same, or it ends unused."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene

from pynodes.host.early import EarlyHost, early_host
from pynodes.host.follow import follow
from pynodes.host.launch import Launch
from pynodes.host.seen import Seen
from pynodes.model.job import Job
from pynodes.model.verdict import Verdict
from pynodes.process import procfs
from pynodes.rendering.outcome import Outcome
from pynodes.rendering.request import RenderRequest
from pynodes.rendering.run import rendering

WAIT_S = 0.5
GREY = "self.output.Color = (0.5, 0.5, 0.5, 1)"


@pytest.fixture
def early() -> Iterator[EarlyHost]:
    host = EarlyHost(find_host())
    yield host
    host.close()


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "grey.py"
    path.write_text(flat_scene(GREY))
    return path


def request(scene: Path, name: str = "out.png", **options: Any) -> RenderRequest:
    job = Job(scene=scene, width=24, height=16, threads=2, **options)
    return RenderRequest(find_host(), job, scene.with_name(name), evidence=None)


def rendered(of: RenderRequest, early: EarlyHost | None = None) -> Outcome:
    with rendering(of, early) as work:
        return work.outcome()


def until_it_waits(early: EarlyHost) -> None:
    """Until Python runs in it, and it reads the pipe that its job comes from."""
    child = early.spawned.supervisor.child
    assert isinstance(child.args, list)
    pid, pipe = child.pid, int(child.args[child.args.index("--job-fd") + 1])
    end = time.monotonic() + 60 * SCALE
    while (call := procfs.call_of(pid, pid)) is None or (call.name, *call.args[:1]) != (
        "read",
        pipe,
    ):
        assert time.monotonic() < end, "Python did not start"
        os.sched_yield()


def heard(early: EarlyHost, *arguments: str) -> Seen:
    """What the host says when it is given these arguments as its job."""
    with Launch([os.fspath(early.host), *arguments], limit_s=60 * SCALE, early=early) as launch:
        return follow(launch, ())


def test_early_host_renders_the_picture_that_another_does(early: EarlyHost, scene: Path) -> None:
    pid = early.spawned.supervisor.child.pid

    (first,) = rendered(request(scene, "early.png"), early).records
    (second,) = rendered(request(scene, "late.png")).records

    assert first.verdict is second.verdict is Verdict.OK
    assert first.sha256 == second.sha256
    assert scene.with_name("early.png").read_bytes() == scene.with_name("late.png").read_bytes()
    assert not procfs.is_alive(pid)


def test_wait_for_the_job_is_in_no_figure_of_the_host(early: EarlyHost, scene: Path) -> None:
    until_it_waits(early)
    time.sleep(WAIT_S)  # that is what is measured

    (record,) = rendered(request(scene), early).records

    wall_s, ready_s = record.figures["wall_s"], record.figures["ready_s"]
    assert wall_s is not None
    assert ready_s is not None
    assert 0 < ready_s < wall_s - WAIT_S


def test_timeline_begins_with_the_start_of_python(early: EarlyHost, scene: Path) -> None:
    until_it_waits(early)
    trace = scene.with_name("trace.json")

    rendered(request(scene, trace=trace), early)

    spans = [each for each in json.loads(trace.read_text())["traceEvents"] if each.get("ph") == "X"]
    begins = {each["name"]: each["ts"] for each in spans}
    assert 0 <= begins["start Python"] < begins["scene"]


def test_host_that_gets_no_job_ends_and_leaves_nothing() -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    early = EarlyHost(find_host())
    pid = early.spawned.supervisor.child.pid

    early.close()

    assert not procfs.is_alive(pid)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize(
    "options", [{"engine": "shared"}, {"engine": "process"}, {"pixel": (1, 1, 0)}, {"debug": True}]
)
def test_job_that_python_is_started_otherwise_for_does_not_fit(
    early: EarlyHost, scene: Path, options: dict[str, Any]
) -> None:
    assert early.fits(request(scene).job)
    assert not early.fits(request(scene, **options).job)


def test_host_killed_before_it_has_its_job_is_a_crash(early: EarlyHost, scene: Path) -> None:
    early.spawned.supervisor.send(signal.SIGKILL)

    (record,) = rendered(request(scene), early).records

    assert record.verdict is Verdict.CRASH
    assert record.signal == "SIGKILL"


def test_wrong_job_is_refused_as_at_the_start(early: EarlyHost) -> None:
    seen = heard(early, "--threads", "0", "scene.py")

    (error,) = seen.others
    assert (error.kind, seen.returncode) == ("usage", 2)
    assert "threads" in error.what


@pytest.mark.parametrize(
    "arguments",
    [["--engine", "shared", "s.py"], ["--describe"], ["--nodes"], ["--job-fd", "0", "s.py"]],
)
def test_job_that_python_was_not_started_for_is_refused(
    early: EarlyHost, arguments: list[str]
) -> None:
    seen = heard(early, *arguments)

    (error,) = seen.others
    assert "a job that comes later is a render with engine auto" in error.what
    assert seen.bye is not None


def test_end_of_the_pipe_without_a_job_is_no_scene(early: EarlyHost) -> None:
    seen = heard(early)

    assert [error.what for error in seen.others] == ["no scene given"]


def test_nothing_starts_early_where_the_host_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYNODES_HOST", os.fspath(find_host()))

    with early_host() as early:
        assert early is None
