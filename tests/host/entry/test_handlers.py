"""Space handlers and what they draw, alone and beside a render on 8 threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from entry_play import Play, ev, only_alone

EVENT = "# SPACEHANDLER.VIEW3D.EVENT\n"
EVENT_ALL = "# SPACEHANDLER.VIEW3D.EVENT_ALL\n"
DRAW = "# SPACEHANDLER.VIEW3D.DRAW\n"
SAY = """
from pynodes import app
names = sum(name[:2] != '__' for name in globals())
print({name!r}, app.event, app.event_value, repr(app.ascii), app.link, app.bylink, names)
"""


def say(name: str) -> str:
    return SAY.format(name=name)


def key(code: int, value: int = 1, char: str = "") -> object:
    return ev("key", "view3d", code, value, char)


def test_presses_and_releases_reach_who_asked_for_them(play: Play) -> None:
    log = play(
        ev("script", "e.py"),
        ev("script", "all.py"),
        key(97, 1, "a"),
        key(97, 0),
        texts={"e.py": EVENT + say("e"), "all.py": EVENT_ALL + say("all")},
    )

    assert log.lines == [
        "e 97 1 'a' 2 True 1",
        "all 97 1 'a' 2 True 1",
        "all 97 0 '' 3 True 1",
    ]
    assert log.results("handler", "e.py") == ["installed", "ok"]
    assert log.results("event", "view3d") == ["view", "view"]


def test_an_eaten_event_does_not_reach_the_view_but_other_handlers(play: Play) -> None:
    eat = EVENT + "from pynodes import app\napp.event = None\nprint('eats', app.event)"

    log = play(
        ev("script", "eat.py"), ev("script", "e.py"), key(97),
        texts={"eat.py": eat, "e.py": EVENT + say("e")},
    )  # fmt: skip

    assert log.lines == ["eats None", "e 97 1 '' 2 True 1"]
    assert log.results("handler", "eat.py") == ["installed", "eaten"]
    assert log.results("event", "view3d") == []


def test_errors_and_exits_leave_the_handler_installed(play: Play) -> None:
    fails = EVENT + "from pynodes import app\napp.event = None\n1 / 0"
    ends = EVENT + "import sys; sys.exit(1)"

    log = play(
        ev("script", "f.py"), ev("script", "x.py"), ev("script", "e.py"),
        ev("key", "view3d", 97, 1, error=True), ev("key", "view3d", 98, 1, error=True),
        texts={"f.py": fails, "x.py": ends, "e.py": EVENT + say("e")},
    )  # fmt: skip

    assert log.lines == ["e 97 1 '' 2 True 1", "e 98 1 '' 2 True 1"]
    assert log.results("handler", "f.py") == ["installed", "error", "error"]
    assert log.results("handler", "x.py") == ["installed", "exit", "exit"]
    assert "f.py:4" in log.errors[0]["where"]


def test_draw_handlers_run_when_they_are_installed_and_with_each_redraw(play: Play) -> None:
    log = play(ev("script", "d.py"), ev("redraw", "view3d"), texts={"d.py": DRAW + say("d")})

    assert log.lines == ["d 0 0 '' 1 True 1"] * 2
    assert log.results("draw", "view3d") == ["ok", "ok"]


def test_what_handlers_draw_is_kept(play: Play, tmp_path: Path) -> None:
    draw = (
        DRAW + "from pynodes.app import draw2d\nw, h = draw2d.size()\nprint(w, h)\n"
        "draw2d.rect(0, 0, w / 2, h, (1, 0, 0, 0.5))\n"
        "draw2d.clip(0, 0, 1, 1)\ndraw2d.rect(0, 0, w, h, (0, 0, 1))"
    )
    other = DRAW + "from pynodes.app import draw2d\ndraw2d.disc(60, 40, 3)"

    log = play(
        ev("script", "d.py"), ev("script", "o.py"), ev("redraw", "view3d"),
        texts={"d.py": draw, "o.py": other},
        options=("--size", "64x48", "--overlay", str(tmp_path / "o.npy")),
    )  # fmt: skip

    drawn = np.load(tmp_path / "o.npy")
    assert log.lines[-1] == "64 48"
    assert drawn.shape == (48, 64, 4)
    assert drawn[20, 10].tolist() == [1, 0, 0, 0.5]
    assert drawn[0, 0].tolist() == [0, 0, 1, 1]
    assert drawn[40, 60].tolist() == [1, 1, 1, 1]  # the clip was the other handler's own
    assert drawn[20, 40].tolist() == [0, 0, 0, 0]


def test_nested_redraw_from_an_event_handler(play: Play) -> None:
    nests = EVENT + "from pynodes import app\nprint('in')\napp.draw_now('view3d')\nprint('out')"

    log = play(
        ev("script", "n.py"), ev("script", "d.py"), key(97),
        texts={"n.py": nests, "d.py": DRAW + "print('draw')"},
    )  # fmt: skip

    assert log.lines == ["draw", "in", "draw", "out"]
    assert log.entries("handler", "d.py")[-1]["depth"] == 1


@only_alone
def test_a_draw_handler_cannot_draw_the_view_again(play: Play) -> None:
    source = DRAW + "from pynodes import app\napp.draw_now('view3d')"

    log = play(ev("script", "d.py", error=True), texts={"d.py": source})

    assert "is being drawn now" in log.error["what"]


@only_alone
def test_selectors_may_be_opened_for_events_and_not_while_drawing(play: Play) -> None:
    opens = "from pynodes import app\napp.file_selector(lambda path: print('file'))"

    log = play(
        ev("script", "e.py"), ev("script", "d.py", error=True), key(97), ev("file", "a"),
        texts={"e.py": EVENT + opens, "d.py": DRAW + opens},
    )  # fmt: skip

    assert "no selector can be opened" in log.error["what"]
    assert log.lines == ["file"]


def test_buttons_of_a_draw_handler_live_in_the_view(play: Play) -> None:
    source = (
        DRAW + "from pynodes.app import gui\n"
        "gui.push('Go', 1, lambda number, value: print('pressed', number))\n"
        "gui.push('Bad', 2, lambda number, value: 1 / 0)"
    )

    log = play(
        ev("script", "d.py"),
        ev("press", "view3d", 1),
        ev("press", "view3d", 2, error=True),
        ev("press", "view3d", 1),
        ev("redraw", "view3d"),
        ev("press", "view3d", 1),
        texts={"d.py": source},
    )

    assert log.lines == ["pressed 1", "pressed 1"]
    assert log.results("button", "view3d") == ["ok", "error", "nobody", "ok"]


@only_alone
def test_a_handler_may_remove_itself_and_others(play: Play) -> None:
    source = EVENT + (
        "from pynodes import app\nprint(app.handlers())\n"
        "for name in app.handlers(): app.remove_handler(name)"
    )

    log = play(
        ev("script", "a.py"), ev("script", "b.py"), key(97), key(98),
        texts={"a.py": source, "b.py": EVENT_ALL + say("b")},
    )  # fmt: skip

    assert log.lines == ["{'a.py': 2, 'b.py': 3}", "b 97 1 '' 2 True 1"]


def test_quit_in_a_handler(play: Play) -> None:
    quits = EVENT + "from pynodes import app; app.quit()"

    log = play(ev("script", "q.py"), key(97), key(98), texts={"q.py": quits})

    assert log.results("handler", "q.py") == ["installed", "ok"]
    assert log.results("cleanup", "quit") == ["ok"]


@only_alone
def test_text_that_only_looks_like_a_handler_is_run(play: Play) -> None:
    heads = ("# SPACEHANDLER.VIEW3D.EVENTS", "# A SPACEHANDLER.VIEW3D.EVENT", "x = 1")
    texts = {f"t{i}.py": f"{head}\nprint({i})" for i, head in enumerate(heads)}

    log = play(*(ev("script", name) for name in texts), texts=texts)

    assert log.lines == ["0", "1", "2"]
