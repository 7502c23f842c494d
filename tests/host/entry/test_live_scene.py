"""The live scene: what scripts and nodes see of it, and what comes of their changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from entry_play import Play, ev, only_beside
from entry_world import ASKING, only_alone
from host_runner import RunHost

SMALL = ("--size", "32x32", "--samples", "1", "--tile", "8", "-t", "4")


@only_alone
def test_script_finds_things_by_name_and_reads_their_channels(play: Play) -> None:
    source = """
from pynodes import app
print([each.name for each in app.scene.objects], [each.name for each in app.scene.lamps])
ball = app.object("Ball")
print(ball.type, ball.location, ball.scale, ball.rotation, app.scene.frame)
print(ball.matrix[0], ball.world_location)
print(app.lamp("Key").energy, app.lamp("Key").shadow, app.camera().width, app.world().zenith)
print(app.material("asker")["Asker.Gain"], app.material("asker").type)
"""
    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=ASKING)

    assert log.lines == [
        "['Floor', 'Ball', 'Box'] ['Key']",
        "sphere (1.0, 0.0, 0.5) (0.5, 0.5, 0.5) (0.0, 0.0, 0.0) 1",
        "(0.5, 0.0, 0.0, 1.0) (1.0, 0.0, 0.5)",
        "12.0 True 4.0 (0.18, 0.32, 0.62)",
        "0.25 tree",
    ]


WRONG = {
    "app.object('Bal')": "KeyError: no object 'Bal'; there are: Floor, Ball, Box",
    "app.object('Ball').sise": "AttributeError: object 'Ball' has no channel 'sise'",
    "app.object('Ball').sise = 1": "AttributeError: object 'Ball' has no channel 'sise'",
    "app.object('Ball').location = 1, 2": "ValueError: location takes 3 numbers, got 2",
    "app.object('Ball').location = 'abc'": "TypeError",
    "app.object('Ball').location = 1, 2, float('nan')": "ValueError: location must be finite",
    "app.object('Ball').scale = 0": "ValueError: scale must not be 0",
    "app.object('Ball').matrix = [1] * 16": "ValueError: matrix: the last row",
    "app.object('Ball').name = 'x'": "AttributeError: name of object 'Ball' can only be read",
    "app.lamp('Key').energy = -1": "ValueError: energy must not be negative",
    "app.material('asker')['Asker.Nix']": "KeyError: material asker has no channel",
    "app.object('Ball').props['x'] = []": "TypeError: property 'x' must be a number or text",
}


@only_alone
def test_wrong_look_up_or_value_is_reported_where_it_is_made(play: Play) -> None:
    source = f"""
from pynodes import app
for line in {list(WRONG)!r}:
    try:
        exec(line)
    except Exception as problem:
        print(type(problem).__name__, problem.args[0], sep=": ")
app.object("Bal")
"""
    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=ASKING, status=16)

    for line, what in zip(log.lines, WRONG.values(), strict=True):
        assert line.startswith(what)
    assert log.error["what"] == "KeyError: no object 'Bal'; there are: Floor, Ball, Box"
    assert log.error["where"].endswith("a.py:8")


def test_assignments_stay_over_frames_until_they_are_reset(play: Play) -> None:
    texts = {
        "set.py": "from pynodes import app\napp.object('Ball').location = 0, 0, 3",
        "show.py": "from pynodes import app\nprint(app.object('Ball').world_location)",
        "reset.py": "from pynodes import app\napp.object('Ball').reset('location')",
    }
    events = [ev("script", "set.py"), ev("frame", 7), ev("script", "show.py")]
    events += [ev("script", "reset.py"), ev("script", "show.py")]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == ["(0.0, 0.0, 3.0)", "(1.0, 0.0, 0.5)"]


@only_alone
def test_matrix_and_location_take_each_others_place(play: Play) -> None:
    source = """
from pynodes import app
ball = app.object("Ball")
ball.matrix = [[0, -2, 0, 1], [2, 0, 0, 2], [0, 0, 2, 3], [0, 0, 0, 1]]
print(ball.world_location)
ball.location = 4, 5, 6
print([round(each, 9) + 0.0 for each in ball.rotation], ball.scale)
print([[round(each, 9) + 0.0 for each in row] for row in ball.matrix[:2]])
"""
    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=ASKING)

    assert log.lines == [
        "(1.0, 2.0, 3.0)",
        "[0.0, 0.0, 90.0] (2.0, 2.0, 2.0)",
        "[[0.0, -2.0, 0.0, 4.0], [2.0, 0.0, 0.0, 5.0]]",
    ]


@only_alone
def test_properties_are_numbers_and_texts(play: Play) -> None:
    source = """
from pynodes import app
props = app.object("Ball").props
props["speed"] = 2
props["who"] = "me"
del props["speed"]
print(dict(props), "who" in props, props.get("nix", 5))
"""
    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=ASKING)

    assert log.lines == ["{'who': 'me'} True 5"]


def test_other_threads_read_and_cannot_write(play: Play) -> None:
    source = """
from threading import Thread
from pynodes import app
def work():
    print(app.object("Ball").location)
    try:
        app.object("Ball").location = 0, 0, 0
    except RuntimeError as problem:
        print(problem)
thread = Thread(target=work)
thread.start()
thread.join()
"""
    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=ASKING)

    assert log.lines[0] == "(1.0, 0.0, 0.5)"
    assert "works on the main thread only" in log.lines[1]


def test_node_sees_the_objects_of_its_frame_on_every_engine(run_host: RunHost, engine: str) -> None:
    scene = ASKING.replace("location=(1, 0, 0.5)", "location=(frame / 4, 0, 0.5)")

    run = run_host("--engine", engine, "--frames", "3", *SMALL, scene=scene)

    assert np.allclose(run.pixels()[1, 1], [0.25 * 3 / 4, 0.25, 0.125, 1])


def test_node_cannot_change_the_scene(run_host: RunHost) -> None:
    scene = ASKING.replace("gain = self", "ball.location = 1, 2, 3\n        gain = self")

    run = run_host(*SMALL, scene=scene, status=11)

    assert all("needs a running application" in error["what"] for error in run.of("error"))


def test_frames_of_a_render_show_what_scripts_changed(run_host: RunHost, tmp_path: object) -> None:
    script = f"{tmp_path}/a.py"
    with open(script, "w") as file:  # noqa: PTH123
        file.write(
            "from pynodes import app\napp.material('asker')['Asker.Gain'] = 0.5\n"
            "app.object('Ball').location = 1.5, 0, 0.5\napp.lamp('Key').energy = 0\n"
        )

    run = run_host(*SMALL, "--script", script, scene=ASKING)

    assert np.allclose(run.pixels()[1, 1], [0.75, 0.5, 0.25, 1])  # the node asks, too
    assert np.allclose(run.pixels()[16, 28, :3], [0, 0, 0], atol=0.05)  # the ball, unlit


TORN = ASKING.replace("location=(1, 0, 0.5)", "location=(1, 1, 1)").replace(
    "        gain = self.input.Gain\n",
    "        x, y, z = (row[3] for row in ball.matrix[:3])\n"
    "        if not x == y == z: raise ValueError(f'torn: {x} {y} {z}')\n"
    "        gain = self.input.Gain\n",
)


@only_beside
def test_live_nodes_see_old_or_new_values_and_never_half_of_each(play: Play) -> None:
    """Two look-ups in one call may see two states, each of them whole."""
    source = """
from pynodes import app
ball = app.object("Ball")
for i in range(300):
    ball.location = (i, i, i)
"""
    events = [ev("script", "a.py", tile=n) for n in (1, 9, 17, 25)]

    log = play(*events, texts={"a.py": source}, scene=TORN, options=["--live"])

    assert log.errors == []
    assert len(log.run.of("frame")) >= 1


@only_beside
def test_live_frames_follow_the_scene_and_others_do_not(play: Play) -> None:
    texts = {"a.py": "from pynodes import app\napp.object('Ball').location = 3, 0, 0.5\n"}
    events = [ev("script", "a.py"), ev("frame", 1, frame=3)]

    fixed = play(*events, texts=texts, scene=ASKING)
    live = play(*events, texts=texts, scene=ASKING, options=["--live"])

    assert np.isclose(fixed.run.pixels()[1, 1, 0], 0.25)
    assert np.isclose(live.run.pixels()[1, 1, 0], 0.75)


def test_destructor_that_looks_at_the_scene_while_it_is_looked_at(play: Play) -> None:
    source = """
import gc
from pynodes import app
class Looks:
    def __init__(self): self.me = self
    def __del__(self):
        ball = app.object("Ball")
        ball.location = ball.location[0] + 1, 0, 0
        ball.matrix
gc.set_threshold(5)
for i in range(200):
    Looks()
    app.object("Ball").matrix, app.object("Ball").channels, list(app.scene.objects)
gc.collect()
print(app.object("Ball").location[0] > 100)
"""
    log = play(ev("script", "a.py"), texts={"a.py": source}, scene=ASKING)

    assert log.lines == ["True"]


LIKES = ASKING.replace(
    "        gain = self.input.Gain\n",
    """        self.calls = getattr(self, "calls", 0) + 1
        if self.calls % 40 == 1:
            import threading
            import time
            with open(__file__, "rb") as file:
                file.read(100)
            print("node", flush=True)
            time.sleep(0.001)
            thread = threading.Thread(target=sum, args=([1, 2],))
            thread.start()
            thread.join()
        gain = self.input.Gain
""",
)


@only_beside
def test_nodes_do_what_they_like_beside_links_drivers_and_constraints(
    play: Play, tmp_path: Path
) -> None:
    texts = {
        "c.py": "# CONSTRAINT\ndef do_constraint(m, t, p):\n    m[1][3] = 2\n    return m\n",
        "link.py": "from pynodes import app\nball = app.object('Ball')\n"
        "ball.location = (app.current_frame(), 0, 0)\nball.matrix\n",
        "setup.py": "from pynodes import app\nhere = __file__.removesuffix('setup.py')\n"
        "for name in ('c.py', 'link.py'): app.open_text(here + name)\n"
        "app.object('Ball').drivers['location.x'] = '2 + frame'\n"
        "app.object('Box').add_constraint('c.py')\n"
        "app.scene.add_link('link.py', 'FrameChanged')\n",
    }
    events = [ev("frame", n, tile=3 * n) for n in range(2, 8)]
    events += [ev("undo"), ev("delete", "node", "Asker"), ev("load", "scene.py")]
    options = ["--script", str(tmp_path / "setup.py")]

    log = play(*events, texts={**texts, "scene.py": LIKES}, scene=LIKES, options=options)

    assert log.errors == []
    assert "node" in log.lines
    assert {entry["thread"] for entry in log.entries("constraint")} > {-1}
    assert np.allclose(log.run.pixels()[1, 1], [0.75, 0.5, 0, 1])


def test_modules_of_a_scene_go_with_it(play: Play) -> None:
    show = "import sys\nprint([n for n in sys.modules if n.startswith('pynodes_scene_doc')])\n"
    events = [ev("script", "show.py"), ev("load", "other.py"), ev("script", "show.py")]

    log = play(*events, texts={"show.py": show, "other.py": ASKING}, scene=ASKING)

    assert log.lines == ["['pynodes_scene_document0']", "['pynodes_scene_document1']"]
