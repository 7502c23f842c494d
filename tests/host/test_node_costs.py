"""What each node took: of all threads and workers, Python and native, in processor time."""

from __future__ import annotations

from collections import Counter

import pytest
from host_runner import HostRun, RunHost

SCENE = """
import time
from itertools import repeat
from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Camera, Plane, Scene

def spin(turns):
    for _ in repeat(None, turns):  # no numbers, of which the small ones are cheaper
        pass

class Work(Node):
    def __init__(self, sockets, turns=0, sleep=0.0):
        sockets.input = [Socket("Value", 0.0)]
        sockets.output = [Socket("Value", 0.0)]
        self.turns, self.sleep = turns, sleep

    def __call__(self):
        spin(self.turns)
        if self.sleep:
            time.sleep(self.sleep)
        self.output.Value = self.input.Value + 0.1

def build(params, frame):
    tree = NodeTree("row")
    noise = tree.add(native.Noise)
    much = tree.add(Work, name="much", turns=6000)
    little = tree.add(Work, name="little", turns=2000, sleep=params.get("sleep", 0.0))
    idle = tree.add(Work, name="idle")
    tree.link(noise.out.Value, idle.inp.Value)
    tree.link(idle.out.Value, much.inp.Value)
    tree.link(much.out.Value, little.inp.Value)
    tree.link(little.out.Value, tree.surface)
    camera = Camera.orthographic(location=(0, 0, 5), look_at=(0, 0, 0), up=(0, 1, 0), width=2.0)
    return Scene(camera, [Plane(tree, scale=4.0)])
"""
SMALL = ("--size", "48x32", "--samples", "2", "--tile", "16")
SAMPLES = 48 * 32 * 2


def costs(run: HostRun, frame: int = 1) -> dict[str, Counter[str]]:
    """The sums of a frame, by node."""
    found: dict[str, Counter[str]] = {}
    for event in run.of("cost"):
        if event["frame"] == frame:
            sums = {key: event[key] for key in ("calls", "samples", "cpu_ns")}
            found.setdefault(event["node"], Counter()).update(sums)
    return found


def test_every_node_reports_once_a_frame_and_python_nodes_sum_up(
    run_host: RunHost, engine: str
) -> None:
    run = run_host(
        *SMALL, "-t", "3", "--engine", engine, "--frames", "1,2", "--out", "f_#.npy", scene=SCENE
    )
    for frame in run.of("frame"):
        of = costs(run, frame["frame"])
        assert of.keys() == {"Noise", "idle", "much", "little"}
        assert all(sums["samples"] == SAMPLES for sums in of.values())
        python = [of[name] for name in ("idle", "much", "little")]
        assert [sums["calls"] for sums in python] == [SAMPLES] * 3
        assert 6 <= of["Noise"]["calls"] <= 2 * 6 * 8  # a batch a tile, or a strip of one
        assert sum(sums["cpu_ns"] for sums in python) == frame["python_cpu_ns"]
        assert sum(sums["cpu_ns"] for sums in of.values()) < frame["cpu_ns"]


def test_share_of_a_node_is_what_it_was_made_to_work(run_host: RunHost, engine: str) -> None:
    """Three times the turns; the call around them is measured by a node without any.

    A machine of others takes processor time in lumps, so one of three runs must do.
    """
    shares = []
    for _ in range(3):
        of = costs(run_host(*SMALL, "-t", "2", "--engine", engine, scene=SCENE))
        around = of["idle"]["cpu_ns"]
        shares.append((of["much"]["cpu_ns"] - around) / (of["little"]["cpu_ns"] - around))
        if shares[-1] == pytest.approx(3.0, rel=0.15):
            return
    pytest.fail(f"3 was expected: {shares}")


@pytest.mark.parametrize("attach", ["tile", "row", "call"])
def test_what_sleeps_or_waits_costs_nothing(run_host: RunHost, attach: str) -> None:
    run = run_host(
        "--size", "6x4", "--samples", "1", "--tile", "2", "--engine", "shared", "-t", "4",
        "--attach", attach, "-D", "sleep=0.02", scene=SCENE,
    )  # fmt: skip
    frame = run.one("frame")
    assert frame["python_ns"] > 24 * 20_000_000 > 4 * frame["python_cpu_ns"]


def test_the_cheapest_of_very_many_nodes_are_one(run_host: RunHost) -> None:
    scene = """
from pynodes.nodes import NodeTree, native
from pynodes.scene import Camera, Plane, Scene

def build(params, frame):
    tree = NodeTree("long")
    last = tree.add(native.Noise).out.Value
    for _ in range(299):
        step = tree.add(native.Maths)
        tree.link(last, step.inp.A)
        last = step.out.Value
    tree.link(last, tree.surface)
    camera = Camera.orthographic(location=(0, 0, 5), look_at=(0, 0, 0), up=(0, 1, 0), width=2.0)
    return Scene(camera, [Plane(tree, scale=4.0)])
"""
    run = run_host("--size", "64x64", "-t", "2", scene=scene)
    *named, rest = run.of("cost")
    assert len(named) == 256 and rest["others"] == 300 - 256
    assert named[0]["node"] == "Noise" and "node" not in rest
    assert rest["samples"] == rest["others"] * 64 * 64 * 4
    assert rest["cpu_ns"] <= rest["others"] * named[-1]["cpu_ns"]
