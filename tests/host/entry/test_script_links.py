"""Script links: texts that run at events of the scene, and their ways out."""

from __future__ import annotations

from pathlib import Path

from entry_play import Play, ev
from entry_world import ASKING, OTHER, only_alone
from host_runner import RunHost

LINK = "from pynodes import app\nprint(app.event, app.link, app.bylink)\n"
ADD = """from pynodes import app
app.open_text(__file__.replace("add.py", "link.py"))
"""


def texts(add: str, link: str = LINK) -> dict[str, str]:
    return {"link.py": link, "add.py": ADD + add, "other.py": OTHER, "show.py": "print('shown')"}


EACH = """
for thing in (app.scene, app.world(), app.material("asker"), app.camera(), app.lamp("Key"),
              app.object("Box"), app.object("Ball")):
    thing.add_link("link.py", EVENT)
"""


def test_links_of_all_kinds_run_the_scene_last(play: Play) -> None:
    add = "".join(EACH.replace("EVENT", repr(e)) for e in ("FrameChanged", "Render", "PostRender"))
    events = [ev("script", "add.py"), ev("frame", 3), ev("render", "still", 3)]

    log = play(*events, texts=texts(add), scene=ASKING)

    order = ["object 'Box'", "object 'Ball'", "lamp 'Key'", "camera 'Camera'", "material 'asker'"]
    order += ["world 'World'", "scene 'Scene'"]
    for event in ("FrameChanged", "Render", "PostRender"):
        said = [line for line in log.lines if line.startswith(event)]
        assert said[:7] == [f"{event} <{thing}> True" for thing in order]
    assert set(log.results("link")) == {"ok"}


def test_link_sees_itself_outside_of_links_nothing(play: Play) -> None:
    scripts = texts("app.scene.add_link('link.py', 'FrameChanged')", LINK + "here = 1")
    scripts["show.py"] = LINK + "print('here' in globals())"
    events = [ev("script", "add.py"), ev("frame", 2), ev("script", "show.py"), ev("frame", 3)]

    log = play(*events, texts=scripts, scene=ASKING)

    seen = "FrameChanged <scene 'Scene'> True"
    assert log.lines == [seen, "None None False", "False", seen]


def test_link_on_an_update_of_its_object_only(play: Play) -> None:
    add = "for n in ('Ball', 'Box'): app.object(n).add_link('link.py', 'ObjectUpdate')"
    scripts = texts(add)
    scripts["show.py"] = "from pynodes import app\napp.update('Ball')\n"

    log = play(
        ev("script", "add.py"),
        ev("update", "Box"),
        ev("script", "show.py"),
        texts=scripts,
        scene=ASKING,
    )

    assert log.lines == ["ObjectUpdate <object 'Box'> True", "ObjectUpdate <object 'Ball'> True"]


def test_redraw_of_the_view_runs_redraw_links(play: Play) -> None:
    scripts = texts("app.scene.add_link('link.py', 'Redraw')")

    log = play(ev("script", "add.py"), ev("redraw", "view3d"), texts=scripts, scene=ASKING)

    assert log.lines == ["Redraw <scene 'Scene'> True"]


@only_alone
def test_save_and_load_links(play: Play, tmp_path: Path) -> None:
    add = "for e in ('OnSave', 'OnLoad'): app.scene.add_link('link.py', e)"
    events = [ev("script", "add.py"), ev("save", "saved.json"), ev("load", "saved.json")]

    log = play(*events, texts=texts(add), scene=ASKING)

    assert log.lines == ["OnSave <scene 'Scene'> True", "OnLoad <scene 'Scene'> True"]
    assert (tmp_path / "saved.json").exists()


def test_frame_change_is_not_sent_while_a_still_is_rendered(play: Play) -> None:
    link = "from pynodes import app\nprint(app.event)\nif app.event == 'Render': app.set_frame(9)\n"
    add = "for e in ('Render', 'FrameChanged', 'PostRender'): app.scene.add_link('link.py', e)"

    log = play(
        ev("script", "add.py"), ev("render", "still", 4), texts=texts(add, link), scene=ASKING
    )

    assert log.lines.index("Render") < log.lines.index("PostRender")
    between = log.lines[log.lines.index("Render") : log.lines.index("PostRender")]
    assert "FrameChanged" not in between


def test_each_frame_of_an_animation_is_sent(play: Play) -> None:
    link = "from pynodes import app\nprint(app.event, app.current_frame())\n"
    add = "app.scene.add_link('link.py', 'FrameChanged')"

    log = play(
        ev("script", "add.py"), ev("render", "anim", 4, 5), texts=texts(add, link), scene=ASKING
    )

    assert log.lines == ["FrameChanged 4", "FrameChanged 5"]


def test_error_in_a_link_is_reported_and_the_next_link_runs(play: Play) -> None:
    link = "from pynodes import app\nif app.link.kind == 'object':\n    1 / 0\nprint(app.link)\n"
    add = "for t in (app.scene, app.object('Ball')): t.add_link('link.py', 'FrameChanged')"

    log = play(
        ev("script", "add.py"), ev("frame", 2), texts=texts(add, link), scene=ASKING, status=16
    )

    assert log.error["where"].endswith("link.py:3")
    assert log.lines == ["<scene 'Scene'>"]
    assert log.results("link") == ["error", "ok"]


def test_exit_in_a_link_ends_the_link_only(play: Play) -> None:
    scripts = texts("app.scene.add_link('link.py', 'FrameChanged')", "import sys; sys.exit(5)")

    log = play(
        ev("script", "add.py"), ev("frame", 2), ev("script", "show.py"), texts=scripts, scene=ASKING
    )

    assert log.results("link") == ["exit"]
    assert log.lines == ["shown"]


def test_links_nest_and_a_link_that_calls_itself_for_ever_is_stopped(play: Play) -> None:
    link = "from pynodes import app\nprint('in')\napp.update('Ball')\n"
    scripts = texts("app.object('Ball').add_link('link.py', 'ObjectUpdate')", link)

    log = play(ev("script", "add.py"), ev("update", "Ball"), texts=scripts, scene=ASKING)

    assert log.lines == ["in"] * 8
    depths = [entry["depth"] for entry in log.entries("link", "link.py on Ball")]
    assert sorted(depths) == list(range(8))
    assert log.results("link", "ObjectUpdate") == ["nested"]


def test_link_that_loads_another_scene_ends_the_round(play: Play) -> None:
    link = "from pynodes import app\nprint(app.link)\n"
    link += "app.load(__file__.replace('link.py', 'other.py'))\n"
    add = "for t in (app.scene, app.object('Ball')): t.add_link('link.py', 'FrameChanged')"
    scripts = texts(add, link)
    scripts["show.py"] = "from pynodes import app\nprint(app.scene.lamps, app.scene.links)"
    events = [ev("script", "add.py"), ev("frame", 2), ev("script", "show.py"), ev("frame", 3)]

    log = play(*events, texts=scripts, scene=ASKING)

    assert log.lines == ["<object 'Ball'>", "[<lamp 'Other key'>] []"]


def test_link_that_quits_ends_the_replay(play: Play) -> None:
    add = "for t in (app.scene, app.object('Ball')): t.add_link('link.py', 'FrameChanged')"
    scripts = texts(add, LINK + "app.quit()\n")

    log = play(
        ev("script", "add.py"), ev("frame", 2), ev("script", "show.py"), texts=scripts, scene=ASKING
    )

    assert log.lines == ["FrameChanged <object 'Ball'> True"]
    assert log.results("cleanup", "quit") == ["ok"]


def test_link_to_a_deleted_text_is_gone(play: Play) -> None:
    scripts = texts("app.scene.add_link('link.py', 'FrameChanged')")

    log = play(
        ev("script", "add.py"),
        ev("delete", "text", "link.py"),
        ev("frame", 2),
        texts=scripts,
        scene=ASKING,
    )

    assert log.lines == []
    assert log.results("link") == []


WRONG = {
    "app.scene.add_link('link.py', 'Nix')": "ValueError: no event 'Nix'; there are",
    "app.scene.add_link('nix.py', 'Render')": "KeyError: no text 'nix.py'",
    "app.object('Ball').add_link('link.py', 'OnLoad')": "ValueError: OnLoad links belong to",
    "app.lamp('Key').add_link('link.py', 'ObjectUpdate')": "ValueError: ObjectUpdate links",
}


@only_alone
def test_wrong_links_are_refused(play: Play) -> None:
    add = f"""
for line in {list(WRONG)!r}:
    try:
        exec(line)
    except Exception as problem:
        print(type(problem).__name__, problem.args[0], sep=": ")
"""
    log = play(ev("script", "add.py"), texts=texts(add), scene=ASKING)

    for line, what in zip(log.lines, WRONG.values(), strict=True):
        assert line.startswith(what)


@only_alone
def test_links_are_listed_and_cleared(play: Play) -> None:
    add = (
        "ball = app.object('Ball')\nball.add_link('link.py', 'Render')\n"
        "ball.add_link('link.py', 'FrameChanged')\n"
        "print(ball.links)\nball.clear_links('Render')\nprint(ball.links)\nball.clear_links()\n"
        "print(ball.links)\n"
    )
    log = play(ev("script", "add.py"), texts=texts(add), scene=ASKING)

    assert log.lines == [
        "[('Render', 'link.py'), ('FrameChanged', 'link.py')]",
        "[('FrameChanged', 'link.py')]",
        "[]",
    ]


def test_link_places_things_for_each_frame_of_a_render(run_host: RunHost, tmp_path: Path) -> None:
    link = "from pynodes import app\napp.object('Ball').location = app.current_frame(), 0, 0.5\n"
    for name, text in texts("app.scene.add_link('link.py', 'FrameChanged')", link).items():
        (tmp_path / name).write_text(text)
    options = ("--size", "32x32", "--samples", "1", "-t", "4", "--script", str(tmp_path / "add.py"))

    still = run_host(*options, "--frames", "2", scene=ASKING)
    frames = run_host(
        *options, "--frames", "1..2", "--out", str(tmp_path / "f-#.npy"), scene=ASKING
    )

    assert abs(still.pixels()[1, 1, 0] - 0.5) < 1e-6
    assert (tmp_path / "f-2.npy").read_bytes() == still.out.read_bytes()
    assert len(frames.of("frame")) == 2
