"""--profile: samples of the lines of Python nodes, on every engine."""

from __future__ import annotations

import sys
from collections import Counter
from typing import Any

import pytest
from host_runner import HostRun, RunHost
from host_scenes import flat_scene

PLANTED = """
from pynodes.nodes import Node, NodeTree, Socket
from pynodes.scene import Camera, Plane, Scene

def spin(turns):
    for _ in range(turns):
        pass

class Work(Node):
    def __init__(self, sockets, most=0, rest=0, once=False):
        sockets.input = [Socket("Value", 0.0)]
        sockets.output = [Socket("Value", 0.0)]
        self.most, self.rest, self.once = most, rest, once

    def __call__(self):
        if self.once and self.shi.sample:
            return
        spin(self.most)  # MOST
        spin(self.rest)  # REST

def build(params, frame):
    tree = NodeTree("row")
    both = tree.add(Work, name="both", most=3000, rest=1000)
    most = tree.add(Work, name="most", most=3000, once=True)
    rest = tree.add(Work, name="rest", rest=1000, once=True)
    tree.link(both.out.Value, most.inp.Value)
    tree.link(most.out.Value, rest.inp.Value)
    tree.link(rest.out.Value, tree.surface)
    camera = Camera.orthographic(location=(0, 0, 5), look_at=(0, 0, 0), up=(0, 1, 0), width=2.0)
    return Scene(camera, [Plane(tree, scale=4.0)])
"""
# Everything that moves frames about, frees code, or runs code in other ways.
HARD = """
k = self.k = self.k + 1
if k % 8 == 0:
    down(300)
elif k % 8 == 1:
    sum(several(10))
elif k % 8 == 2:
    names = {}
    exec(compile("x = 0\\n" + "x += 1\\n" * (k % 40 + 1), "<made>", "exec"), names)
elif k % 8 == 3:
    try:
        down(10**6)
    except RecursionError:
        pass
elif k % 8 == 4:
    for _ in range(10):
        Knot()
    gc.collect(k % 3)
elif k % 8 == 5:
    self.kept = [*self.kept[-3:], several(5)]
    next(self.kept[-1])
elif k % 8 == 6:
    type("Made", (), {"f": lambda self: sorted(range(30), key=lambda v: -v)})().f()
elif k % 80 == 7:
    thread = threading.Thread(target=sum, args=(several(10),))
    thread.start()
    thread.join()
if k % 97 == 0:
    raise ValueError("on purpose")
"""
HARD_IMPORTS = """
import gc
import threading

def down(n):
    return 0 if n == 0 else 1 + down(n - 1)

def several(n):
    for i in range(n):
        yield from (j * j for j in range(3))

class Knot:
    def __init__(self):
        self.me = self
"""


def line_of(source: str, mark: str) -> int:
    return next(n for n, line in enumerate(source.splitlines(), 1) if mark in line)


def stacks(run: HostRun) -> dict[tuple[Any, ...], int]:
    """Processor time by stack: the node, then each function and line."""
    found: Counter[tuple[Any, ...]] = Counter()
    at: dict[tuple[int, int], tuple[Any, ...]] = {}
    for event in run.of("place"):
        name = event.get("node") or (event.get("function"), event["line"])
        above = at[event["pid"], event["parent"]] if event["parent"] >= 0 else ()
        at[event["pid"], event["id"]] = (*above, name)
        found[*above, name] += event["cpu_ns"]
    return found


def sampled_and_exact(run: HostRun) -> tuple[float, float]:
    """The share of the planted line by its samples, and by two nodes of one line each."""
    exact: Counter[str] = Counter()
    for event in run.of("cost"):
        exact[event["node"]] += event["cpu_ns"]
    found = stacks(run)
    line = ("Work.__call__", line_of(PLANTED, "# MOST"))
    both = {stack: ns for stack, ns in found.items() if stack[0] == "both"}
    most = sum(ns for stack, ns in both.items() if stack[1:2] == (line,))
    assert sum(event["samples"] for event in run.of("profile")) > 200
    spun = sum(ns for stack, ns in found.items() if len(stack) > 2 and stack[2][0] == "spin")
    assert spun > 0.8 * sum(found.values())
    return most / sum(both.values()), exact["most"] / (exact["most"] + exact["rest"])


def test_planted_line_has_the_share_that_it_was_made_to_have(
    run_host: RunHost, engine: str
) -> None:
    """Within a tenth; samples are chance, so one of three runs must do."""
    shares = []
    for _ in range(3):
        run = run_host(
            "--size", "64x48", "--samples", "10", "-t", "2", "--engine", engine, "--profile",
            scene=PLANTED,
        )  # fmt: skip
        sampled, exact = sampled_and_exact(run)
        if sampled == pytest.approx(exact, rel=0.1):
            return
        shares.append((sampled, exact))
    pytest.fail(f"shares by samples, and exactly: {shares}")


def test_time_that_was_sampled_is_that_of_the_nodes(run_host: RunHost, engine: str) -> None:
    run = run_host(
        "--size", "64x48", "--samples", "4", "-t", "3", "--engine", engine, "--profile",
        scene=PLANTED,
    )  # fmt: skip
    sampled = sum(stacks(run).values())
    assert sampled == pytest.approx(run.one("frame")["python_cpu_ns"], rel=0.15)


@pytest.mark.parametrize("attach", ["fresh", "call", "row", "tile", "thread"])
def test_stacks_of_all_kinds_are_read_under_every_policy(run_host: RunHost, attach: str) -> None:
    scene = flat_scene(HARD, imports=HARD_IMPORTS, init="self.k, self.kept = 0, []")
    run = run_host(
        "--size", "48x32", "--samples", "2", "--tile", "8", "-t", "4", "--engine", "shared",
        "--attach", attach, "--switch-interval", "1e-5", "--profile", scene=scene, status=11,
    )  # fmt: skip
    assert run.one("profile")["samples"] > 20
    functions = {name[0] for stack in stacks(run) for name in stack[1:] if name[0]}
    assert "Probe.__call__" in functions and functions & {"down", "several"}
    assert all(stack[0] == "Probe" for stack in stacks(run))


def test_hard_nodes_are_sampled_on_every_engine(run_host: RunHost, engine: str) -> None:
    scene = flat_scene(HARD, imports=HARD_IMPORTS, init="self.k, self.kept = 0, []")
    run = run_host(
        "--size", "48x32", "--samples", "2", "--tile", "8", "-t", "4", "--engine", engine,
        "--profile", scene=scene, status=11,
    )  # fmt: skip
    assert sum(event["samples"] for event in run.of("profile")) > 20


def test_deep_stack_keeps_its_innermost_calls(run_host: RunHost) -> None:
    scene = flat_scene(
        "for _ in range(20): down(200)",
        imports="def down(n):\n    return sum(range(90)) if n == 0 else down(n - 1)",
    )
    run = run_host("--size", "16x16", "--samples", "2", "-t", "1", "--profile", scene=scene)
    found = stacks(run)
    deep = [stack for stack in found if stack[1:2] == ((None, 0),)]
    assert {len(stack) for stack in deep} == {2, *range(3, 2 + 64 + 1)}
    assert {name[0] for stack in deep for name in stack[2:]} == {"down"}
    assert all(len(stack) <= 2 + 64 for stack in found)


def test_names_that_are_not_ascii_are_read(run_host: RunHost) -> None:
    scene = flat_scene(
        "größe𝛼(4000)", imports="def größe𝛼(n):\n    for _ in range(n):\n        pass"
    )
    run = run_host("--size", "24x16", "--samples", "2", "-t", "1", "--profile", scene=scene)
    functions = {name[0] for stack in stacks(run) for name in stack[1:]}
    assert "größe𝛼" in functions or "größeα" in functions  # identifiers are NFKC


def test_frames_are_profiled_each_by_itself(run_host: RunHost) -> None:
    run = run_host(
        "--size", "32x24", "-t", "2", "--frames", "1,2", "--out", "f_#.npy", "--profile",
        scene=PLANTED,
    )  # fmt: skip
    assert [event["frame"] for event in run.of("profile")] == [1, 2]
    for frame in run.of("frame"):
        places = [event for event in run.of("place") if event["frame"] == frame["frame"]]
        sampled = sum(event["cpu_ns"] for event in places)
        assert sampled == pytest.approx(frame["python_cpu_ns"], rel=0.3)


def test_picture_is_the_same_and_nothing_is_sampled_unasked(run_host: RunHost) -> None:
    scene = flat_scene("self.output.Color = (self.shi.random(), self.shi.depth, 0, 1)")
    with_it = run_host("--size", "48x32", "-t", "3", "--profile", scene=scene)
    without = run_host("--size", "48x32", "-t", "3", scene=scene)
    assert (with_it.pixels() == without.pixels()).all()
    assert without.of("place") == without.of("profile") == []


def test_sleep_in_a_node_is_not_cut_short_and_costs_nothing(run_host: RunHost) -> None:
    """It uses the processor, so that a sample is due, then sleeps through it."""
    call = """
spin(100_000)
begin = time.monotonic()
time.sleep(0.01)
assert time.monotonic() - begin >= 0.01
"""
    scene = flat_scene(
        call, imports="import time\ndef spin(n):\n    for _ in range(n):\n        pass"
    )
    run = run_host("--size", "16x8", "--samples", "1", "-t", "2", "--profile", scene=scene)
    functions: Counter[Any] = Counter()
    for stack, ns in stacks(run).items():
        functions[stack[-1][0] if len(stack) > 1 else None] += ns
    assert functions["spin"] > 0.8 * sum(functions.values())


FEW_TIMERS = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_SIGPENDING, (1, 1))
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_threads_that_get_no_timer_are_said(run_host: RunHost) -> None:
    run = run_host(
        "--size", "40x30", "-t", "3", "--engine", "shared", "--profile", scene=PLANTED,
        wrap=(sys.executable, "-c", FEW_TIMERS),
    )  # fmt: skip
    assert run.one("warning")["what"].endswith("of 3 render threads are not in the profile")
