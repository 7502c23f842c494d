"""NaN and infinity are named at the node that made them, also where a later node hides them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from host_runner import run_command

if TYPE_CHECKING:
    from host_runner import HostRun, RunHost

SMALL = ("--size", "48x32", "--samples", "2", "--tile", "8")
# Root makes NaN at some pixels, Double passes it on, the surface turns it into 0. Or a native node
# makes infinity out of a Python node's numbers, or of a constant.
SCENE = """
from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Camera, Plane, Scene

class Root(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Gain", 2.0)]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Height", 0.0)]

    def __call__(self):
        x, y = self.shi.pixel
        bad = x == 20 and y >= 10 or (x, y, self.shi.sample) == (30, 5, 1)
        value = {value} if bad else 0.5
        self.output.Color = (value, 0.5, 0.5, 1)
        self.output.Height = {height}

class Double(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Color", (0, 0, 0, 1))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        r, g, b, a = self.input.Color
        self.output.Color = (2 * r, g, b, a)

def build(params, frame):
    tree = NodeTree("clay")
    place = tree.add(native.TextureCoordinate)
    root = tree.add(Root)
    double = tree.add(Double)
    power = tree.add(native.Maths, name="Power", operation="power")
    power.inp[1].value = {exponent}
    lit = tree.add(native.LitSurface)
    tree.link(place.out.Generated, root.inp.Coords)
    tree.link(root.out.Color, double.inp.Color)
    tree.link(double.out.Color, lit.inp.Color)
    tree.link(root.out.Height, power.inp[0])
    tree.link(power.out[0], lit.inp.Ambient)
    tree.link(lit.out.Color, tree.surface)
    return Scene(
        Camera(kind="orthographic", location=(0, 0, 5), look_at=(0, 0, 0), up=(0, 1, 0), width=2.0),
        [Plane(tree, scale=4.0)],
    )
"""


def scene(value: str = "0.5", height: str = "1.0", exponent: float = 1.0) -> str:
    return SCENE.format(value=value, height=height, exponent=exponent)


NAN = scene('float("nan")')


def found(run: HostRun) -> dict[str, Any]:
    """By node: the first sample, its inputs, how many samples."""
    nodes: dict[str, Any] = {}
    for name in {event["node"] for event in run.of("not_finite")}:
        events = [event for event in run.of("not_finite") if event["node"] == name]
        first = min(events, key=lambda event: (*reversed(event["pixel"]), event["sample"]))
        samples = sum(flaw["samples"] for flaw in run.of("flaw") if flaw["node"] == name)
        nodes[name] = (first["pixel"], first["sample"], first["inputs"], samples)
    return nodes


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_python_node_that_made_it_is_named_at_its_first_sample(
    run_host: RunHost, engine: str, value: str
) -> None:
    made = scene(f'float("{value}")')
    one = found(run_host(*SMALL, "-t", "1", "--engine", "shared", scene=made))
    assert list(one) == ["Root"]
    assert one["Root"][:2] == ([30, 5], 1)
    assert one["Root"][2].startswith("Coords = (") and one["Root"][2].endswith("), Gain = 2")
    assert one["Root"][3] == 22 * 2 + 1

    for threads, order, attach in (("3", "hilbert", "tile"), ("2", "spiral", "call")):
        how = ("-t", threads, "--order", order, "--attach", attach, "--engine", engine)
        assert found(run_host(*SMALL, *how, scene=made)) == one


def test_finite_picture_has_nothing_to_name(run_host: RunHost, engine: str) -> None:
    run = run_host(*SMALL, "--engine", engine, scene=scene("1e38"))

    assert run.of("not_finite") == [] and run.of("flaw") == []


def test_native_node_that_made_it_is_named(run_host: RunHost) -> None:
    run = run_host(*SMALL, scene=scene(height="1e30", exponent=5.0))

    nodes = found(run)
    assert list(nodes) == ["Power"], nodes
    assert nodes["Power"][:2] == ([0, 0], 0)
    assert nodes["Power"][3] == 48 * 32 * 2


def test_constant_node_that_made_it_is_named_where_it_is_first_used(run_host: RunHost) -> None:
    source = scene().replace(
        "tree.link(power.out[0], lit.inp.Ambient)",
        "endless = tree.add(native.Maths, name='Endless', operation='multiply')\n"
        "    endless.inp[0].value = endless.inp[1].value = 1e30\n"
        "    tree.link(endless.out[0], lit.inp.Ambient)",
    )
    nodes = found(run_host(*SMALL, scene=source))

    assert list(nodes) == ["Endless"]
    assert nodes["Endless"][:2] == ([0, 0], 0)


def test_node_of_a_call_that_raised_is_not_named(run_host: RunHost) -> None:
    source = scene("1 / 0")
    run = run_host(*SMALL, scene=source, status=11)

    assert run.of("not_finite") == []


def test_command_warns_once_with_the_line_that_looks_into_the_sample(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(NAN)
    done = run_command(tmp_path, "render", "scene.py", *SMALL, "--json")

    assert done.returncode == 0
    assert done.stderr.count("warning: node Root makes NaN or infinity of finite inputs") == 1
    assert "pixel (30, 5), sample 1" in done.stderr
    assert "pynodes render scene.py --pixel 30,5,1 -t 1" in done.stderr
    record = json.loads(done.stdout)
    assert record["verdict"] == "ok"
    (note,) = record["not_finite"]
    assert (note["node"], note["samples"], note["pixel"], note["sample"]) == (
        "Root", 45, [30, 5], 1,
    )  # fmt: skip
