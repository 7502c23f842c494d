"""Cleanup: everything that drops references, while render threads may be inside Python."""

from __future__ import annotations

import signal
from collections.abc import Callable

from entry_play import Play, ev
from entry_world import ASKING, OTHER, only_alone
from host_runner import Running

# What is dropped runs Python code: a destructor that says so, and may do harm. In a module of its
# own: on free-threaded 3.13 functions and classes that are made while threads run are never freed,
# nor is what they refer to, such as the namespace they were made in (python/cpython#117783).
LOUD = """
class Loud:
    def __init__(self, name, act=""):
        self.name, self.act = name, act
    def __del__(self):
        print("dropped", self.name)
        exec(self.act)
"""
USE = "from loud import Loud\nfrom pynodes import app\nkept = Loud('kept')\n"


def test_end_of_a_script_drops_its_namespace(play: Play) -> None:
    log = play(ev("script", "a.py"), texts={"loud.py": LOUD, "a.py": USE}, scene=ASKING)

    assert log.lines == ["dropped kept"]
    assert log.results("cleanup", "a.py") == ["ok"]


def test_destructors_that_raise_harm_nobody(play: Play) -> None:
    harms = ["1 / 0", "import sys; sys.exit(3)", "raise KeyboardInterrupt"]
    texts = {"loud.py": LOUD, "b.py": "print('next')"}
    events = []
    for n, harm in enumerate(harms):
        texts[f"a{n}.py"] = f"from loud import Loud\nkept = Loud('kept', {harm!r})\n"
        events += [ev("script", f"a{n}.py"), ev("script", "b.py")]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == ["dropped kept", "next"] * len(harms)


def test_edited_text_runs_with_its_new_source(play: Play) -> None:
    texts = {"a.py": "print('old')", "new.py": "print('new')"}
    events = [ev("script", "a.py"), ev("edit", "a.py", "new.py"), ev("script", "a.py")]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == ["old", "new"]
    assert "ok" in log.results("cleanup", "a.py")


@only_alone
def test_text_can_be_edited_to_nothing(play: Play) -> None:
    texts = {"a.py": "print('on')", "b.py": ""}
    events = [ev("script", "a.py"), ev("edit", "a.py", "b.py"), ev("script", "a.py")]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == ["on"]


@only_alone
def test_edit_with_a_file_that_is_not_there_is_an_error_and_changes_nothing(play: Play) -> None:
    events = [ev("script", "a.py"), ev("edit", "a.py", "nix.py", error=True), ev("script", "a.py")]

    log = play(*events, texts={"a.py": "print('same')"}, scene=ASKING)

    assert log.lines == ["same", "same"]


def test_deleted_text_can_be_opened_again(play: Play) -> None:
    events = [ev("script", "a.py"), ev("delete", "text", "a.py"), ev("script", "a.py")]

    log = play(*events, texts={"a.py": "print('run')"}, scene=ASKING)

    assert log.lines == ["run", "run"]


def test_deleting_what_is_not_there_is_no_error(play: Play) -> None:
    events = [ev("delete", what, "nix") for what in ("text", "object", "node")]

    log = play(*events, scene=ASKING)

    assert len(log.entries("cleanup", "nix")) == len(events)


def test_deleted_node_is_dropped_though_threads_are_inside_its_class(play: Play) -> None:
    scene = ASKING.replace("sum(range(50))", "print('node dropped')")

    log = play(
        ev("delete", "node", "Asker", tile=2),
        ev("delete", "node", "Asker"),
        scene=scene,
        length=0.2,
    )

    assert log.lines[0] == "node dropped"
    assert log.results("cleanup", "Asker") == ["ok", "ok"]


def test_deleted_object_is_gone_until_undo(play: Play) -> None:
    show = "from pynodes import app\nprint([each.name for each in app.scene.objects])"
    events = [ev("script", "a.py"), ev("delete", "object", "Ball"), ev("script", "a.py")]
    events += [ev("render", "still", 1), ev("undo"), ev("script", "a.py")]

    log = play(*events, texts={"a.py": show}, scene=ASKING, status=None)

    whole = "['Floor', 'Ball', 'Box']"
    assert log.lines == [whole, "['Floor', 'Box']", whole]


def test_undo_takes_steps_back_one_by_one_and_ends_scripts(play: Play) -> None:
    texts = {
        "one.py": "from pynodes import app\nb = app.object('Ball')\n"
        "b.location = 1, 1, 1\nb.scale = 2",
        "two.py": "from pynodes import app\napp.object('Ball').drivers['location.x'] = '5'",
        "show.py": "from pynodes import app\nb = app.object('Ball')\nprint(b.location, b.scale[0])",
    }
    show, undo = ev("script", "show.py"), ev("undo")
    events = [ev("script", "one.py"), ev("script", "two.py"), show, undo, show, undo, show, undo]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == ["(5.0, 1.0, 1.0) 2.0", "(1.0, 1.0, 1.0) 2.0", "(1.0, 0.0, 0.5) 0.5"]
    assert log.results("cleanup", "undo") == ["ok", "ok", "nothing"]


def test_load_ends_scripts_and_opens_the_other_scene(play: Play) -> None:
    texts = {
        "other.py": OTHER,
        "loud.py": LOUD,
        "a.py": USE + "app.register(dict)\napp.object('Ball').location = 0, 0, 9\n",
        "show.py": "from pynodes import app\nprint(app.scene.lamps, app.object('Ball').location)",
    }
    events = [ev("script", "a.py"), ev("load", "other.py"), ev("script", "show.py")]

    log = play(*events, texts=texts, scene=ASKING)

    assert log.lines == ["dropped kept", "[<lamp 'Other key'>] (1.0, 0.0, 0.5)"]


def test_script_that_loads_goes_on_to_its_end(play: Play) -> None:
    texts = {
        "other.py": OTHER,
        "loud.py": LOUD,
        "a.py": USE
        + "app.load(__file__.replace('a.py', 'other.py'))\nprint('after', app.scene.lamps)\n",
    }
    log = play(ev("script", "a.py"), texts=texts, scene=ASKING)

    assert log.lines == ["after [<lamp 'Other key'>]", "dropped kept"]


def test_scene_that_cannot_be_loaded_leaves_none_open(play: Play) -> None:
    bad = {"1 / 0": "ZeroDivisionError", "x = 1": "defines neither a scene", "def build(": "Syntax"}
    texts = {f"bad{n}.py": source for n, source in enumerate(bad)}
    texts["show.py"] = "from pynodes import app\nprint(app.scene.objects)"
    events = [ev("load", name, error=True) for name in list(texts)[: len(bad)]]
    events += [ev("script", "show.py"), ev("load", "other.py"), ev("script", "show.py")]

    log = play(*events, texts={**texts, "other.py": OTHER}, scene=ASKING)

    for error, what in zip(log.errors, bad.values(), strict=True):
        assert what in error["what"]
    assert log.lines[0] == "[]"
    assert "Ball" in log.lines[1]


def test_quit_drops_everything_that_scripts_hold(play: Play) -> None:
    texts = {"loud.py": LOUD, "a.py": USE + "app.register(dict)\n"}

    log = play(ev("script", "a.py"), ev("quit"), ev("script", "a.py"), texts=texts, scene=ASKING)

    assert log.lines == ["dropped kept"]
    assert log.results("cleanup", "quit") == ["ok"]


def test_interrupted_replay_drops_everything_too(start_play: Callable[..., Running]) -> None:
    texts = {"loud.py": LOUD, "a.py": USE + "app.register(dict)\n"}
    running = start_play(ev("script", "a.py"), texts=texts, scene=ASKING, length=60.0)
    running.wait_for("entry", 3)

    running.send(signal.SIGINT)
    run = running.end()

    assert run.status == 14
    assert "dropped kept" in run.stdout
    assert run.of("bye")


def test_saved_scene_comes_back_with_all_that_scripts_did(play: Play) -> None:
    texts = {
        "link.py": "from pynodes import app\nprint(app.event)",
        "c.py": "# CONSTRAINT\ndef do_constraint(m, t, p):\n    m[2][3] = p['z']\n    return m\n",
        "a.py": "from pynodes import app\nhere = __file__.removesuffix('a.py')\n"
        "for n in ('link.py', 'c.py'): app.open_text(here + n)\n"
        "ball, box = app.object('Ball'), app.object('Box')\n"
        "ball.location = 3, 2, 1\nball.props['who'] = 'me'\nball.drivers['scale.x'] = '2'\n"
        "box.add_constraint('c.py', z=8)\napp.scene.add_link('link.py', 'OnLoad')\n"
        "app.material('asker')['Asker.Gain'] = 0.75\n",
        "show.py": "from pynodes import app\nball, box = app.object('Ball'), app.object('Box')\n"
        "print(ball.location, dict(ball.props), ball.scale, dict(ball.drivers._listed()))\n"
        "print(box.world_location, app.scene.links, app.material('asker')['Asker.Gain'])\n",
        "other.py": OTHER,
    }
    show = ev("script", "show.py")
    events = [ev("script", "a.py"), show, ev("save", "s.json"), ev("load", "other.py")]

    log = play(*events, ev("load", "s.json"), show, texts=texts, scene=ASKING)

    assert log.lines[2] == "OnLoad"
    assert log.lines[:2] == log.lines[3:]
    assert log.lines[0].startswith("(3.0, 2.0, 1.0) {'who': 'me'} (2.0, 0.5, 0.5)")


@only_alone
def test_files_that_are_no_saved_scenes_are_refused(play: Play) -> None:
    contents = ["", "{}", "[1]", '{"format": "pynodes-scene", "version": 9}']
    texts = {f"s{n}.json": content for n, content in enumerate(contents)}

    log = play(*(ev("load", name, error=True) for name in texts), texts=texts, scene=ASKING)

    for name, error in zip(texts, log.errors, strict=True):
        assert f"{name} is " in error["what"]


@only_alone
def test_load_and_save_where_there_is_no_file(play: Play) -> None:
    events = [ev("load", "/nix/a.py", error=True), ev("save", "/nix/a.json", error=True)]

    log = play(*events, scene=ASKING)

    assert [each["what"][:20] for each in log.errors] == [
        "there is no file /ni",
        "FileNotFoundError: [",
    ]
