"""Reading replays: what is taken, and what is told of a mistake, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.errors import BadValueError
from pynodes.replay.replay import Event, Replay, read_replay
from pynodes.toml_lines import tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("gui.py", "link.py", "scene.py"):
        (tmp_path / name).write_text("")
    (tmp_path / "menus").mkdir()
    return tmp_path


def read(folder: Path, text: str) -> Replay:
    path = folder / "replay.toml"
    path.write_text(text, encoding="utf-8")
    return read_replay(path)


def refuse(folder: Path, text: str) -> BadValueError:
    with pytest.raises(BadValueError) as caught:
        read(folder, text)
    return caught.value


def line_of(error: BadValueError) -> int:
    return int(error.where.rpartition(":")[2])


def test_head_is_read(folder: Path) -> None:
    replay = read(
        folder,
        '[replay]\ntitle = "t"\nscripts = ["gui.py"]\nmenus = "menus"\nscene = "scene.py"\n'
        'length = 2\norder = "random"\ncount = 5\n[[event]]\ndo = "undo"\n',
    )

    assert replay.scripts == (folder / "gui.py",)
    assert (replay.menus, replay.scene) == (folder / "menus", folder / "scene.py")
    assert (replay.length, replay.order, replay.count) == (2.0, "random", 5)


def test_event_gets_its_arguments_in_order_with_defaults(folder: Path) -> None:
    replay = read(
        folder,
        '[[event]]\ndo = "key"\narea = "view3d"\ncode = "ESC"\n'
        '[[event]]\ndo = "press"\nbutton = 3\narea = "view3d"\nvalue = [0.5, 1]\nat = 0.25\n'
        '[[event]]\ndo = "script"\nname = "gui.py"\nargs = ["a b", "c"]\ntile = 7\n'
        '[[event]]\ndo = "render"\nmode = "anim"\nframes = "1..3"\nexpect = "error"\n',
    )

    assert replay.events == (
        Event("key", ("view3d", "218", "1", ""), line=1),
        Event("press", ("view3d", "3", "0.5,1"), "at", 0.25, line=5),
        Event("script", (str(folder / "gui.py"), "a b", "c"), "tile", 7, line=11),
        Event("render", ("anim", "1", "2", "3"), expect=True, line=16),
    )


def test_repeated_event_comes_every_so_often(folder: Path) -> None:
    replay = read(folder, '[[event]]\ndo = "undo"\nat = 1\nrepeat = 3\nevery = 0.5\n')

    assert [event.place for event in replay.events] == [1.0, 1.5, 2.0]


def test_area_of_a_script_that_an_event_runs_is_known(folder: Path) -> None:
    replay = read(
        folder,
        '[[event]]\ndo = "redraw"\narea = "gui.py"\n[[event]]\ndo = "script"\nname = "gui.py"\n',
    )

    assert len(replay.events) == 2


@pytest.mark.parametrize(
    ("text", "line", "what", "help"),
    [
        ('[replay]\nlenght = 1\n[[event]]\ndo = "undo"\n', 2, "no `lenght`", "length"),
        ('[replay]\nscripts = ["gu.py"]\n', 2, "no script gu.py", "gui.py"),
        ('[replay]\nscripts = "gui.py"\n', 2, "not a list", ""),
        ('[replay]\nmenus = "none"\n', 2, "no folder none", ""),
        ('[replay]\nlength = -1\n', 2, "`length` is -1", "0 to"),
        ('[replay]\norder = "shuffled"\n', 2, "'shuffled'", "random"),
        ('[[event]]\nat = 1\n', 1, "without `do`", "press"),
        ('[[event]]\ndo = "pres"\n', 2, "'pres'", "press"),
        ('[[event]]\ndo = "press"\narea = "view3d"\n', 1, "needs `button`", ""),
        ('[[event]]\ndo = "press"\narea = "view3d"\nbutton = 1.5\n', 4, "1.5", "text"),
        ('[[event]]\ndo = "redraw"\narea = "viev3d"\n', 3, "no area 'viev3d'", "view3d"),
        ('[[event]]\ndo = "undo"\nframe = 1.5\n', 3, "`frame` is 1.5", "whole"),
        ('[[event]]\ndo = "undo"\nat = 1\nframe = 2\n', 4, "contradict", ""),
        ('[[event]]\ndo = "undo"\nevery = 2\n', 3, "`every`", ""),
        ('[[event]]\ndo = "undo"\nexpect = "ok"\n', 3, "`expect`", '"error"'),
        ('[[event]]\ndo = "undo"\ncolour = 1\n', 3, "no `colour`", ""),
        ('[[event]]\ndo = "edit"\ntext = "gui.py"\nsource = "x.py"\n', 4, "no file x.py", ""),
        ('[[event]]\ndo = "render"\nframes = "3..1"\n', 3, "counts down", "1..3"),
        ('[replay]\norder = "random"\n[[event]]\ndo = "undo"\n', 2, "needs `count`", ""),
        (
            '[replay]\norder = "random"\ncount = 3\nlength = 1\n[[event]]\ndo = "quit"\n',
            5,
            "cannot be drawn",
            "",
        ),
        ("[replay]\n", 1, "nothing to play", "[[event]]"),
        ("a = \n", 1, "not TOML", ""),
        ('x = 1\n[[event]]\ndo = "undo"\n', 1, "no `x`", ""),
        ('event = 3\n', 1, "not a list", ""),
    ],
)  # fmt: skip
def test_mistake_is_told_with_its_line(
    folder: Path, text: str, line: int, what: str, help: str
) -> None:
    error = refuse(folder, text)

    assert what in error.what
    assert line_of(error) == line
    assert help in error.help


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    error = refuse(folder, '[[event]]\ndo = "pres"\n\n[[event]]\ndo = "undo"\nx = 1\n')

    assert line_of(error) == 2
    assert ":6: " in error.detail


def test_events_may_stand_one_a_line(folder: Path) -> None:
    text = (
        'event = [\n    { do = "undo" },\n    { do = "pres" },  # wrong\n]\n[replay]\nlenght = 1\n'
    )
    error = refuse(folder, text)

    assert line_of(error) == 3 or ":3: " in error.detail
    assert line_of(error) == 6 or ":6: " in error.detail


def test_missing_file_and_wrong_encoding_are_told(folder: Path) -> None:
    with pytest.raises(BadValueError, match="cannot be read"):
        read_replay(folder / "none.toml")
    (folder / "latin.toml").write_bytes(b'[replay]\ntitle = "\xe4"\n')
    with pytest.raises(BadValueError) as caught:
        read_replay(folder / "latin.toml")
    assert line_of(caught.value) == 2


def test_lines_inside_long_strings_are_no_keys(folder: Path) -> None:
    text = 'a = """\n[x]\nb = 1\n"""\nc = 2 # """\n[t]\nd = \'\'\'one\'\'\'\ne = 1\n'

    root, table = tables(text)

    assert root.keys == {"a": 1, "c": 5}
    assert (table.name, table.line, table.keys) == ("t", 6, {"d": 7, "e": 8})


@pytest.mark.parametrize(
    ("code", "sent"),
    [('"ESC"', "218"), ('"A"', "97"), ('"a"', "97"), ('"7"', "55"), ("1", "1"), ('"MOUSEX"', "4")],
)
def test_event_codes_have_names_and_numbers(folder: Path, code: str, sent: str) -> None:
    replay = read(folder, f'[[event]]\ndo = "key"\narea = "view3d"\ncode = {code}\n')

    assert replay.events[0].args[1] == sent


@pytest.mark.parametrize("code", ['"ESCAP"', '"!"', "0", "-3", "1.5", "true"])
def test_codes_that_there_are_not_are_told(folder: Path, code: str) -> None:
    error = refuse(folder, f'[[event]]\ndo = "key"\narea = "view3d"\ncode = {code}\n')

    assert line_of(error) == 4


def test_answers_are_sent_as_json_and_buttons_by_label_or_number(folder: Path) -> None:
    replay = read(
        folder,
        '[[event]]\ndo = "answer"\nvalue = { a = [1, true], b = "x" }\n'
        '[[event]]\ndo = "answer"\nvalue = false\n'
        '[[event]]\ndo = "press"\narea = "view3d"\nbutton = "Go on"\n'
        '[[event]]\ndo = "type"\narea = "view3d"\nbutton = 4\ntext = "1 + 1"\n',
    )

    assert [event.args for event in replay.events] == [
        ('{"a": [1, true], "b": "x"}',),
        ("false",),
        ("view3d", "Go on", ""),
        ("view3d", "4", "1 + 1"),
    ]


def test_menu_scripts_must_be_there(folder: Path) -> None:
    header = "#!pynodes menu\n# Name: Box\n# Group: Add\n# Submenu: Small\n"
    (folder / "menus" / "box.py").write_text(header)
    head = '[replay]\nmenus = "menus"\n'
    menu = '[[event]]\ndo = "menu"\ngroup = "Add"\nname = "{}"\n'

    assert len(read(folder, head + menu.format("Box")).events) == 1
    assert "did you mean 'Box'?" in refuse(folder, head + menu.format("Bx")).what
    wrong = refuse(folder, head + menu.format("Box") + 'submenu = "Big"\n')
    assert "has no submenu 'Big'" in wrong.what
    assert line_of(wrong) == 3
    assert "there are no menus" in refuse(folder, menu.format("Box")).what


@pytest.mark.parametrize("value", ["[" * 20_000, "9" * 5000])
def test_value_without_end_is_one_error(tmp_path: Path, value: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(f"[replay]\nsetup = {value}\n")

    with pytest.raises(BadValueError, match="too long or too deep"):
        read_replay(path)
