"""One node for all threads: right on one thread, a race on more, and never worse than wrong."""

from __future__ import annotations

import numpy as np
import pytest
from host_runner import HostRun, RunHost
from host_scenes import flat_scene

SMALL = ("--size", "48x32", "--samples", "1", "--tile", "8")
SHARED = ("--engine", "shared", "--node-sharing", "shared")
PLACE = """
x, y = self.shi.pixel
self.output.Color = (x / 64, y / 64, self.shi.random(), 1)
"""


def wrong_pixels(run: HostRun, reference: HostRun) -> int:
    return int(np.any(run.pixels() != reference.pixels(), axis=2).sum())


@pytest.mark.parametrize("attach", ["fresh", "call", "row", "tile", "thread"])
def test_one_thread_gives_the_reference(run_host: RunHost, attach: str) -> None:
    scene = flat_scene(PLACE)
    reference = run_host(*SMALL, "-t", "1", scene=scene)
    run = run_host(*SMALL, *SHARED, "-t", "1", "--attach", attach, scene=scene)
    assert wrong_pixels(run, reference) == 0


MEET = """
meet()
x, y = self.shi.pixel
self.output.Color = (x / 64, y / 64, 0.5, 1)
"""
MEETING = """
import threading

lock = threading.Condition()
came = []

def meet():
    '''The first call on each of two threads waits for the other one's, giving the GIL away.'''
    me = threading.get_ident()
    with lock:
        if me not in came:
            came.append(me)
            lock.notify_all()
            assert lock.wait_for(lambda: len(came) >= 2, 60)
"""


def test_two_threads_that_meet_in_a_call_use_one_sample(
    run_host: RunHost, free_threaded: bool
) -> None:
    """Whoever came last has its sample on the node: the other's pixel stays zero."""
    scene = flat_scene(MEET, imports=MEETING)
    reference = run_host(*SMALL, "-t", "1", scene=scene.replace("    meet()\n", "    pass\n"))

    run = run_host(*SMALL, *SHARED, "-t", "2", scene=scene)

    assert wrong_pixels(run, reference) >= 1
    if not free_threaded:  # else threads may also tear each other's later samples
        assert np.any(np.all(run.pixels()[..., :3] == 0, axis=2) & (reference.pixels()[..., 2] > 0))


def test_own_nodes_that_meet_keep_their_samples(run_host: RunHost, free_threaded: bool) -> None:
    if free_threaded:
        pytest.skip("threads have modules of their own there: they would never meet")
    scene = flat_scene(MEET, imports=MEETING)
    reference = run_host(*SMALL, "-t", "1", scene=scene.replace("    meet()\n", "    pass\n"))
    run = run_host(*SMALL, "--engine", "shared", "-t", "2", scene=scene)
    assert wrong_pixels(run, reference) == 0


def test_local_input_keeps_its_own_sample(run_host: RunHost, free_threaded: bool) -> None:
    """What was fetched from self before the switch still points at the thread's own sample."""
    if free_threaded:
        pytest.skip("without a GIL others put theirs there at any time, not at a switch")
    fetched = "shi, output = self.shi, self.output\n" + MEET.replace("self.", "")
    scene = flat_scene(fetched, imports=MEETING)
    reference = run_host(*SMALL, "-t", "1", scene=scene.replace("    meet()\n", "    pass\n"))
    runs = [run_host(*SMALL, *SHARED, "-t", "2", scene=scene)]
    # A switch between self.shi and self.output would still do it; with Python's interval rarely.
    runs += [run_host(*SMALL, *SHARED, "-t", "2", scene=scene) for _ in range(2)]
    assert min(wrong_pixels(run, reference) for run in runs) == 0


def test_print_defeats_every_interval(run_host: RunHost) -> None:
    scene = flat_scene("print('.')\n" + PLACE)
    reference = run_host(*SMALL, "-t", "1", scene=flat_scene(PLACE))
    wrong = 0
    for _ in range(5):
        run = run_host(*SMALL, *SHARED, "-t", "8", "--switch-interval", "1000", scene=scene)
        wrong = wrong_pixels(run, reference)
        if wrong:
            break
    assert wrong > 0


def test_short_interval_gives_wrong_pixels(run_host: RunHost) -> None:
    slow = "for _ in range(2000): pass\n" + PLACE
    reference = run_host(*SMALL, "-t", "1", scene=flat_scene(slow))
    wrong = 0
    for _ in range(5):
        run = run_host(
            *SMALL, *SHARED, "-t", "8", "--switch-interval", "1e-6", scene=flat_scene(slow)
        )
        wrong = wrong_pixels(run, reference)
        if wrong:
            break
    assert wrong > 0


def test_frames_after_each_other_are_right_on_one_thread(run_host: RunHost) -> None:
    """A view kept over a frame is of a batch that is gone; it must be refused, not read."""
    keep = """
kept = Probe.__dict__.get('kept')
if kept is None:
    Probe.kept = kept = self.shi
try:
    was = kept.pixel
except RuntimeError:
    was = (-1, -1)
    print('refused')
self.output.Color = (self.shi.frame / 4, was[0] >= 0, 0, 1)
"""
    run = run_host(*SMALL, *SHARED, "-t", "1", "--frames", "1,2", "--out", "f_#.npy",
                   scene=flat_scene(keep))  # fmt: skip
    assert "refused" in run.stdout
    assert run.stdout.count("refused") == 48 * 32  # in frame 2, each time


@pytest.mark.parametrize("switch", ["1e-6", "0.005"])
def test_error_in_a_shared_node_is_reported_once(run_host: RunHost, switch: str) -> None:
    scene = flat_scene("self.input.Nothing")
    run = run_host(*SMALL, *SHARED, "-t", "4", "--switch-interval", switch, scene=scene, status=11)
    assert "no input socket 'Nothing'" in run.first_error()["what"]
    assert run.one("frame")["node_errors"] > 0


def test_other_threads_of_python_stay_outside(run_host: RunHost) -> None:
    """A thread that a node starts is in no call, so it gets no sample, whoever's lies there."""
    ask = """
if not Probe.__dict__.get('asked'):
    Probe.asked = True
    said = []
    def look():
        try:
            said.append(self.shi.pixel)
        except RuntimeError as error:
            said.append(str(error))
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    print(said[0])
self.output.Color = (1, 1, 1, 1)
"""
    run = run_host(*SMALL, *SHARED, "-t", "2", scene=flat_scene(ask, imports="import threading"))
    assert "belongs to the render thread" in run.stdout


@pytest.mark.parametrize("engine", ["isolated", "process"])
def test_other_engines_refuse_it(run_host: RunHost, engine: str) -> None:
    run = run_host(
        *SMALL, "--engine", engine, "--node-sharing", "shared", scene=flat_scene(PLACE), status=2
    )
    error = run.one("error")
    assert f"engine {engine}" in error["what"] and "--engine shared" in error["help"]


def test_auto_takes_the_engine_that_can(run_host: RunHost) -> None:
    run = run_host(*SMALL, "-t", "2", "--node-sharing", "shared", scene=flat_scene(PLACE))
    assert run.one("scene")["engine"] == "shared"
    assert "one node for all threads" in run.one("scene")["why"] or "GIL" in run.one("scene")["why"]


def test_scene_without_python_nodes_does_not_mind(run_host: RunHost) -> None:
    scene = """
from pynodes.nodes import NodeTree, native
from pynodes.scene import Camera, Plane, Scene
def build(params, frame):
    tree = NodeTree("plain")
    noise = tree.add(native.Noise)
    tree.link(noise.out.Color, tree.surface)
    return Scene(Camera(location=(0, -6, 2)), [Plane(tree, scale=9)])
"""
    run = run_host(*SMALL, *SHARED, "-t", "4", scene=scene)
    assert run.pixels().tobytes() == run_host(*SMALL, "-t", "1", scene=scene).pixels().tobytes()
