"""`--pixel`: what the nodes of one sample got and gave, as they did in the whole render."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from host_runner import find_host, run_command

if TYPE_CHECKING:
    from host_runner import HostRun, RunHost

SMALL = ("--size", "24x16", "--samples", "3", "--tile", "8")
# A native node before two Python nodes, the second fed by the first, and one after them.
TREE = """
from pynodes.nodes import Node, NodeTree, Socket, native
from pynodes.scene import Camera, PointLamp, Scene, Sphere

class First(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Coords", (0, 0, 0)), Socket("Gain", 0.5)]
        sockets.output = [Socket("Color", (0, 0, 0, 1)), Socket("Height", 0.0)]

    def __call__(self):
        x, y, z = self.input.Coords
        self.output.Color = (abs(x), abs(y) * self.shi.random(), self.input.Gain, 1)
        self.output.Height = z
        if self.shi.pixel == (12, 8) and self.shi.sample == 1:
            print("SEEN", [*self.input.Coords], [*self.shi.point], [*self.shi.uv_d[1]])

class Second(Node):
    def __init__(self, sockets):
        sockets.input = [Socket("Color", (0, 0, 0, 1))]
        sockets.output = [Socket("Color", (0, 0, 0, 1))]

    def __call__(self):
        r, g, b, a = self.input.Color
        {call}
        self.output.Color = (r * r, g * g, b, a)

def build(params, frame):
    tree = NodeTree("clay")
    place = tree.add(native.TextureCoordinate)
    first = tree.add(First, Gain=0.25)
    second = tree.add(Second)
    lit = tree.add(native.LitSurface)
    tree.link(place.out.Generated, first.inp.Coords)
    tree.link(first.out.Color, second.inp.Color)
    tree.link(second.out.Color, lit.inp.Color)
    tree.link(lit.out.Color, tree.surface)
    return Scene(
        Camera(location=(0, -5, 0.5), look_at=(0, 0, 0)),
        [Sphere(tree, name="ball")],
        [PointLamp(location=(3, -3, 4))],
    )
"""
GOOD = TREE.format(call="pass")
DIVIDES = TREE.format(call="g /= self.shi.sample - 1")
ORDER = ["TextureCoordinate", "First", "Second", "LitSurface"]


def value(run: HostRun, of: str, name: str = "") -> Any:
    (found,) = [e for e in run.of("value") if (e["of"], e["name"]) == (of, name)]
    return found.get("numbers", found.get("text"))


def in_turn(run: HostRun) -> list[tuple[str, ...]]:
    """What was sent of nodes and their sockets, in order."""
    return [
        (event["ev"], event["name"]) if event["ev"] == "node" else (event["of"], event["name"])
        for event in run.events
        if event["ev"] == "node" or event.get("of") in ("input", "output")
    ]


def render_look(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_command(folder, "render", "scene.py", *SMALL, *arguments)


@pytest.mark.parametrize("threads", ["1", "3"])
def test_colours_are_those_of_the_whole_picture_to_the_bit(
    run_host: RunHost, engine: str, threads: str
) -> None:
    how = (*SMALL, "--engine", engine, "-t", threads, "--seed", "5")
    picture = run_host(*how, scene=GOOD).pixels()

    for x, y in ((12, 8), (8, 7), (0, 0), (23, 15), (16, 4)):
        run = run_host(*how, "--pixel", f"{x},{y}", scene=GOOD)
        seen = np.float32(value(run, "pixel"))
        assert seen.tobytes() == picture[y, x].tobytes(), (x, y)


@pytest.mark.parametrize("policy", ["call", "row", "tile", "thread"])
def test_nodes_come_in_the_order_of_evaluation_each_with_its_values(
    run_host: RunHost, engine: str, policy: str
) -> None:
    how = ("--engine", engine, "--attach", policy, "--pixel", "12,8,1")
    run = run_host(*SMALL, *how, scene=GOOD)

    assert [node["name"] for node in run.of("node")] == ORDER
    assert [node["native"] for node in run.of("node")] == [True, False, False, True]
    assert in_turn(run)[6:15] == [
        ("node", "First"), ("input", "Coords"), ("input", "Gain"), ("output", "Color"),
        ("output", "Height"), ("node", "Second"), ("input", "Color"), ("output", "Color"),
        ("node", "LitSurface"),
    ]  # fmt: skip
    origins = {e["name"]: e["origin"] for e in run.of("value") if "origin" in e}
    assert origins == {"Coords": "TextureCoordinate.Generated", "Color": "Second.Color"}


def test_values_are_those_that_the_node_sees(run_host: RunHost) -> None:
    run = run_host(*SMALL, "--pixel", "12,8,1", scene=GOOD)

    (line,) = [line for line in run.stdout.splitlines() if line.startswith("SEEN")]
    coords, point, uv_dy = json.loads("[" + line[5:].replace("] [", "], [") + "]")
    assert np.float32(value(run, "input", "Coords")).tolist() == coords
    assert np.float32(value(run, "shi", "point")).tolist() == point
    assert np.float32(value(run, "shi", "uv_d")[2:]).tolist() == uv_dy
    assert value(run, "hit", "object") == "ball"
    assert value(run, "hit", "tree") == "clay"
    assert (
        value(run, "sample", "1")
        == [e["numbers"] for e in run.of("value") if e["of"] == "output"][-1]
    )


def test_output_that_nobody_reads_has_its_value_too(run_host: RunHost) -> None:
    run = run_host(*SMALL, "--pixel", "12,8", scene=GOOD)

    assert value(run, "output", "Global") == value(run, "shi", "point")


def test_sample_that_hits_nothing_has_a_ray_and_the_sky(run_host: RunHost) -> None:
    run = run_host(*SMALL, "--pixel", "0,0", scene=GOOD)

    assert run.of("node") == []
    assert {e["of"] for e in run.of("value")} == {"camera", "sample", "pixel"}
    assert value(run, "sample", "0")[3] == 1


def test_inputs_of_a_call_that_raises_are_there(run_host: RunHost, engine: str) -> None:
    how = ("--engine", engine, "--pixel", "12,8,1")
    run = run_host(*SMALL, *how, scene=DIVIDES, status=11)

    error = run.one("error")
    assert (error["node"], error["pixel"], error["sample"]) == ("Second", [12, 8], 1)
    assert value(run, "output", "Height") == value(run, "input", "Coords")[2:]
    assert [node["name"] for node in run.of("node")] == ORDER


def test_inputs_of_a_call_that_kills_the_host_are_there(run_host: RunHost) -> None:
    scene = "import os\n" + TREE.format(call="os.abort()")
    run = run_host(*SMALL, "--pixel", "12,8", scene=scene, status=None)

    assert run.status != 0 and not run.of("bye")
    assert [node["name"] for node in run.of("node")] == ORDER[:3]
    assert in_turn(run)[-1] == ("input", "Color")


def test_host_by_itself_prints_the_values(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(GOOD)
    command = [str(find_host()), *SMALL, "--pixel", "0,0", "scene.py"]
    out = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    assert [json.loads(line)["of"] for line in out.splitlines()] == [
        "camera", "camera", "sample", "sample", "sample", "pixel",
    ]  # fmt: skip


@pytest.mark.parametrize("pixel", ["24,0", "0,16", "0,0,3"])
def test_pixel_outside_is_refused_with_the_range(run_host: RunHost, pixel: str) -> None:
    error = run_host(*SMALL, "--pixel", pixel, scene=GOOD, status=2).one("error")

    assert error["help"] == "a picture of 24x16 has pixels 0,0 to 23,15, each with samples 0 to 2"


@pytest.mark.parametrize("pixel", ["1", "1,2,3,4", "-1,0", "a,b", "1,", "1,2,", "9999999999,0"])
def test_pixel_that_is_none_is_refused(run_host: RunHost, pixel: str) -> None:
    error = run_host(*SMALL, f"--pixel={pixel}", scene=GOOD, status=2).one("error")

    assert error["help"] == "write --pixel X,Y[,SAMPLE]"


def test_command_prints_the_tree_and_writes_no_picture(tmp_path: Path, engine: str) -> None:
    (tmp_path / "scene.py").write_text(GOOD)
    ended = render_look(tmp_path, "--pixel", "12,8,1", "--engine", engine)

    assert ended.returncode == 0, ended.stderr
    assert "   pixel  12, 8  (sample 1 of 3, from 0)\n" in ended.stdout
    assert "     hit  ball  (node tree clay)\n" in ended.stdout
    assert "    node  First  (Python)\n" in ended.stdout
    assert "from Second.Color\n" in ended.stdout
    assert "(mean of 3 samples)" in ended.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scene.py"]


def test_command_shows_a_node_that_raises(tmp_path: Path) -> None:
    (tmp_path / "scene.py").write_text(DIVIDES)
    ended = render_look(tmp_path, "--pixel", "12,8,1", "--json")

    assert ended.returncode == 1
    assert "g /= self.shi.sample - 1" in ended.stderr
    look = json.loads(ended.stdout)
    assert (look["verdict"], look["pixel"], look["sample"]) == ("node-error", [12, 8], 1)
    nodes = {node["name"]: node for node in look["nodes"]}
    assert nodes["Second"]["error"]["what"].startswith("ZeroDivisionError")
    assert nodes["Second"]["inputs"][0]["value"] == nodes["First"]["outputs"][0]["value"]
    assert nodes["First"]["error"] is None
    shown = render_look(tmp_path, "--pixel", "12,8,1").stdout
    assert "  raised  ZeroDivisionError" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--pixel", "24,0"), "has pixels 0,0 to 23,15, each with samples 0 to 2"),
        (("--pixel", "1"), "X,Y"),
        (("--pixel", "1,1", "--only-tile", "0"), "contradict"),
        (("--pixel", "1,1", "-o", "a.png"), "--pixel writes no picture"),
    ],
)
def test_command_refuses_what_makes_no_sense(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "scene.py").write_text(GOOD)
    ended = render_look(tmp_path, *arguments)

    assert ended.returncode == 2
    assert ended.stderr.startswith("error: ") and words in ended.stderr
