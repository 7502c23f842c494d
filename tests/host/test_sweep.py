"""Sweeps with the real host: engines, wrong pictures, a host that is killed, one more Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from host_runner import SCALE, find_host
from host_scenes import flat_scene

from pynodes.host import hosts
from pynodes.host.identity import identify
from pynodes.model.verdict import Verdict
from pynodes.store.model import Sweep
from pynodes.store.store import Store
from pynodes.trace.chrome import load

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "8", "--progress", "never")
COLORFUL = """
x, y, z = self.input.Coords
self.output.Color = (abs(x) * self.shi.random(), abs(y), self.shi.uv[0], 1)
"""
KILL_BY_PARAMETER = """
plain = build

def build(params, frame):
    global KILL
    KILL = params.get("kill", 0)
    return plain(params, frame)
"""
ROOT = Path(__file__).resolve().parents[2]


def sweep(folder: Path, *arguments: str) -> tuple[int, Sweep]:
    done = subprocess.run(
        [sys.executable, "-m", "pynodes", "sweep", "scene.py", *SMALL, *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYNODES_HOST": str(find_host()),
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120 * SCALE,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    with Store.open(folder / "pynodes.db") as store:
        return done.returncode, store.sweep(store.find("latest"))


def test_every_engine_and_policy_gives_the_picture_of_one_thread(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(flat_scene(COLORFUL))

    status, found = sweep(
        tmp_path, "--engine", "shared,process", "--attach", "all", "-t", "2", "--repeat", "1"
    )

    assert status == 0
    assert len(found.cells) == 10
    assert {sample.wrong_pixels for sample in found.samples} == {0}
    for cell in found.cells:
        (measured,) = cell.measured
        assert cell.threads == 2
        render_s = measured.figures["render_s"]
        assert render_s is not None
        assert 0 < render_s < measured.wall_s
        assert measured.figures["node_calls"] == measured.record["node_calls"] > 0
        assert (measured.record["attach"], measured.record["engine"]) == (
            cell.settings["attach"],
            cell.settings["engine"],
        )


def test_traced_cells_keep_a_timeline_that_counts_in_no_figure(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(flat_scene(COLORFUL))
    few = ("-t", "1,2", "--engine", "shared", "--repeat", "1", "--warmup", "0")
    sweep(tmp_path, *few)

    status, found = sweep(tmp_path, *few, "--trace-cells")

    assert status == 0
    for cell in found.cells:
        assert len(cell.measured) == 1
        (traced,) = (run for run in cell.samples if run.round == 0)
        assert cell.timeline is not None
        assert cell.timeline.parent == traced.evidence
        spans = {span.thread for span in load(cell.timeline).spans if span.name == "tile"}
        assert 1 <= len(spans) <= (cell.threads or 0)
    _, again = sweep(tmp_path, *few, "--trace-cells")
    assert [len(cell.samples) for cell in again.cells] == [2, 2]


def test_reference_of_a_cell_says_what_each_tile_costs(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(flat_scene(COLORFUL))

    _, found = sweep(tmp_path, "-t", "1", "--repeat", "1", "--warmup", "0")

    (reference,) = found.references.values()
    costs = reference.records[0]["tile_costs"]
    assert len(costs) == reference.records[0]["tiles"]
    assert all(native > 0 and python > 0 for native, python in costs)


def test_picture_that_depends_on_the_moment_is_wrong(tmp_path: Path) -> None:
    body = "import time\nself.output.Color = (time.perf_counter_ns() % 1000 / 1000, 0, 0, 1)"
    (tmp_path / "scene.py").write_text(flat_scene(body))

    status, found = sweep(tmp_path, "-t", "1,2", "--repeat", "1", "--warmup", "0")

    assert status == 1
    for cell in found.cells:
        assert cell.verdict is Verdict.WRONG_IMAGE
        assert cell.wrong_pixels
        assert cell.max_difference
        assert cell.samples[0].difference is not None


def test_host_that_is_killed_is_a_crash_and_the_sweep_goes_on(tmp_path: Path) -> None:
    body = "import os, signal\nif KILL: os.kill(os.getpid(), signal.SIGKILL)"
    (tmp_path / "scene.py").write_text(flat_scene(body) + KILL_BY_PARAMETER)

    status, found = sweep(tmp_path, "-D", "kill=1", "-D", "kill=0", "--repeat", "2", "-t", "1")

    assert status == 1
    verdicts = {cell.settings["D kill"]: cell.verdict for cell in found.cells}
    assert verdicts == {"1": Verdict.CRASH, "0": Verdict.OK}


def test_host_is_built_from_the_sources_and_renders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if hosts.sources() != ROOT:
        pytest.skip("the package does not run from this clone")
    own = identify(find_host())
    executable = re.search(r'"executable":\s*"([^"]+)"', interp_event(tmp_path))
    assert executable is not None
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    path = hosts.add(hosts.find_python(executable[1]))

    assert identify(path).python == own.python
    assert [host.python for host in hosts.installed()].count(own.python) == 2
    done = subprocess.run(
        [path, *SMALL[:6], "--out", str(tmp_path / "a.npy"), str(tmp_path / "scene.py")],
        capture_output=True,
        text=True,
        timeout=60 * SCALE,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def interp_event(folder: Path) -> str:
    """What the host under test says of its Python."""
    (folder / "scene.py").write_text(flat_scene(COLORFUL))
    return subprocess.run(
        [find_host(), "--events-fd", "1", *SMALL[:6], str(folder / "scene.py")],
        capture_output=True,
        text=True,
        timeout=60 * SCALE,
        check=True,
        cwd=folder,
    ).stdout
